"""A WebSocket client for a peer that is not trusted: exact frames out, all that comes noted, every wait with an end.

It offers no extension, no subprotocol and no Origin unless told to, and corrects nothing: a frame goes out as it is
written. Only what every peer owes its other side is done unasked, and can be switched off: pings are answered, and so
is a close.
"""

from __future__ import annotations

import base64
import hashlib
import os
import time
from dataclasses import replace
from typing import TYPE_CHECKING, Self

from seatrial.conformance.wire.answer import AnswerReader, WireLimits
from seatrial.conformance.wire.exchange import Answer, Exchange, Request, Trouble
from seatrial.conformance.wire.frames import Frame, FrameReader, Opcode, close_payload
from seatrial.conformance.wire.hearing import Ear, Heard, WebSocketSeen
from seatrial.conformance.wire.link import ConnectFailed, Link
from seatrial.conformance.wire.request import RawRequest

if TYPE_CHECKING:
    from collections.abc import Callable

    from seatrial.conformance.wire.redact import Redactor

__all__ = ["WebSocket", "accept_of", "upgrade_request"]

GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
KEPT = 2_000
"""Things heard that are kept; of more only the number of messages is."""
SWITCHING = 101


def upgrade_request(target: str, *headers: tuple[str, str]) -> RawRequest:
    """GET a target as a WebSocket, with a key of its own and nothing that need not be there."""
    key = base64.b64encode(os.urandom(16)).decode()
    asked = (("Connection", "Upgrade"), ("Upgrade", "websocket"), ("Sec-WebSocket-Version", "13"))
    return RawRequest("GET", target, (*asked, ("Sec-WebSocket-Key", key), *headers))


def accept_of(request: Request) -> str:
    """What `Sec-WebSocket-Accept` has to be in the answer to a handshake (section 4.2.2)."""
    key = (request.header("Sec-WebSocket-Key") or "").encode()
    return base64.b64encode(hashlib.sha1(key + GUID, usedforsecurity=False).digest()).decode()


