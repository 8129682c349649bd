"""How one machine's part of a run stands, told twice a second to the machine that conducts, and to Locust.

Latencies are told as counts by buckets one per cent wide: counts of several machines can be added, percentiles cannot.
For eyes only; the result is computed from the exact records.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from seatrial.loadgen.fault import Fault
from seatrial.loadgen.render.busiest import Busiest
from seatrial.loadgen.snapshot import Watch
from seatrial.loadgen.spread.messages import Look

if TYPE_CHECKING:
    import numpy.typing as npt

    from seatrial.loadgen.run import Scene

__all__ = ["Gauge", "bucket_middle"]

WIDTH = math.log(1.01)
CHUNK = 65_536


class Gauge:
    """Follows the columns of a run.

    Args:
        scene: the run.
    """

    def __init__(self, scene: Scene) -> None:
        self._records, self._open_loop = scene.records, scene.plan.load.open_loop
        self._watch = Watch(scene.records, scene.origin, open_loop=self._open_loop, slices=scene.slices)
        self._busiest = Busiest()
        everything = range(scene.records.rows)
        self._slices = [everything[part] for part in scene.slices] or [everything]
        self._begun = [0] * len(self._slices)
        self._pending: npt.NDArray[np.int64] = np.zeros(0, np.int64)

    def look(self, now: int) -> Look:
        """Return how the run stands; what is new is new since the last call.

        Args:
            now: the time, ns.
        """
        seen = self._watch.snapshot(now, self._busiest(now))
        rows = self._finished(now)
        fault = self._records.fault[rows]
        numbers, counts = np.unique(fault[fault != Fault.NONE], return_counts=True)
        return Look(
            elapsed_s=seen.elapsed_s, due=seen.due, sent=seen.sent, answered=seen.answered, failed=seen.failed,
            in_flight=seen.in_flight, window_s=seen.window_s, asked=seen.asked, kept=seen.kept, answers=seen.answers,
            send_error=seen.send_error, waited=seen.waited, behind=seen.behind, behind_ms=seen.behind_ms, cpu=seen.cpu,
            latency=self._latency(rows[fault == Fault.NONE]),
            failures={Fault(int(number)).title: int(count) for number, count in zip(numbers, counts, strict=True)},
            received=int(self._records.received[rows].sum()),
        )  # fmt: skip

    def _latency(self, rows: npt.NDArray[np.int64]) -> dict[int, int]:
        """Count good answers: by response time in an open loop, by service time in a closed one."""
        begin = self._records.intended if self._open_loop else self._records.sent
        latency = np.maximum(self._records.last[rows] - begin[rows], 1)
        buckets, counts = np.unique(np.round(np.log(latency) / WIDTH).astype(np.int64), return_counts=True)
        return {int(bucket): int(count) for bucket, count in zip(buckets, counts, strict=True)}

    def _finished(self, now: int) -> npt.NDArray[np.int64]:
        """Return the rows that came to their end since the last call."""
        rows = np.concatenate([self._pending, *(self._due(index, now) for index in range(len(self._slices)))])
        over = self._records.done[rows] != 0
        self._pending = rows[~over]
        finished: npt.NDArray[np.int64] = rows[over]
        return finished

    def _due(self, index: int, now: int) -> npt.NDArray[np.int64]:
        part, begin = self._slices[index], self._begun[index]
        intended = self._records.intended[part.start : part.stop]
        end = begin
        if self._open_loop:
            end += int(np.searchsorted(intended[begin:], now, side="right"))
        else:
            while filled := int(np.count_nonzero(intended[end : end + CHUNK])):
                end += filled
        self._begun[index] = end
        return np.arange(part.start + begin, part.start + end, dtype=np.int64)


def bucket_middle(bucket: int) -> float:
    """Return the latency in the middle of a bucket, ns."""
    return math.exp(bucket * WIDTH)
