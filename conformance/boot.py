"""What the harness itself observes of every launch: the way from the first millisecond to the first 200 of `/ping`.

The timeline is kept run-length compressed, so that eight minutes of refused connections are one entry.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from seatrial.conformance.diagnosis.autopsy import Autopsy
from seatrial.conformance.subject.launcher import State
from seatrial.conformance.wire.exchange import Exchange, Trouble

__all__ = ["Boot", "BootEnd", "PingRun", "Timeline"]


class BootEnd(StrEnum):
    """How the wait for the first 200 ended."""

    READY = "ready"
    EXITED = "exited"
    TIMEOUT = "timeout"
    WRONG_BIND = "wrong-bind"
    """Given up early: the server was proven to listen where the platform never calls."""
    CANCELLED = "cancelled"


@dataclass(frozen=True)
class PingRun:
    """Consecutive pings with the same outcome.

    Attributes:
        first: seconds from launch to the first of them.
        last: seconds from launch to the last of them.
        count: how many there were.
        status: their status; None where no answer came.
        trouble: their trouble on the wire; None for complete answers.
        slowest: the longest time one of them took, seconds.
    """

    first: float
    last: float
    count: int
    status: int | None
    trouble: Trouble | None
    slowest: float

    @property
    def outcome(self) -> str:
        """The status or the trouble in one word: `200`, `503`, `refused`."""
        return str(self.status if self.status is not None else self.trouble)


@dataclass(frozen=True)
class Boot:
    """The start of one launch.

    Attributes:
        launch: the launch's name.
        end: how the wait ended.
        ready_at: seconds from launch to the end of the first 200; None where none came.
        waited: seconds from launch to the end of the wait, however it ended.
        runs: the ping timeline, compressed.
        first: the first exchange that brought any answer; None where none did.
        last: the last exchange.
        state: of the instance when the wait ended.
        autopsy: what was looked up when the wait ended: sockets and processes, and experiments after a failed start.
    """

    launch: str
    end: BootEnd
    ready_at: float | None
    waited: float
    runs: tuple[PingRun, ...]
    first: Exchange | None
    last: Exchange | None
    state: State
    autopsy: Autopsy | None = None

    @property
    def ready(self) -> bool:
        """Whether `/ping` answered 200 within the start window."""
        return self.end is BootEnd.READY


@dataclass
class Timeline:
    """Builds the compressed timeline of pings."""

    runs: list[PingRun] = field(default_factory=list)
    first: Exchange | None = None
    last: Exchange | None = None

    def add(self, ping: Exchange) -> None:
        """Append one ping."""
        self.last = ping
        if ping.answer is not None and self.first is None:
            self.first = ping
        if self.runs and (self.runs[-1].status, self.runs[-1].trouble) == (ping.status, ping.trouble):
            run = self.runs[-1]
            slowest = max(run.slowest, ping.done)
            self.runs[-1] = PingRun(run.first, ping.started, run.count + 1, run.status, run.trouble, slowest)
        else:
            self.runs.append(PingRun(ping.started, ping.started, 1, ping.status, ping.trouble, ping.done))
