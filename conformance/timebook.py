"""Where the time of a trial went: spans on one clock, and how much of it they cover together.

Starts, driving and deliberate waits overlap. What counts is the time that each kind covers, not the sum of its parts.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["Span", "TimeBook", "Times", "Work", "covered"]

Interval = tuple[float, float]


class Work(StrEnum):
    """What a span was spent on."""

    START = "start"
    """From the launch to the first 200, or to the end of the wait for it."""
    DRIVE = "drive"
    """A scenario, its own deliberate waits left out."""
    WAIT = "wait"
    """A deliberate wait."""


@dataclass(frozen=True)
class Span:
    """One stretch of time, in seconds since the trial began."""

    work: Work
    name: str
    begin: float
    end: float


@dataclass(frozen=True)
class Times:
    """Every span of a trial; written to the evidence at its end."""

    spans: tuple[Span, ...]
    total: float

    def of(self, *works: Work) -> float:
        """Seconds covered by some kinds of work."""
        return covered((s.begin, s.end) for s in self.spans if s.work in works)

    @property
    def idle(self) -> float:
        """Seconds in which nothing happened but deliberate waits."""
        return covered((s.begin, s.end) for s in self.spans) - self.of(Work.START, Work.DRIVE)


class TimeBook:
    """Collects spans from several threads.

    Args:
        origin: the monotonic time at which the trial began.
    """

    def __init__(self, origin: float) -> None:
        self._origin = origin
        self._spans: list[Span] = []
        self._lock = threading.Lock()

    def note(self, work: Work, name: str, begin: float, end: float, *, without: Iterable[Interval] = ()) -> None:
        """Add a stretch of time, given in monotonic seconds, leaving out some parts of it."""
        with self._lock:
            at = begin
            for hole_begin, hole_end in sorted(without):
                self._add(work, name, at, hole_begin)
                at = max(at, hole_end)
            self._add(work, name, at, end)

    def _add(self, work: Work, name: str, begin: float, end: float) -> None:
        if end > begin:
            self._spans.append(Span(work, name, round(begin - self._origin, 4), round(end - self._origin, 4)))

    def times(self, total: float) -> Times:
        """What was noted so far."""
        with self._lock:
            return Times(tuple(self._spans), total)


def covered(intervals: Iterable[Interval]) -> float:
    """The length of the union of some intervals."""
    length, reach = 0.0, float("-inf")
    for begin, end in sorted(intervals):
        length += max(0.0, end - max(begin, reach))
        reach = max(reach, end)
    return length
