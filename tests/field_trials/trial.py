"""Puts one server on trial, as a user would: pytest in a process of its own, with the options of the documentation."""

from __future__ import annotations

import subprocess
import sys
from enum import StrEnum
from typing import TYPE_CHECKING

from field_trials.servers import PROJECT
from field_trials.workshop import surroundings

from seatrial.reports.json_report import read_result

if TYPE_CHECKING:
    from pathlib import Path

    from field_trials.servers import Server

    from seatrial.conformance.result import TrialResult

__all__ = ["Kind", "TrialFailed", "last_result", "report_folder", "trial"]

JUDGED = {0, 1, 10}
"""Exit codes of trials that say something about their subject: certified or checked, not certified, incomplete."""


class Kind(StrEnum):
    """What the subject is."""

    IMAGE = "image"
    PROCESS = "process"


class TrialFailed(Exception):
    """The trial says nothing about its subject; the message is one sentence."""


def report_folder(server: Server, kind: Kind) -> Path:
    """Where the trial leaves its report and its evidence."""
    return PROJECT / "seatrial-report" / "field-trials" / f"{server.name}-{kind}"


def trial(server: Server, kind: Kind) -> TrialResult:
    """Run one trial, its output on this terminal.

    Raises:
        TrialFailed: it was interrupted, or the harness failed.
    """
    folder = report_folder(server, kind)
    done = subprocess.run(_command(server, kind, folder), cwd=PROJECT, env=surroundings(server), check=False)
    if done.returncode not in JUDGED:
        raise TrialFailed(f"the trial of {server.name} as {kind} ended with {done.returncode}: see its last lines")
    return last_result(server, kind)


def last_result(server: Server, kind: Kind) -> TrialResult:
    """The result of the last trial.

    Raises:
        ResultFileError: there is none on this machine.
    """
    return read_result(report_folder(server, kind) / "result.json")


def _command(server: Server, kind: Kind, folder: Path) -> list[str]:
    berth = server.berth.relative_to(PROJECT)
    samples = (("--trial-sample", str(berth / "requests" / name)) for name in server.samples)
    return [
        *(sys.executable, "-m", "pytest"),
        *(f"--{kind}", server.image if kind is Kind.IMAGE else server.process),
        *(word for pair in samples for word in pair),
        *("--trial-slow-sample", str(berth / "requests" / server.slow)),
        *("--trial-model-dir", str(berth / server.model), "--trial-bad-model-dir", str(berth / "bad-model")),
        *(word.format(berth=berth) for word in server.options),
        *("--trial-report", str(folder.relative_to(PROJECT))),
    ]
