"""What came through a WebSocket, as plain values: messages joined from their frames, control frames, faults. No I/O.

A fault is a frame that RFC 6455 forbids. It is noted, never forgiven, and never a reason to stop listening.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from seatrial.conformance.wire.body import body_of
from seatrial.conformance.wire.exchange import Body, Exchange
from seatrial.conformance.wire.frames import CONTROL, LONGEST_CONTROL, Frame, Opcode, read_close

if TYPE_CHECKING:
    from seatrial.conformance.wire.redact import Redactor

__all__ = ["Ear", "Heard", "WebSocketSeen"]

Kind = Literal["text", "binary", "ping", "pong", "close"]

MOST_FAULTS = 8
RESERVED_CODES = frozenset({1004, 1005, 1006, 1015})
"""Codes that no frame may carry (section 7.4.1)."""
OWN_CODES = range(3000, 5000)
"""Codes that libraries and applications have to themselves (section 7.4.2)."""
KNOWN_CODES = range(1000, 1016)


@dataclass(frozen=True)
class Heard:
    """One message, or one control frame.

    Attributes:
        at: seconds from the begin of the handshake.
        kind: what it is.
        body: what is kept of it; of a close frame the reason alone.
        frames: how many frames it came in.
        utf8: whether its bytes are UTF-8.
        code: of a close frame; None where it has none, and for everything else.
    """

    at: float
    kind: Kind
    body: Body
    frames: int = 1
    utf8: bool = True
    code: int | None = None

    @property
    def summary(self) -> str:
        """In a few words: `text of 120 bytes`, `close 1011: model_failed`."""
        if self.kind == "close":
            code = "without a code" if self.code is None else str(self.code)
            return f"close {code}{f': {self.body.text}' if self.body.length else ''}"
        return f"{self.kind} of {self.body.length:,} bytes"


@dataclass(frozen=True)
class WebSocketSeen:
    """One session from its handshake on.

    Attributes:
        handshake: the request for the upgrade and its answer.
        heard: what came, in order; the first ones where there were many.
        messages: how many messages came in all.
        faults: frames that RFC 6455 forbids, in words.
        end: how the peer left the connection: `open`, `fin` or `rst`.
        ended: seconds from the begin of the handshake to that end; None where it stands.
    """

    handshake: Exchange
    heard: tuple[Heard, ...] = ()
    messages: int = 0
    faults: tuple[str, ...] = ()
    end: str = "open"
    ended: float | None = None

    @property
    def upgraded(self) -> bool:
        """Whether it became a WebSocket."""
        return self.handshake.status == 101

    @property
    def closed(self) -> Heard | None:
        """The peer's close frame."""
        return next((one for one in self.heard if one.kind == "close"), None)

    @property
    def summary(self) -> str:
        """In a few words, the end first."""
        if not self.upgraded:
            return f"no WebSocket: {self.handshake.summary}"
        if self.closed:
            return self.closed.summary
        words = {"fin": "the connection ended without a close frame", "rst": "the connection was reset"}
        return words.get(self.end, f"{self.messages} messages, the session is open")


class Ear:
    """Joins the frames of a peer.

    Args:
        mask: masks secrets in what is kept.

    Attributes:
        faults: what was wrong with frames so far.
    """

    def __init__(self, mask: Redactor) -> None:
        self._mask = mask
        self._kind: Kind | None = None
        self._parts: list[bytes] = []
        self.faults: list[str] = []

    def take(self, frame: Frame, at: float) -> Heard | None:
        """Take a frame; the message that it completes, or the control frame that it is."""
        if frame.masked:
            self._fault("a frame was masked, which only a client's may be")
        if frame.reserved:
            self._fault(f"a frame carries the reserved bits {frame.reserved:03b}, and no extension was agreed on")
        if frame.opcode in CONTROL:
            return self._control(frame, at)
        if frame.opcode not in {Opcode.CONTINUATION, Opcode.TEXT, Opcode.BINARY}:
            self._fault(f"a frame has the unknown opcode {frame.opcode:#x}")
            return None
        return self._data(frame, at)

    def _control(self, frame: Frame, at: float) -> Heard:
        names: dict[int, Kind] = {Opcode.CLOSE: "close", Opcode.PING: "ping", Opcode.PONG: "pong"}
        kind = names[frame.opcode]
        if not frame.fin:
            self._fault(f"a {kind} frame was fragmented")
        if len(frame.payload) > LONGEST_CONTROL:
            self._fault(f"a {kind} frame of {len(frame.payload)} bytes, at most {LONGEST_CONTROL} are allowed")
        if frame.opcode != Opcode.CLOSE:
            return Heard(at, kind, body_of(frame.payload, self._mask))
        code, reason = read_close(frame.payload)
        if code is None and frame.payload:
            self._fault("a close frame of one byte")
        if code is not None and (code in RESERVED_CODES or code not in {*KNOWN_CODES, *OWN_CODES}):
            self._fault(f"a close frame with code {code}, which no frame may carry")
        if not _is_utf8(reason):
            self._fault("the reason of a close frame is not UTF-8")
        return Heard(at, kind, body_of(reason, self._mask), utf8=_is_utf8(reason), code=code)

    def _data(self, frame: Frame, at: float) -> Heard | None:
        if frame.opcode == Opcode.CONTINUATION and self._kind is None:
            self._fault("a continuation frame without a message to continue")
            return None
        if frame.opcode != Opcode.CONTINUATION:
            if self._kind is not None:
                self._fault("a new message began before the fragments of the last one had ended")
            self._kind, self._parts = ("text" if frame.opcode == Opcode.TEXT else "binary"), []
        self._parts.append(frame.payload)
        if not frame.fin or self._kind is None:
            return None
        data, kind, frames = b"".join(self._parts), self._kind, len(self._parts)
        self._kind = None
        return Heard(at, kind, body_of(data, self._mask), frames, _is_utf8(data))

    def _fault(self, words: str) -> None:
        if words not in self.faults and len(self.faults) < MOST_FAULTS:
            self.faults.append(words)


def _is_utf8(data: bytes) -> bool:
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True
