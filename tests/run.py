"""Runs every test but the kill matrix, or with the word `matrix` that alone: first those that mostly wait, several at a
time; then those that take times, one a core.

A test of the second kind that fails beside others may have wanted for a processor: what failed is tried once more,
alone, and only what fails then fails the run. Both outcomes are printed, and what took longest.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
CORES = os.cpu_count() or 1
CROWD = 2 * CORES
"""Containers are waited for more than half of the time."""
FAILED, NONE_CHOSEN = 1, 5


def main() -> int:
    """Return the exit code of pytest: 0 where every test passed."""
    matrix = sys.argv[1:2] == ["matrix"]
    given = (*sys.argv[2:], "tests/kill_matrix") if matrix else sys.argv[1:]
    part = f"{'' if matrix else 'not '}matrix"
    spread = ("--dist", "loadfile", "--no-loadscope-reorder")
    waiting = _pytest("--cache-clear", "-n", str(CROWD), *spread, "-m", f"{part} and not measuring", *given)
    if waiting not in {0, FAILED, NONE_CHOSEN}:
        return waiting
    measuring = _pytest("-n", str(CORES), *spread, "-m", f"{part} and measuring", *given)
    if measuring not in {0, FAILED, NONE_CHOSEN}:
        return measuring
    if FAILED not in {waiting, measuring}:
        return 0
    sys.stdout.write("\nwhat failed beside others is tried once more, alone\n")
    sys.stdout.flush()
    return _pytest("--last-failed", "--last-failed-no-failures", "none", *given)


def _pytest(*options: str) -> int:
    command = [sys.executable, "-m", "pytest", "--durations=10", "--durations-min=20", *options]
    return subprocess.run(command, cwd=ROOT, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
