"""How a run stands at one moment: read from the shared columns while the engines write them.

A `Watch` looks at each row until it is settled and never again, so that a snapshot costs the same in the first second
and after a million requests: a row that is answered leaves the watch a moment later, one that hangs stays in it.
Nothing is asked of the engines. A snapshot is for eyes only; the result is computed from all rows when the run is over.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from seatrial.loadgen.fault import Fault
from seatrial.loadgen.record import Flag

if TYPE_CHECKING:
    import numpy.typing as npt

    from seatrial.loadgen.record import Records, Times

__all__ = ["Beat", "Snapshot", "Watch", "snapshot"]

NS, MS = 1_000_000_000, 1_000_000
HISTORY = 120
"""Finished seconds that a snapshot carries."""
FEW, WIDEST_S = 10, 120.0
"""The last second is looked at; where it holds too few requests, so many of the last minutes as hold this number."""
CHUNK = 65_536
SETTLING_NS = 100 * MS
"""How long a row is looked at after it has left the window: longer than an engine takes to write its columns."""
GRACE_NS = 5 * MS
"""Rates are told up to so long ago: what falls due in this moment is on its way, not late."""


@dataclass(frozen=True)
class Beat:
    """One finished second: `at` seconds after the begin. Latencies are ms; None where nothing was answered in it."""

    at: int
    due: int
    sent: int
    answered: int
    failed: int
    p50: float | None
    p99: float | None


@dataclass(frozen=True)
class Snapshot:
    """A run at one moment. Counts are of the whole run until now, rates and latencies of the last `window_s` seconds.

    Attributes:
        elapsed_s: since the first intended time, warm-up included.
        total_s: length of the schedule; None where only the number of requests is known.
        total_requests: how many there will be; None where only the time is known.
        open_loop: whether requests have intended times: latencies are response times then, else service times.
        warming: whether what happens now will not be counted.
        due: requests whose time has come. In a closed loop: those begun.
        sent: of these, how many left.
        answered: how many were answered well.
        failed: how many failed, unsent ones included.
        in_flight: sent, and neither answered nor failed.
        window_s: 1, or more where a second holds too few requests to speak of.
        asked: requests due a second; None in a closed loop.
        kept: requests sent a second; in an open loop those of the asked ones that left.
        answers: good answers a second.
        p50: of the latency, ms; None without any answer.
        p99: of the latency, ms; None without any answer.
        send_error: p99 of sent - intended, ms; None in a closed loop and where nothing was sent.
        waited: requests of the window that had to wait for a connection.
        behind: requests that are due and not sent.
        behind_ms: how long the oldest of these has been due.
        faults: failures by title, most frequent first.
        history: the last finished seconds, oldest first.
        cpu: share of a core of the busiest engine, 0…1; None where it is not known.
    """

    elapsed_s: float
    total_s: float | None
    total_requests: int | None
    open_loop: bool
    warming: bool
    due: int
    sent: int
    answered: int
    failed: int
    in_flight: int
    window_s: float
    asked: float | None
    kept: float
    answers: float
    p50: float | None
    p99: float | None
    send_error: float | None
    waited: int
    behind: int
    behind_ms: float
    faults: tuple[tuple[str, int], ...]
    history: tuple[Beat, ...]
    cpu: float | None = None

    @property
    def progress(self) -> float | None:
        """Share of the run that is over, 0…1; None where its end is not known."""
        if self.total_s is not None:
            return min(self.elapsed_s / self.total_s, 1.0) if self.total_s > 0 else 1.0
        if self.total_requests:
            return min((self.answered + self.failed) / self.total_requests, 1.0)
        return None

    @property
    def left_s(self) -> float | None:
        """Seconds left, told by the schedule, else by the pace so far; None where neither says."""
        if self.total_s is not None:
            return max(self.total_s - self.elapsed_s, 0.0)
        done = self.progress
        return self.elapsed_s * (1 - done) / done if done else None


class Watch:
    """Follows a run through its columns.

    Args:
        records: the columns that the engines write.
        origin_ns: the first intended time, on the clock of the columns.
        open_loop: whether the intended times stand from the start, in order; else they are written at each send.
        slices: in a closed loop, the rows of each worker, which it fills in order; all rows as one where not given.
        total_s: length of the schedule, warm-up included.
        total_requests: how many requests there will be, where the time does not say.
        warmup_s: seconds at the head that are not counted.
    """

    def __init__(
        self,
        records: Records,
        origin_ns: int,
        *,
        open_loop: bool = True,
        slices: tuple[slice, ...] = (),
        total_s: float | None = None,
        total_requests: int | None = None,
        warmup_s: float = 0.0,
    ) -> None:
        self._records, self._origin, self._open_loop = records, origin_ns, open_loop
        self._total_s, self._total_requests, self._warmup_s = total_s, total_requests, warmup_s
        everything = range(records.rows)
        self._slices = [everything[part] for part in slices] or [everything]
        self._begun = [0] * len(self._slices)
        self._open: npt.NDArray[np.int64] = np.zeros(0, np.int64)
        self._faults = np.zeros(256, np.int64)
        self._settled, self._settled_sent = 0, 0
        self._history: deque[Beat] = deque(maxlen=HISTORY)
        self._next_beat = 0

    @property
    def looked_at(self) -> int:
        """Rows that the next snapshot will look at again; all others are settled."""
        return len(self._open)

    def snapshot(self, now_ns: int, cpu: float | None = None) -> Snapshot:
        """Return how the run stands.

        Args:
            now_ns: the time now, on the clock of the columns; never before that of the last call.
            cpu: share of a core of the busiest engine in the last second, 0…1.
        """
        rows = np.concatenate([self._open, *(self._new(i, now_ns) for i in range(len(self._slices)))])
        seen = _Seen(self._records, rows, self._open_loop)
        elapsed = max(now_ns - self._origin, 0) / NS
        due = sum(self._begun)
        window = min(max(1.0, FEW * elapsed / max(due - 1, 1)), WIDEST_S)
        since = max(now_ns - round(window * NS), self._origin - 1)
        self._remember(seen, now_ns)
        taken = self._totals(seen, now_ns, elapsed, due, window, since, cpu)
        self._settle(seen, now_ns - round(window * NS) - SETTLING_NS)
        return taken

    def _new(self, index: int, now: int) -> npt.NDArray[np.int64]:
        """The rows of a slice whose time has come since the last call."""
        rows, begin = self._slices[index], self._begun[index]
        intended = self._records.intended[rows.start : rows.stop : rows.step]
        if self._open_loop:
            end = begin + int(np.searchsorted(intended[begin:], now, side="right"))
        else:
            end = begin
            while filled := int(np.count_nonzero(intended[end : end + CHUNK])):
                end += filled
        self._begun[index] = end
        return np.arange(rows.start + begin * rows.step, rows.start + end * rows.step, rows.step, dtype=np.int64)

    def _totals(
        self, seen: _Seen, now: int, elapsed: float, due: int, window: float, since: int, cpu: float | None
    ) -> Snapshot:
        span = max(min(window, elapsed), 1e-3)
        until = now - GRACE_NS
        if self._total_s is not None:
            until = min(until, self._origin + round(self._total_s * NS))
        asked, kept = self._rates(seen, until - round(span * NS), until, span)
        faults = self._faults + np.bincount(seen.fault[seen.finished], minlength=256)
        failed = int(faults[1:].sum())
        recent = seen.sent > since
        latency = seen.latency(seen.good & (seen.done > since))
        unsent = (seen.sent == 0) & ~seen.finished
        oldest = now - int(seen.intended[unsent].min()) if unsent.any() else 0
        error = (seen.sent - seen.intended)[recent] if self._open_loop else seen.sent[:0]
        return Snapshot(
            elapsed_s=elapsed,
            total_s=self._total_s,
            total_requests=self._total_requests,
            open_loop=self._open_loop,
            warming=elapsed < self._warmup_s,
            due=due,
            sent=self._settled_sent + int(np.count_nonzero(seen.sent)),
            answered=int(faults[0]),
            failed=failed,
            in_flight=int(np.count_nonzero((seen.sent != 0) & ~seen.finished)),
            window_s=window,
            asked=asked,
            kept=kept,
            answers=len(latency) / span,
            p50=_percentile(latency, 50),
            p99=_percentile(latency, 99),
            send_error=_percentile(error, 99),
            waited=int(np.count_nonzero(seen.flags[recent | unsent] & Flag.WAITED)),
            behind=int(np.count_nonzero(unsent)) if self._open_loop else 0,
            behind_ms=oldest / MS if self._open_loop else 0.0,
            faults=_by_title(faults),
            history=tuple(self._history),
            cpu=cpu,
        )

    def _rates(self, seen: _Seen, since: int, until: int, span: float) -> tuple[float | None, float]:
        """Requests asked for and kept, a second; kept of those asked for are the ones that left, late or not."""
        if not self._open_loop:
            return None, _count(seen.sent, since, until) / span
        due = (seen.intended >= since) & (seen.intended < until)
        count = int(np.count_nonzero(due))
        if not count:
            return 0.0, 0.0
        times = seen.intended[due]
        between = int(times.max() - times.min()) / NS
        # A few requests are told by the gaps between them: how many a window holds would flicker.
        few = count < 2 * FEW and between > 0
        asked = (count - 1) / between if few else count / span
        return asked, asked * int(np.count_nonzero(seen.sent[due])) / count

    def _remember(self, seen: _Seen, now: int) -> None:
        """Write down the seconds that have ended since the last call."""
        whole = max(now - self._origin, 0) // NS
        for at in range(max(self._next_beat, whole - HISTORY), whole):
            begin = self._origin + at * NS
            answered = (seen.done >= begin) & (seen.done < begin + NS)
            latency = seen.latency(answered & seen.good)
            failed = answered & (seen.fault != Fault.NONE)
            self._history.append(
                Beat(
                    at=at,
                    due=_count(seen.intended, begin, begin + NS),
                    sent=_count(seen.sent, begin, begin + NS),
                    answered=len(latency),
                    failed=int(np.count_nonzero(failed)),
                    p50=_percentile(latency, 50),
                    p99=_percentile(latency, 99),
                )
            )
        self._next_beat = max(self._next_beat, whole)

    def _settle(self, seen: _Seen, before: int) -> None:
        """Let go of rows that were dealt with a while ago: by now the engine has written every column of them."""
        settled = seen.finished & (seen.done < before) & (seen.intended < before)
        self._faults += np.bincount(seen.fault[settled], minlength=256)
        self._settled_sent += int(np.count_nonzero(seen.sent[settled]))
        self._open = seen.rows[~settled]


class _Seen:
    """The columns of some rows, copied: the engines go on writing the others."""

    def __init__(self, records: Records, rows: npt.NDArray[np.int64], open_loop: bool) -> None:
        self.rows = rows
        self.intended, self.sent = records.intended[rows], records.sent[rows]
        self.last, self.done = records.last[rows], records.done[rows]
        self.fault, self.flags = records.fault[rows], records.flags[rows]
        self.finished = (self.done != 0) | (self.fault != Fault.NONE)
        self.good = (self.done != 0) & (self.fault == Fault.NONE)
        self._begin = self.intended if open_loop else self.sent

    def latency(self, chosen: npt.NDArray[np.bool_]) -> Times:
        """Of the chosen rows, ns: response time in an open loop, service time in a closed one."""
        latency: Times = self.last[chosen] - self._begin[chosen]
        return latency


def snapshot(
    records: Records,
    origin_ns: int,
    now_ns: int,
    *,
    open_loop: bool = True,
    slices: tuple[slice, ...] = (),
    total_s: float | None = None,
    total_requests: int | None = None,
    warmup_s: float = 0.0,
    cpu: float | None = None,
) -> Snapshot:
    """Return how a run stands, by a look at all of its rows; whoever looks often keeps a `Watch`, which costs less."""
    watch = Watch(
        records, origin_ns, open_loop=open_loop, slices=slices, total_s=total_s, total_requests=total_requests,
        warmup_s=warmup_s,
    )  # fmt: skip
    return watch.snapshot(now_ns, cpu)


def _count(times: Times, begin: int, end: int) -> int:
    return int(np.count_nonzero((times >= begin) & (times < end)))


def _percentile(times: Times, percent: float) -> float | None:
    """Of times in ns, as ms."""
    return float(np.percentile(times, percent)) / MS if len(times) else None


def _by_title(faults: npt.NDArray[np.int64]) -> tuple[tuple[str, int], ...]:
    known = [(fault.title, int(faults[fault])) for fault in Fault if fault is not Fault.NONE and faults[fault]]
    return tuple(sorted(known, key=lambda pair: -pair[1]))
