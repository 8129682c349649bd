"""The run second by second: what was due, sent and answered, and how much was under way."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from seatrial.loadgen.measure.rows import MS, NS
from seatrial.loadgen.result import Second

if TYPE_CHECKING:
    from seatrial.loadgen.measure.evidence import Evidence
    from seatrial.loadgen.record import Times

__all__ = ["per_second"]

BITS = 43
"""Of a latency, ns, inside a sort key: up to 2.4 hours, and the second's number above it."""


def per_second(evidence: Evidence) -> tuple[Second, ...]:
    """Return one row for each second from the first intended time that counts to the last answer."""
    rows, records = evidence.rows, evidence.rows.records
    if not len(rows):
        return ()
    begin = evidence.observed.counted_from
    end = max(evidence.end, int(records.done.max()), int(records.intended.max()) + 1)
    seconds = -(-(end - begin) // NS)

    def counted(times: Times) -> npt.NDArray[np.int64]:
        return np.bincount(np.clip((times - begin) // NS, 0, seconds - 1), minlength=seconds)

    due_in = (records.intended - begin) // NS
    failed = ~rows.good
    latency = (rows.ended - (records.intended if rows.open_loop else records.sent))[rows.good]
    p50, p99 = (_percentiles(due_in[rows.good], latency, seconds, share) for share in (0.5, 0.99))
    late: list[float | None] = [None] * seconds
    if rows.open_loop:
        late = _percentiles(due_in[rows.sent], rows.send_error, seconds, 0.99)
    columns = (
        counted(records.intended),
        counted(records.sent[rows.sent]),
        counted(records.done[rows.good]),
        counted(np.where(records.done > 0, records.done, end)[failed]),
        _in_flight(evidence, begin + NS * np.arange(1, seconds + 1)),
    )
    whole = zip(*(column.tolist() for column in columns), p50, p99, late, strict=True)
    return tuple(Second(at, *values) for at, values in enumerate(whole))


def _in_flight(evidence: Evidence, moments: Times) -> npt.NDArray[np.int64]:
    """Return how many were due and not yet dealt with at each moment, warm-up included."""
    due, done = evidence.rows.under_way
    ended = np.sort(done[done > 0])
    moments = np.minimum(moments, evidence.observed.ended)
    begun = np.searchsorted(np.sort(due), moments, side="right")
    return np.asarray(begun - np.searchsorted(ended, moments, side="right"), np.int64)


def _percentiles(second: Times, latency: Times, seconds: int, share: float) -> list[float | None]:
    """Return a percentile of each second, ms; None where it is empty. One sort for all of them."""
    keys = np.sort((second << BITS) | np.clip(latency, 0, (1 << BITS) - 1))
    bounds = np.searchsorted(keys, np.arange(seconds + 1) << BITS)
    count = np.diff(bounds)
    rank = np.clip(np.ceil(share * count - 1e-9).astype(np.int64), 1, None)
    at = np.minimum(bounds[:-1] + rank - 1, max(len(keys) - 1, 0))
    values = (keys[at] & ((1 << BITS) - 1)) / MS if len(keys) else np.zeros(seconds)
    return [value if some else None for value, some in zip(values.tolist(), (count > 0).tolist(), strict=True)]
