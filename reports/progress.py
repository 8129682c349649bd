"""Where a running trial stands: what is started and driven, how much was judged, and how long it may still take.

A pure reducer of events: it reads no clock and draws nothing. Seconds count from the beginning of the trial.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from seatrial.conformance.events import Event, EventKind
from seatrial.reports.words import one_line

if TYPE_CHECKING:
    from seatrial.conformance.result import Plan, PlannedLaunch
    from seatrial.conformance.verdict import Verdict, Word

__all__ = ["Lane", "Progress", "told"]

LANES = 2
"""How many launches work at a time, at most."""


@dataclass
class Lane:
    """One launch that is on its way.

    Attributes:
        launch: its name.
        since: when it was launched.
        ready: whether it answered.
        driving: the scenarios under way, by the second at which each began.
        drove: how many scenarios are over.
    """

    launch: str
    since: float
    ready: bool = False
    driving: dict[str, float] = field(default_factory=dict)
    drove: int = 0

    @property
    def doing(self) -> str:
        """What it is doing now, in a few words."""
        if self.driving:
            return f"driving {', '.join(self.driving)}"
        return "ready" if self.ready else "starting"


class Progress:
    """Follows one trial.

    Args:
        plan: as printed.
        clauses: how many will be judged.
    """

    def __init__(self, plan: Plan, clauses: int) -> None:
        self.plan, self.clauses = plan, clauses
        self.lanes: dict[str, Lane] = {}
        self.words: Counter[Word] = Counter()
        self._over: set[str] = set()
        self._ended = False

    def tell(self, event: Event) -> None:
        """Take in one event."""
        if event.kind is EventKind.DONE:
            self._ended = True
            self.lanes.clear()
        elif event.kind is EventKind.STOPPED:
            self._over.add(event.launch)
            self.lanes.pop(event.launch, None)
        else:
            self._move(self.lanes.setdefault(event.launch, Lane(event.launch, event.at)), event)

    @staticmethod
    def _move(lane: Lane, event: Event) -> None:
        if event.kind is EventKind.READY:
            lane.ready = True
        elif event.kind is EventKind.DRIVING:
            lane.driving[event.scenario] = event.at
        elif event.kind is EventKind.DROVE:
            lane.driving.pop(event.scenario, None)
            lane.drove += 1

    def judged(self, verdict: Verdict) -> None:
        """Take in one verdict."""
        self.words[verdict.word] += 1

    @property
    def count(self) -> int:
        """How many clauses were judged."""
        return self.words.total()

    def left(self, now: float) -> float:
        """Seconds that driving may still take, by the plan's own estimates; starts are not in it."""
        if self._ended:
            return 0.0
        rest = [self._rest(launch, now) for launch in self.plan.launches if launch.name not in self._over]
        return max(max(rest, default=0.0), sum(rest) / LANES)

    def _rest(self, launch: PlannedLaunch, now: float) -> float:
        whole, lane = launch.takes + launch.waits, self.lanes.get(launch.name)
        if lane is None or not launch.scenarios:
            return whole
        share = whole / len(launch.scenarios)
        under_way = sum(min(now - began, share) for began in list(lane.driving.values()))
        return max(0.0, whole - share * lane.drove - under_way)


def told(event: Event) -> str:
    """An event as one line of plain words; empty for those that say too little to be printed."""
    detail = one_line(event.detail, 200)
    lines = {
        EventKind.LAUNCHING: f"{event.launch}: starting",
        EventKind.READY: f"{event.launch}: ready, {detail}",
        EventKind.NOT_READY: f"{event.launch}: not ready, {detail}",
        EventKind.DROVE: f"{event.launch or 'static'}: drove {event.scenario}{f' in {detail}' if detail else ''}",
        EventKind.STOPPED: f"{event.launch}: stopped",
        EventKind.DONE: f"given up: {detail}" if detail else "everything was driven",
    }
    return f"{event.at:7.1f} s  {lines[event.kind]}" if event.kind in lines else ""