class WebSocket:
    """One connection that asks to become a WebSocket; made by `Client.websocket`. Not safe to share between threads.

    Args:
        link: the connection, or why there is none.
        request: the handshake.
        prefix: goes before its target: the path of the address.
        mask: masks secrets in what is kept.
        origin: the monotonic time of the launch.
        begun: the monotonic time at which the connect began.
        connected: the monotonic time at which the TCP connect returned.
        deadline: the monotonic time by which the handshake must be over.
        horizon: the monotonic time after which nothing is waited for.

    Attributes:
        handshake: the request for the upgrade, and its answer.
        heard: what came so far, the first ones.
        messages: how many messages came.
        end: `open`, `fin` or `rst`: how the peer left the connection.
        answers_pings, answers_closes: whether that is done unasked.
    """

    def __init__(
        self,
        link: Link | ConnectFailed,
        request: RawRequest,
        *,
        prefix: str,
        mask: Redactor,
        origin: float,
        begun: float,
        connected: float,
        deadline: float,
        horizon: float,
    ) -> None:
        self._link = link if isinstance(link, Link) else None
        self._mask, self._begun, self._horizon = mask, begun, horizon
        self._reader, self._ear = FrameReader(), Ear(mask)
        self._close_sent = False
        self._ended: float | None = None
        self.heard: list[Heard] = []
        self.messages = 0
        self.end = "open"
        self.answers_pings = self.answers_closes = True
        asked = Request(
            request.method, mask.mask_text(prefix + request.target), mask.mask_headers(request.sent_headers())
        )
        self.handshake = Exchange(asked, started=begun - origin)
        if isinstance(link, ConnectFailed):
            self._finish(trouble=link.trouble, detail=mask.mask_text(link.detail))
        else:
            self.handshake = replace(self.handshake, connected=connected - begun)
            self._shake_hands(request.head(prefix), deadline)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.leave()

    @property
    def stands(self) -> bool:
        """Whether the session is open: upgraded, no close seen, the connection there."""
        return self.handshake.status == SWITCHING and self.closed is None and self.end == "open" and bool(self._link)

    @property
    def closed(self) -> Heard | None:
        """The peer's close frame."""
        return next((one for one in reversed(self.heard) if one.kind == "close"), None)

    def now(self) -> float:
        """Seconds since the begin of the handshake."""
        return time.monotonic() - self._begun

    def seen(self) -> WebSocketSeen:
        """What came of it so far."""
        return WebSocketSeen(
            self.handshake, tuple(self.heard), self.messages, tuple(self._ear.faults), self.end, self._ended
        )

    def send(self, *frames: Frame, timeout: float = 10.0) -> bool:
        """Write frames in one go, listening meanwhile; whether the kernel took them all."""
        return self.write(b"".join(frame.encode() for frame in frames), timeout=timeout)

    def say(self, data: bytes, *, text: bool) -> bool:
        """Send one message in one frame."""
        return self.send(Frame(Opcode.TEXT if text else Opcode.BINARY, data))

    def write(self, data: bytes, *, timeout: float = 10.0) -> bool:
        """Write bytes as they are; whether the kernel took them all."""
        deadline, view, done = self._by(timeout), memoryview(data), 0
        while self._link is not None and done < len(data) and time.monotonic() < deadline:
            try:
                taken = self._link.send(view[done:])
            except OSError:
                self._listen()  # what had come before it broke is still to be read
                self._over("rst")
                break
            done += taken
            if not taken and self._link.wait(until=deadline, write=True):
                self._listen()
                if self.end != "open":
                    break
        return done == len(data)

    def listen(self, until: Callable[[], bool], timeout: float) -> bool:
        """Take in what comes until a condition holds, the peer has gone, or the time is over; whether it held."""
        deadline = self._by(timeout)
        while not until():
            if self._link is None or self.end != "open" or time.monotonic() >= deadline:
                return False
            if self._link.wait(until=deadline):
                self._listen()
        return True

    def await_messages(self, count: int, timeout: float) -> bool:
        """Wait until so many messages came in all; whether they did."""
        self.listen(lambda: self.messages >= count or self.closed is not None, timeout)
        return self.messages >= count

    def ping(self, payload: bytes, timeout: float) -> float | None:
        """Send a ping; seconds until the pong with the same payload, None where none came in time."""
        before = len([one for one in self.heard if one.kind == "pong"])
        sent = self.now()
        if not self.send(Frame(Opcode.PING, payload)):
            return None
        self.listen(lambda: self._pong(payload, before) is not None or self.closed is not None, timeout)
        pong = self._pong(payload, before)
        return None if pong is None else pong.at - sent

    def close(self, code: int, reason: str = "", *, timeout: float) -> None:
        """Send a close frame and wait for the peer's, and for the end of the connection, so many seconds in all."""
        deadline = self._by(timeout)
        self._close_sent = True
        self.send(Frame(Opcode.CLOSE, close_payload(code, reason)))
        self.await_end(deadline - time.monotonic())

    def await_end(self, timeout: float) -> bool:
        """Wait until the peer has ended the connection; whether it has."""
        return self.listen(lambda: self.end != "open", timeout)

    def half_close(self) -> None:
        """Shut down the writing side."""
        if self._link is not None:
            self._link.half_close()

    def reset(self) -> None:
        """End the connection with an RST."""
        if self._link is not None:
            self._link.reset()
            self._link = None

    def leave(self) -> None:
        """End the connection in order: with a close frame where the session stands. Safe to call twice."""
        if self.stands and not self._close_sent:
            self.send(Frame(Opcode.CLOSE, close_payload(1000)), timeout=0.5)
        if self._link is not None:
            self._link.close()
            self._link = None

    def _pong(self, payload: bytes, skip: int) -> Heard | None:
        pongs = [one for one in self.heard if one.kind == "pong"][skip:]
        return next((one for one in pongs if one.body.head == payload), None)

    def _by(self, timeout: float) -> float:
        return min(time.monotonic() + max(timeout, 0.0), self._horizon)

    def _shake_hands(self, head: bytes, deadline: float) -> None:
        """Send the handshake and read its answer: a block of headers with 101, or a whole refusal."""
        came, first_byte = bytearray(), None
        self.write(head, timeout=deadline - time.monotonic())
        sent = self.now()
        reader = AnswerReader("GET", self._mask, WireLimits())
        while self._link is not None and not reader.finished:
            if time.monotonic() >= deadline or not self._link.wait(until=deadline):
                reader.give_up(Trouble.TIMEOUT, "the handshake was not answered in time")
                break
            try:
                data = self._link.receive()
            except OSError as error:
                reader.end(reset=error.strerror or str(error))
                self._over("rst")
                break
            if data is None:
                continue
            if not data:
                reader.end()
                self._over("fin")
                break
            first_byte = first_byte or self.now()
            came += data
            block, blank, rest = bytes(came).partition(b"\r\n\r\n")
            if not block.startswith(b"HTTP/1.1 101"):
                reader.feed(data, self.now())
            elif blank:
                self._upgraded(block, sent=sent, first_byte=first_byte)
                self._take(rest)
                return
            elif len(came) > WireLimits().head_bytes:
                reader.give_up(Trouble.TOO_LARGE, "the header block of the handshake has no end")
        if self._link is None and not reader.finished:
            reader.give_up(Trouble.SEND_FAILED, "the handshake could not be sent")
        self._finish(
            trouble=reader.trouble, detail=self._mask.mask_text(reader.detail), answer=reader.answer(), sent=sent,
            first_byte=first_byte,
        )  # fmt: skip
        self.leave()

    def _upgraded(self, block: bytes, *, sent: float, first_byte: float) -> None:
        lines = (line.partition(":") for line in block.decode("latin-1").split("\r\n")[1:])
        headers = self._mask.mask_headers([(name, value.strip()) for name, _, value in lines])
        self._finish(answer=Answer(SWITCHING, headers=headers), sent=sent, first_byte=first_byte)

    def _finish(
        self,
        *,
        answer: Answer | None = None,
        trouble: Trouble | None = None,
        detail: str = "",
        sent: float | None = None,
        first_byte: float | None = None,
    ) -> None:
        self.handshake = replace(
            self.handshake, answer=answer, trouble=trouble, detail=detail, sent=sent, first_byte=first_byte,
            done=self.now(), closed=self.end != "open",
        )  # fmt: skip

    def _listen(self) -> None:
        """Take in what is there now."""
        if self._link is None:
            return
        try:
            data = self._link.receive()
        except OSError:
            self._over("rst")
            return
        if data == b"":
            self._over("fin")
        elif data:
            self._take(data)

    def _take(self, data: bytes) -> None:
        at = self.now()
        for frame in self._reader.feed(data):
            one = self._ear.take(frame, at)
            if one is not None:
                self._note(one, frame)
        if self._reader.fault and self._reader.fault not in self._ear.faults:
            self._ear.faults.append(self._reader.fault)

    def _note(self, one: Heard, frame: Frame) -> None:
        self.messages += one.kind in {"text", "binary"}
        if len(self.heard) < KEPT or one.kind == "close":
            self.heard.append(one)
        if one.kind == "ping" and self.answers_pings:
            self.send(Frame(Opcode.PONG, frame.payload), timeout=0.5)
        if one.kind == "close" and self.answers_closes and not self._close_sent:
            self._close_sent = True
            self.send(Frame(Opcode.CLOSE, frame.payload[:2]), timeout=0.5)

    def _over(self, how: str) -> None:
        """The peer has left: so do we, for it may wait for that."""
        if self.end == "open":
            self.end, self._ended = how, self.now()
        if self._link is not None:
            self._link.close()
            self._link = None
