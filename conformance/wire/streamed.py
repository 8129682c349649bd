"""A streamed answer as plain values: when each piece of it came, how large it was, and how it ended.

A piece is one HTTP chunk as the peer framed it; where the answer is not chunked, it is what one read brought. Times are
seconds from the beginning of the exchange. Text and pieces are capped, and the record says so.
"""

from __future__ import annotations

from dataclasses import dataclass

from seatrial.conformance.wire.exchange import Exchange

__all__ = ["KEPT_TAIL", "KEPT_TEXT", "MOST_PIECES", "Piece", "Streamed"]

KEPT_TEXT, KEPT_TAIL = 64 * 1024, 4096
MOST_PIECES = 4096


@dataclass(frozen=True)
class Piece:
    """One piece of a body.

    Attributes:
        at: seconds until its first byte was read.
        size: its bytes, without framing.
    """

    at: float
    size: int


@dataclass(frozen=True)
class Streamed:
    """One request whose answer was read piece by piece.

    Attributes:
        exchange: the request and the answer, its length and digest among them. Who left early finds the trouble
            `ABORTED` there.
        head_at: seconds until the whole header block was there; None where it never was.
        pieces: in order, the first 4,096 of them.
        count: how many pieces came in all.
        text: the body as far as it is kept, secrets masked.
        text_cut: whether `text` is not all of it.
        tail: its last bytes, 4,096 at most, secrets masked: how a long one ended.
        trailers: header fields that came behind the last chunk.
    """

    exchange: Exchange
    head_at: float | None = None
    pieces: tuple[Piece, ...] = ()
    count: int = 0
    text: bytes = b""
    text_cut: bool = False
    tail: bytes = b""
    trailers: tuple[tuple[str, str], ...] = ()

    @property
    def status(self) -> int | None:
        """The status code; None where no answer came."""
        return self.exchange.status

    @property
    def ok(self) -> bool:
        """Whether it was answered 2xx and came to its proper end: the terminal chunk, or the announced length."""
        return self.exchange.ok

    @property
    def chunked(self) -> bool:
        """Whether it came with `Transfer-Encoding: chunked`."""
        return self.exchange.answer is not None and self.exchange.answer.chunked

    @property
    def media_type(self) -> str:
        """The media type without parameters, in lower case; empty where none was sent."""
        stated = self.exchange.answer.header("content-type") if self.exchange.answer else None
        return (stated or "").partition(";")[0].strip().lower()

    @property
    def first_at(self) -> float | None:
        """Seconds until the first piece; None where none came."""
        return self.pieces[0].at if self.pieces else None

    @property
    def last_at(self) -> float | None:
        """Seconds until the last kept piece; None where none came."""
        return self.pieces[-1].at if self.pieces else None

    @property
    def summary(self) -> str:
        """What happened, in a few words."""
        if not self.pieces:
            return self.exchange.summary
        came = f"{self.count} piece{'s' * (self.count != 1)} from {self.pieces[0].at:.3f} to {self.pieces[-1].at:.3f} s"
        return f"{self.exchange.summary}: {came}"
