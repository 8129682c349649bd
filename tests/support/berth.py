"""Runs trials from outside, as users do: pytest in a child process, a tiny contract, a real server on loopback."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

__all__ = ["CONTRACT", "SERVER", "TINY", "Berth", "Ended", "certify"]

TINY = Path(__file__).resolve().parents[1] / "plugin" / "tiny"
SERVER = f"{sys.executable} {TINY / 'server.py'} {{port}}"
CONTRACT = ("-p", "tiny_contract", "--rootdir", str(TINY))
DEADLINE = 60.0
"""Seconds that a test waits for a trial; one takes two."""


@dataclass(frozen=True)
class Ended:
    """A trial that ended: what it printed and what it left."""

    code: int
    out: str
    err: str
    folder: Path

    def result(self, report: str = "seatrial-report") -> dict[str, Any]:
        """The `result.json` of a report folder."""
        value: dict[str, Any] = json.loads((self.folder / report / "result.json").read_bytes())
        return value

    def words(self, report: str = "seatrial-report") -> dict[str, str]:
        """The verdict of each clause, in order."""
        return {v["clause"]: v["word"] for v in self.result(report)["verdicts"]}


@dataclass(frozen=True)
class Berth:
    """A folder in which trials are run."""

    folder: Path
    home: Path
    env: dict[str, str] = field(default_factory=dict)

    @classmethod
    def at(cls, place: Path) -> Berth:
        """A fresh folder, and a cache of its own, below a temporary one."""
        (place / "folder").mkdir()
        return cls(place / "folder", place / "cache")

    @property
    def environment(self) -> dict[str, str]:
        """A clean one: no pytest of ours shines through, and caches go into the test's own folder."""
        kept = {k: v for k, v in os.environ.items() if not k.startswith(("PYTEST_", "COV_", "COVERAGE_"))}
        ours = {"PYTHONPATH": str(TINY), "XDG_CACHE_HOME": str(self.home), "NO_COLOR": "1", "COLUMNS": "200"}
        return {**kept, **ours, **self.env}

    def write(self, name: str, text: str) -> Path:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return path

    def start(self, *command: str) -> subprocess.Popen[str]:
        """Start a command in a process group of its own, without waiting for its end."""
        return subprocess.Popen(
            command,
            cwd=self.folder,
            env=self.environment,
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )

    def end(self, process: subprocess.Popen[str]) -> Ended:
        """Wait for the end of a command."""
        try:
            out, err = process.communicate(timeout=DEADLINE)
        finally:
            process.kill()
        return Ended(process.returncode, out, err, self.folder)

    def run(self, *command: str) -> Ended:
        return self.end(self.start(*command))

    def pytest(self, *words: str) -> Ended:
        """`pytest …` with our plugin alone: the entry point, and other plugins beside it, are proven from the wheel."""
        self.env.setdefault("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
        return self.run(sys.executable, "-m", "pytest", "-p", "seatrial.conformance.plugin", *words)

    def run_module(self, *words: str) -> Ended:
        """`seatrial …`."""
        return self.run(sys.executable, "-m", "seatrial.conformance", *words)

    def certify(self, *words: str, faults: str = "") -> Ended:
        """`seatrial certify --process …` on the tiny server with some faults."""
        return self.run(*certify(*words, faults=faults))


def certify(*words: str, faults: str = "") -> tuple[str, ...]:
    """The command that puts the tiny server on trial."""
    verb = (sys.executable, "-m", "seatrial.conformance", "certify")
    return (*verb, "--process", f"{SERVER} {faults}".strip(), *CONTRACT, *words)
