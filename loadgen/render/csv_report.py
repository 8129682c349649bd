"""`--csv`: one row a request, in the order of the intended times, warm-up included and marked.

Times are seconds since the first intended time, latencies milliseconds, both exact to the nanosecond. What never
happened is an empty field. Written in chunks, so a run of any length needs little memory.
"""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING, BinaryIO

import numpy as np

from seatrial.loadgen.fault import Fault
from seatrial.loadgen.record import Flag
from seatrial.loadgen.render.digits import Cells, beside, looked_up, numbers

if TYPE_CHECKING:
    from seatrial.loadgen.observed import Observed
    from seatrial.loadgen.record import Records, Times

__all__ = ["COLUMNS", "write_csv"]

COLUMNS = (
    "index", "intended_s", "sent_s", "first_s", "last_s", "done_s", "send_error_ms", "service_ms", "response_ms",
    "status", "fault", "bytes", "connection", "connect_ms", "payload", "flags",
)  # fmt: skip
CHUNK = 32_768
_TITLES = {int(fault): fault.title for fault in Fault if fault is not Fault.NONE}
FAULTS = [_TITLES.get(number, "") for number in range(256)]
NAMES = ("reused", "waited", "kernel", "stream", "warm-up")
"""Of the bits of a row's flags, lowest first, and of one more bit that is set here."""
FLAGS = [
    "|".join(name for name, on in zip(NAMES, reversed(bits), strict=True) if on)
    for bits in product((False, True), repeat=len(NAMES))
]
WARM_UP = 1 << (len(NAMES) - 1)
assert len(Flag) == len(NAMES) - 1  # noqa: S101  a flag without a name would be printed as another one's


def write_csv(run: Observed, out: BinaryIO) -> None:
    """Write every row of a run.

    Args:
        run: its records, and when it began.
        out: where to, as bytes.
    """
    out.write(",".join(COLUMNS).encode() + b"\n")
    for begin in range(0, run.records.rows, CHUNK):
        part = run.records.take(slice(begin, begin + CHUNK))
        cells = _cells(part, begin, run.origin, run.counted_from)
        out.write(cells.text[cells.shown].tobytes())


def _cells(part: Records, begin: int, origin: int, counted_from: int) -> Cells:
    never = {name: getattr(part, name) == 0 for name in ("sent", "first", "last", "done")}
    flags = part.flags + np.where(part.intended < counted_from, WARM_UP, 0).astype(np.uint8)
    return beside(
        [
            numbers(np.arange(begin, begin + part.rows, dtype=np.int64)),
            numbers(part.intended - origin, decimals=9),
            *(numbers(getattr(part, name) - origin, decimals=9, blank=missing) for name, missing in never.items()),
            _latency(part.sent, part.intended),
            _latency(part.last, part.sent),
            _latency(part.last, part.intended),
            numbers(part.status.astype(np.int64), blank=part.status == 0),
            looked_up(FAULTS, part.fault),
            numbers(part.received.astype(np.int64)),
            numbers(part.connection.astype(np.int64), blank=part.connection == 0),
            numbers(part.connecting.astype(np.int64), decimals=3, blank=part.connecting == 0),
            numbers(part.payload.astype(np.int64)),
            looked_up(FLAGS, flags),
        ],
        between=",",
        end="\n",
    )


def _latency(end: Times, begin: Times) -> Cells:
    return numbers(end - begin, decimals=6, blank=(end == 0) | (begin == 0))
