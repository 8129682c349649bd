"""What the harness tells while it works, and the hooks through which reports listen.

The harness imports no renderer: reporters are pytest plugins that implement these hooks, ours as well as a stranger's.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from seatrial.conformance.options import TrialOptions
    from seatrial.conformance.result import Plan, TrialResult
    from seatrial.conformance.verdict import Verdict

__all__ = ["Event", "EventKind", "Hooks", "ReportError"]


class EventKind(StrEnum):
    """The moments of a trial."""

    LAUNCHING = "launching"
    READY = "ready"
    NOT_READY = "not-ready"
    DRIVING = "driving"
    DROVE = "drove"
    STOPPED = "stopped"
    DONE = "done"
    """Everything was driven; `detail` is empty, or says why the trial was given up."""


@dataclass(frozen=True)
class Event:
    """One moment of a trial.

    Attributes:
        kind: which.
        at: seconds since the trial began.
        launch: the launch's name; empty where none is meant.
        scenario: the scenario's name; empty where none is meant.
        detail: a few words for people (`200 after 1.9 s`).
    """

    kind: EventKind
    at: float
    launch: str = ""
    scenario: str = ""
    detail: str = ""


class Hooks:
    """Hook specifications, registered in every trial session."""

    @pytest.hookspec
    def pytest_seatrial_plan(self, plan: Plan, options: TrialOptions, config: pytest.Config) -> None:
        """The plan stands; nothing has been started yet."""

    @pytest.hookspec
    def pytest_seatrial_event(self, event: Event, config: pytest.Config) -> None:
        """Something happened. Called from the main thread, soon after it did."""

    @pytest.hookspec
    def pytest_seatrial_verdict(self, verdict: Verdict, config: pytest.Config) -> None:
        """One clause was judged."""

    @pytest.hookspec
    def pytest_seatrial_result(self, result: TrialResult, options: TrialOptions, config: pytest.Config) -> None:
        """The trial is over: write reports. Raise `ReportError` with one sentence where that cannot be done."""


class ReportError(Exception):
    """A report cannot be written: one sentence that names the file."""
