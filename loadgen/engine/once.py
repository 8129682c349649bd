"""Sends one request before the run, over the same engine: what the probe sees is what the run will see."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, NamedTuple

from seatrial.loadgen.engine.core import Engine, Share
from seatrial.loadgen.engine.notes import Notebook
from seatrial.loadgen.fault import Fault
from seatrial.loadgen.record import Records

if TYPE_CHECKING:
    from seatrial.loadgen.traffic import Traffic

__all__ = ["Once", "send_once"]

LOOK_EVERY, SHARE = 1_000_000, 20
"""ns between two looks at whether the answer is there; later, a twentieth of the time gone: a stream may take long."""


class Once(NamedTuple):
    """What came back.

    Attributes:
        status: 0 without an answer.
        media: of an answer with 2xx, lower case, without parameters.
        body: of an answer with 2xx.
        fault: why there is no good answer.
        text: what explains the fault.
    """

    status: int
    media: str
    body: bytes
    fault: Fault
    text: str


def send_once(traffic: Traffic, fault_of_status: bytes, *, timeout_s: float = 5.0) -> Once:
    """Send the first payload of a traffic that keeps bodies, and wait for its answer.

    Args:
        traffic: which keeps bodies.
        fault_of_status: a `Fault` for each status from 0 to 999.
        timeout_s: for connecting, and again for the answer.
    """
    records = Records.allocate(1)
    share = Share(rows=range(1), concurrency=None, max_connections=2, timeout=round(timeout_s * 1e9))
    engine = _Attentive(traffic, records, share, fault_of_status=fault_of_status)
    now = time.monotonic_ns()
    records.intended[0] = now
    engine.prepare()
    engine.run(now, now)
    fault = Fault(int(records.fault[0]))
    text = engine.notes.examples.get(int(fault), "")
    answer = engine.answers[0] if engine.answers else None
    return Once(
        int(records.status[0]), answer.media if answer else "", b"".join(answer.chunks) if answer else b"", fault, text
    )


class _Attentive(Engine):
    """Sees soon that all is done, not at its next housekeeping: a probe sends dozens in a row."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.notes = _Unprepared()

    def _open_turn(self, now: int) -> int:
        return min(super()._open_turn(now), now + max(LOOK_EVERY, (now - self._origin) // SHARE))


class _Unprepared(Notebook):
    """Leaves the collector as it is: nothing is measured, and a full collection costs more than a request."""

    def prepare(self) -> None:
        pass

    def end(self) -> None:
        pass
