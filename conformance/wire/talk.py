"""One exchange in flight: plays the script of a request while it reads the answer, until a deadline that nothing moves.

Reading never waits for writing to end: a server may refuse a large body with an early answer and close. A pipe that
breaks ends the writing only; what had arrived by then is still read.
"""

from __future__ import annotations

import time
from http import HTTPStatus
from typing import TYPE_CHECKING

from seatrial.conformance.wire.exchange import Trouble
from seatrial.conformance.wire.link import RECEIVE
from seatrial.conformance.wire.request import Abort, AwaitContinue, HalfClose, Step, Wait, Write

if TYPE_CHECKING:
    from collections.abc import Iterator

    from seatrial.conformance.wire.answer import AnswerReader, WireLimits
    from seatrial.conformance.wire.link import Link

__all__ = ["Talk"]


class Talk:
    """One exchange in flight.

    Args:
        link: the connection.
        script: what to write.
        reader: takes what comes back.
        limits: the bounds.
        deadline: the monotonic time at which the exchange ends, however far it got.
        last: whether no other exchange follows, so that a request need not be finished once its answer is complete.

    Attributes:
        sent: monotonic time at which the last byte to be sent was handed to the kernel; None where none was.
        first_byte: monotonic time at which the answer began; None where it did not.
        ended: monotonic time at which the answer was complete, or the exchange given up.
        body_sent: how many bytes of the body's own were handed to the kernel.
        peer_closed: whether the peer closed.
        broken: why sending broke off; empty where it did not.
    """

    def __init__(
        self,
        link: Link,
        script: Iterator[Step],
        reader: AnswerReader,
        *,
        limits: WireLimits,
        deadline: float,
        last: bool,
    ) -> None:
        self._link, self._script, self._reader = link, script, reader
        self._limits, self._deadline, self._last = limits, deadline, last
        self._write: Write | None = None
        self._written = 0
        self._hold: Wait | AwaitContinue | Abort | None = None
        self._until = 0.0
        self._progress = time.monotonic()
        self.done_writing = False
        self.sent: float | None = None
        self.first_byte: float | None = None
        self.ended: float | None = None
        self.body_sent = 0
        self.peer_closed = False
        self.broken = ""

    def run(self) -> None:
        """Carry it to its end."""
        while True:
            now = time.monotonic()
            if self._reader.finished and self.ended is None:
                self.ended = now
            if self._over(now):
                break
            if now >= self._deadline:
                self._reader.give_up(Trouble.TIMEOUT, self._so_far())
                break
            self._advance(now)
            if self._write is not None:
                self._send(self._write)
            if not self._reader.finished or self._write is not None or self._hold is not None:
                self._read(now)
        self._stop_writing()
        self.ended = self.ended or time.monotonic()

    def _over(self, now: float) -> bool:
        if not self._reader.finished:
            return False
        stuck = now - max(self._progress, self.ended or now) > self._limits.drain
        flooded = len(self._reader.leftover) > RECEIVE
        ended = self.done_writing or self.peer_closed or not self._reader.keep_alive
        return ended or self._last or stuck or flooded

    def _advance(self, now: float) -> None:
        """Move the script to its next write, or to what it waits for."""
        while not self.done_writing and self._write is None and not self._held(now):
            match step := next(self._script, None):
                case None:
                    self._stop_writing()
                case Write():
                    self._write, self._written = step, 0
                case Wait(seconds) | AwaitContinue(seconds) | Abort(seconds):
                    self._hold, self._until = step, now + seconds
                case HalfClose():
                    self._link.half_close()

    def _held(self, now: float) -> bool:
        hold = self._hold
        if hold is None:
            return False
        if isinstance(hold, AwaitContinue) and self._reader.has_head:
            self._stop_writing()
            return True
        told = any(status == HTTPStatus.CONTINUE for status, _ in self._reader.interim)
        early = isinstance(hold, AwaitContinue) and told
        if now < self._until and not early:
            return True
        self._hold = None
        if isinstance(hold, Abort):
            self._abort(hold)
        return False

    def _abort(self, how: Abort) -> None:
        self._stop_writing()
        self._reader.give_up(Trouble.ABORTED, f"broken off after {self.body_sent:,} bytes of the body, as asked")
        if how.reset:
            self._link.reset()
        else:
            self._link.close()

    def _send(self, write: Write) -> None:
        try:
            taken = self._link.send(write.data[self._written :])
        except OSError as error:
            self.broken = error.strerror or str(error)
            self._stop_writing()
            return
        self._written += taken
        if taken:
            self._progress = time.monotonic()
        if self._written == len(write.data):
            self.body_sent += write.body
            self._write = None
            self.sent = self._progress

    def _stop_writing(self) -> None:
        """Write nothing more. What the script had left is never sent, so the time of the last byte stays unknown."""
        if self._write is not None:
            self.body_sent += self._write.body_in(self._written)
        if self._write is not None or any(isinstance(step, Write) for step in self._script):
            self.sent = None
        self._write = self._hold = None
        self.done_writing = True

    def _read(self, now: float) -> None:
        until = self._deadline if self._hold is None else min(self._deadline, self._until)
        if self._write is None and self._hold is None and not self.done_writing:
            until = now  # the script has more to write
        elif self._reader.finished:
            until = min(until, now + self._limits.drain)
        if not self._link.open or not self._link.wait(until=until, write=self._write is not None):
            return
        try:
            data = self._link.receive()
        except OSError as error:
            self.peer_closed = True
            self._reader.end(reset=error.strerror or str(error))
            return
        at = time.monotonic()
        if data:
            self.first_byte = self.first_byte or at
            self._reader.feed(data, at)
        elif data is not None:
            self.peer_closed = True
            self._reader.end()

    def _so_far(self) -> str:
        if not self.done_writing:
            return f"the request was not fully sent: {self.body_sent:,} bytes of the body"
        return "the answer was not complete" if self._reader.begun else "no byte of an answer"
