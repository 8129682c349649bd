"""A whole trial in a process of its own, for the tests: reports and all, then one line of JSON about itself.

Run as `python run_trial.py JSON`; what may be said is in `Order`.
"""

from __future__ import annotations

import json
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path

from support.trials import trial

from seatrial.conformance.options import TrialOptions
from seatrial.conformance.subject.launcher import Limits, Offer
from seatrial.reports.write import write_reports

__all__ = ["Order", "Outcome"]


@dataclass(frozen=True)
class Order:
    """What is put on trial, and how; see `TrialOptions`."""

    image: str
    variable: str
    fault: str
    report: str
    window: float = 25.0
    driving: float = 60.0
    scale: float = 1.0
    disk_bytes: int = 2**30
    log_bytes: int = 32 * 2**20
    memory_bytes: int = 256 * 2**20
    clauses: tuple[str, ...] = ()


@dataclass(frozen=True)
class Outcome:
    """How it went: seconds for everything but imports, and the largest memory that this process ever held, bytes."""

    seconds: float
    peak: int


def main(order: Order) -> Outcome:
    """Run the trial and write its reports."""
    begun = time.monotonic()
    options = TrialOptions(
        image=order.image,
        offer=Offer(env=((order.variable, order.fault),), public_env=frozenset({order.variable})),
        limits=Limits(memory_bytes=order.memory_bytes, pids=64, disk_bytes=order.disk_bytes, log_bytes=order.log_bytes),
        startup_timeout=order.window,
        driving_timeout=order.driving,
        scale=order.scale,
        report=Path(order.report),
    )
    write_reports(trial(options, order.clauses), options.report)
    return Outcome(time.monotonic() - begun, peak())


def peak() -> int:
    """The kernel's high-water mark of this process, which its parent's size does not touch."""
    line = next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM"))
    return int(line.split()[1]) * 1024


if __name__ == "__main__":
    sys.stdout.write(json.dumps(asdict(main(Order(**json.loads(sys.argv[1]))))) + "\n")
