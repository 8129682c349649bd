"""Which rows count, in which order, and what can be read off them: the one place where raw stamps become times.

Everything else that measures or judges starts from here, so that no two figures disagree about what was counted.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from seatrial.loadgen.fault import Fault
from seatrial.loadgen.plan import Arrivals
from seatrial.loadgen.record import Flag, Records, Times

if TYPE_CHECKING:
    from seatrial.loadgen.observed import Observed
    from seatrial.loadgen.plan import Load

__all__ = ["MS", "NS", "Mask", "Rows", "asked_rate", "rows_of", "schedule_length"]

NS = 1_000_000_000
MS = 1_000_000
Mask = npt.NDArray[np.bool_]

TRIED = (Fault.REFUSED, Fault.UNREACHABLE, Fault.CONNECT_TIMEOUT, Fault.TLS)
"""Not sent, and not for want of trying: the client was there in time and nobody let it in."""
ON_TIME = 5 * MS
"""A send this late, or a mean gap late, still counts for the schedule that it belongs to."""


@dataclass(frozen=True)
class Rows:
    """The rows that count, in the order in which they were due.

    Attributes:
        records: of these rows.
        origin_row: where each stood in the records of the run, for the tokens; shape (rows,).
        fault: what became of each; a row that nobody closed is unsent, or was interrupted.
        under_way: due and done times of all rows, warm-up included: what is in flight does not end with the warm-up.
        open_loop: whether rows have intended times of their own.
    """

    records: Records
    origin_row: npt.NDArray[np.int64]
    fault: npt.NDArray[np.uint8]
    under_way: tuple[Times, Times]
    open_loop: bool

    def __len__(self) -> int:
        return self.records.rows

    @cached_property
    def good(self) -> Mask:
        """Which succeeded."""
        return np.equal(self.fault, Fault.NONE)

    @cached_property
    def settled(self) -> Mask:
        """Which came to an end of their own: all but those that an interruption cut off."""
        return np.not_equal(self.fault, Fault.INTERRUPTED)

    @cached_property
    def sent(self) -> Mask:
        """Which were sent."""
        return self.records.sent > 0

    @cached_property
    def waited(self) -> Mask:
        """Which waited for a free connection."""
        return (self.records.flags & Flag.WAITED) > 0

    @cached_property
    def disordered(self) -> Mask:
        """Which carry a receive stamp more than a millisecond before the send or after the end: the clock was set."""
        early = np.minimum(self.records.first, self.records.last) < self.records.sent - MS
        return self.good & (early | (self.records.last > self.records.done + MS))

    @cached_property
    def ended(self) -> Times:
        """When the last byte came, ns; of rows that succeeded.

        A receive stamp is the kernel's wall clock carried over to the monotonic one. Where it falls outside the time
        between send and end, which are monotonic, it cannot be right and the end stands for it.
        """
        last, done = self.records.last, self.records.done
        return np.where((last >= self.records.sent) & (last <= done), last, done)

    @cached_property
    def response(self) -> Times:
        """Intended time to last byte of the rows that succeeded, ns, in the order in which they were due."""
        return (self.ended - self.records.intended)[self.good]

    @cached_property
    def service(self) -> Times:
        """Send to last byte of the rows that succeeded, ns, in the order in which they were due."""
        return (self.ended - self.records.sent)[self.good]

    @property
    def user(self) -> Times:
        """What a user waits: response time in an open loop, service time in a closed one."""
        return self.response if self.open_loop else self.service

    @cached_property
    def send_error(self) -> Times:
        """Send - intended of the rows that were sent, ns."""
        return (self.records.sent - self.records.intended)[self.sent]

    @cached_property
    def own_lateness(self) -> Times:
        """How late the client itself was, ns: the send error of rows that did not wait, without connecting."""
        chosen = self.sent & ~self.waited
        late = (self.records.sent - self.records.intended)[chosen]
        own: Times = np.maximum(late - self.records.connecting[chosen].astype(np.int64) * 1000, 0)
        return own

    def on_time(self, end: int, gap: float) -> Mask:
        """Which were sent, or tried, before the schedule was over.

        Args:
            end: of the schedule, ns.
            gap: mean time between two intended times, ns: the last request has as long as those before it.
        """
        tried = np.isin(self.fault, TRIED) | ((self.fault == Fault.INTERRUPTED) & ~self.sent)
        mask: Mask = tried | (self.sent & (self.records.sent <= end + max(gap, ON_TIME)))
        return mask


def rows_of(observed: Observed) -> Rows:
    """Return the rows that count: due after the warm-up and, where the run was interrupted, before its end."""
    records = observed.records
    # Rows of a closed loop that no request used have no intended time.
    used = records.intended > 0
    if observed.interrupted:
        used &= records.intended <= observed.ended
    chosen = np.flatnonzero(used & (records.intended >= observed.counted_from))
    due = records.intended[chosen]
    if len(due) and np.any(due[1:] < due[:-1]):
        chosen = chosen[np.argsort(due, kind="stable")]
    counted = records if len(chosen) == records.rows and _rising(chosen) else records.take(chosen)
    fault = counted.fault
    unclosed = (fault == Fault.NONE) & (counted.done == 0)
    if np.any(unclosed):
        fault = np.where(unclosed, np.where(counted.sent > 0, Fault.INTERRUPTED, Fault.UNSENT), fault).astype(np.uint8)
    under_way = records.intended[used], records.done[used]
    return Rows(counted, chosen, fault, under_way, observed.plan.load.open_loop)


def _rising(chosen: npt.NDArray[np.int64]) -> bool:
    return bool(np.all(chosen[1:] > chosen[:-1]))


def schedule_length(observed: Observed, due: Times) -> float:
    """Return seconds of schedule that count, the slot of the last request included.

    Args:
        observed: the run.
        due: intended times of the rows that count, in order.
    """
    load = observed.plan.load
    end = min(observed.schedule_end, observed.ended) if observed.interrupted else observed.schedule_end
    span = max(end - observed.counted_from, 0)
    if len(due) and int(due[-1]) >= end:
        # A number of requests, not a duration: the schedule ends with the last one, whose slot is as long as the rest.
        # Of a burst, and of a single request, only the rate knows how long that is.
        if load.rate and (len(due) == 1 or load.arrivals is Arrivals.BURST):
            return len(due) / load.rate
        span += (int(due[-1]) - int(due[0])) // max(len(due) - 1, 1)
    return span / NS


def asked_rate(load: Load, due: int, length: float) -> float | None:
    """Return the rate that was asked for; None in a closed loop. Where it moves or is replayed: its mean."""
    if not load.open_loop:
        return None
    if load.rate is not None and load.ramp is None and load.arrivals is not Arrivals.TRACE:
        return load.rate
    return due / length if length > 0 else None
