"""A streamed answer while it is under way: read some of it, wait, read on, or leave.

Who drives it decides when to read: a caller that does not read for a while is a slow one, and the peer feels it once
the buffers of the sockets are full. Nothing is read behind the caller's back.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Literal, Self

import h11

from seatrial.conformance.wire.answer import AnswerReader
from seatrial.conformance.wire.body import body_of
from seatrial.conformance.wire.exchange import Exchange, Request, Trouble
from seatrial.conformance.wire.link import ConnectFailed, Link
from seatrial.conformance.wire.request import RawRequest, Write
from seatrial.conformance.wire.streamed import KEPT_TAIL, KEPT_TEXT, MOST_PIECES, Piece, Streamed

if TYPE_CHECKING:
    from seatrial.conformance.wire.answer import WireLimits
    from seatrial.conformance.wire.redact import Redactor

__all__ = ["LiveStream", "StreamReader"]


class StreamReader(AnswerReader):
    """Reads one answer and notes each piece of its body.

    Attributes:
        head_at: the time handed in with the end of the header block; None before.
        pieces: (time, size) of the first pieces.
        count: of all pieces.
        length: bytes of the body.
        text, tail: the body as far as it is kept, from its beginning and up to its end, not yet masked.
        trailers: header fields behind the last chunk.
    """

    def __init__(self, method: str, mask: Redactor, limits: WireLimits) -> None:
        super().__init__(method, mask, limits)
        self._room, self._tail_room = KEPT_TEXT + mask.reach, KEPT_TAIL + mask.reach
        self._chunked, self._between = False, True
        self.head_at: float | None = None
        self.pieces: list[tuple[float, int]] = []
        self.count = 0
        self.length = 0
        self.text, self.tail = bytearray(), bytearray()
        self.trailers: list[tuple[str, str]] = []

    def _event(self, event: object, at: float) -> None:
        match event:
            case h11.Response():
                self.head_at = at
                self._chunked = any(name == b"transfer-encoding" for name, _ in event.headers)
            case h11.Data():
                self._note(event, at)
            case h11.EndOfMessage():
                self.trailers = [(n.decode("latin-1"), v.decode("latin-1")) for n, v in event.headers.raw_items()]
        super()._event(event, at)

    def _note(self, data: h11.Data, at: float) -> None:
        size = len(data.data)
        self.length += size
        if len(self.text) < self._room:
            self.text += bytes(data.data)[: self._room - len(self.text)]
        self.tail += data.data
        if len(self.tail) > 2 * self._tail_room:
            del self.tail[: -self._tail_room]
        # Of h11's two marks only the end is sure: a chunk whose head comes alone has no start.
        begins = self._between if self._chunked else not self.pieces or self.pieces[-1][0] != at
        self._between = data.chunk_end
        self.count += begins
        if begins and len(self.pieces) < MOST_PIECES:
            self.pieces.append((at, size))
        elif self.count <= MOST_PIECES:
            began, before = self.pieces[-1]
            self.pieces[-1] = (began, before + size)


class LiveStream:
    """One exchange in flight, made by `Client.open_stream`. Not safe to share between threads.

    Args:
        link: the connection, or why there is none.
        request: what to send: head and body at once, its pauses and its abort are not played.
        prefix: goes before the target.
        mask, limits: of the client.
        origin: the monotonic time of the launch.
        begun: the monotonic time from which the exchange's times count.
        connected: the monotonic time at which the connect returned.
        deadline: the monotonic time at which it ends, however far it got.
    """

    def __init__(
        self,
        link: Link | ConnectFailed,
        request: RawRequest,
        *,
        prefix: str,
        mask: Redactor,
        limits: WireLimits,
        origin: float,
        begun: float,
        connected: float,
        deadline: float,
    ) -> None:
        self._link = link if isinstance(link, Link) else None
        self._failed = link if isinstance(link, ConnectFailed) else None
        self._request, self._prefix, self._mask = request, prefix, mask
        self._origin, self._begun, self._connected, self._deadline = origin, begun, connected, deadline
        self._reader = StreamReader(request.method.upper(), mask, limits)
        self._sent: float | None = None
        self._first_byte: float | None = None
        self._ended = begun
        self._peer_closed = False
        self._send()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.leave()

    @property
    def over(self) -> bool:
        """Whether nothing more comes, for better or worse."""
        return self._failed is not None or self._reader.finished

    @property
    def count(self) -> int:
        """How many pieces were read."""
        return self._reader.count

    @property
    def length(self) -> int:
        """How many bytes of the body were read."""
        return self._reader.length

    @property
    def has_head(self) -> bool:
        """Whether the header block was read."""
        return self._reader.has_head

    def read(self, *, pieces: int | None = None, timeout: float | None = None) -> None:
        """Read on, until the end or a bound; every bound that is not given is not there.

        Args:
            pieces: stop once so many pieces were read in all.
            timeout: stop after so many seconds; the exchange's own deadline ends it.
        """
        until = self._deadline if timeout is None else min(self._deadline, time.monotonic() + timeout)
        while not self.over and (pieces is None or self.count < pieces):
            now = time.monotonic()
            if now >= self._deadline:
                self._end(Trouble.TIMEOUT, f"the answer was not complete; {self.count} pieces came")
            elif now >= until:
                break
            else:
                self._receive(until)

    def leave(self, how: Literal["close", "reset"] = "close") -> None:
        """Break off, or let go of a stream that is over. Safe to call twice."""
        if not self.over:
            self._end(Trouble.ABORTED, f"left after {self.count} pieces, as asked")
        if self._link is not None and how == "reset":
            self._link.reset()
        elif self._link is not None:
            self._link.close()
        self._link = None

    def seen(self) -> Streamed:
        """What came of it. Call it once, when it is over or was left."""
        reader, mask = self._reader, self._mask
        text = mask.mask_bytes(bytes(reader.text))
        return Streamed(
            self._exchange(),
            self._since(reader.head_at),
            tuple(Piece(round(at - self._begun, 6), size) for at, size in reader.pieces),
            reader.count,
            text[:KEPT_TEXT],
            reader.length > len(reader.text) or len(text) > KEPT_TEXT,
            mask.mask_bytes(bytes(reader.tail))[-KEPT_TAIL:],
            mask.mask_headers(reader.trailers),
        )

    def _exchange(self) -> Exchange:
        request, reader, failed = self._request, self._reader, self._failed
        return Exchange(
            request=Request(
                method=request.method,
                target=self._mask.mask_text(self._prefix + request.target),
                headers=self._mask.mask_headers(request.sent_headers()),
                body=body_of(request.body, self._mask),
                version=request.version,
            ),
            answer=reader.answer(),
            trouble=failed.trouble if failed else reader.trouble,
            detail=self._mask.mask_text(failed.detail if failed else reader.detail),
            started=self._begun - self._origin,
            connected=None if failed else self._since(self._connected),
            sent=self._since(self._sent),
            first_byte=self._since(self._first_byte),
            done=self._ended - self._begun,
            closed=self._peer_closed,
            interim=tuple((status, at - self._begun) for status, at in reader.interim),
        )

    def _since(self, moment: float | None) -> float | None:
        return None if moment is None else moment - self._begun

    def _send(self) -> None:
        """Hand the whole request to the kernel."""
        steps = self._request.script(self._prefix)
        left = memoryview(b"".join(bytes(step.data) for step in steps if isinstance(step, Write)))
        while self._link is not None and left and not self.over:
            try:
                left = left[self._link.send(left) :]
            except OSError as error:
                self._end(Trouble.SEND_FAILED, error.strerror or str(error))
            if left and time.monotonic() >= self._deadline:
                self._end(Trouble.TIMEOUT, "the request was not fully sent")
            elif left and not self.over:
                self._link.wait(until=self._deadline, write=True)
        self._sent = time.monotonic() if not left else None
        if self._failed:
            self._ended = self._connected

    def _receive(self, until: float) -> None:
        if self._link is None or not self._link.wait(until=until):
            return
        try:
            data = self._link.receive()
        except OSError as error:
            self._peer_closed = True
            self._reader.end(reset=error.strerror or str(error))
            self._ended = time.monotonic()
            return
        at = time.monotonic()
        if data:
            self._first_byte = self._first_byte or at
            self._reader.feed(data, at)
        elif data is not None:
            self._peer_closed = True
            self._reader.end()
        self._ended = at

    def _end(self, trouble: Trouble, detail: str) -> None:
        self._ended = time.monotonic()
        self._reader.give_up(trouble, detail)
