"""A request as it will stand on the wire, byte for byte, and the script by which it is written.

Scenarios send odd things on purpose: no Host, split writes, lying lengths, half a body. So nothing here corrects what
it is told to send. A script is a plain sequence of steps; who plays it does the I/O.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import chain, repeat
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

__all__ = ["HOST", "USER_AGENT", "Abort", "AwaitContinue", "HalfClose", "Pause", "RawRequest", "Step", "Wait", "Write"]

HOST = "model.aws.local:8080"
USER_AGENT = "AHC/2.0"
"""What the platform sends (contract section 0.1)."""

PIECE = 256 * 1024
JOINED = 64 * 1024
"""A head and a body up to so many bytes leave in one write, as common clients do."""


@dataclass(frozen=True)
class Pause:
    """A pause between two writes.

    Attributes:
        at: bytes of the part that are written before the pause; for chunked framing, framed bytes.
        seconds: how long nothing is written.
        part: `head` (request line and headers) or `body`.
    """

    at: int
    seconds: float
    part: Literal["head", "body"] = "body"


@dataclass(frozen=True)
class RawRequest:
    """A request, sent exactly so.

    Attributes:
        method: sent as it is, whatever it is.
        target: what follows the method; the address's own path goes before it.
        headers: sent with this spelling, in this order. `Host`, `User-Agent`, and what the framing needs are added
            where they are not named here (Host first, framing last), unless `without` names them.
        body: the bytes of the body, before framing.
        version: `1.1` or `1.0`.
        framing: `length` adds Content-Length where there is a body or the method is POST, PUT or PATCH; `chunked`
            adds Transfer-Encoding and frames the body; `none` adds nothing and sends the bytes bare.
        chunks: chunk sizes in bytes, the last one repeated to the end of the body.
        pauses: pauses between writes; every pause starts a new write.
        expect_continue: add `Expect: 100-continue` and hold the body until 100 comes or `expect_wait` seconds pass.
        expect_wait: seconds to wait for 100 before the body is sent anyway.
        abort_after: send only so many bytes of the framed body, then break off; None sends all of it.
        abort_wait: seconds to wait, reading, before breaking off; an answer that completes by then is kept.
        abort_how: `close` (FIN) or `reset` (RST).
        half_close: shut down the writing side after the last byte.
        without: names of headers that are not added, in any case.
    """

    method: str = "GET"
    target: str = "/ping"
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""
    version: Literal["1.0", "1.1"] = "1.1"
    framing: Literal["length", "chunked", "none"] = "length"
    chunks: tuple[int, ...] = (16 * 1024,)
    pauses: tuple[Pause, ...] = ()
    expect_continue: bool = False
    expect_wait: float = 1.0
    abort_after: int | None = None
    abort_wait: float = 0.0
    abort_how: Literal["close", "reset"] = "close"
    half_close: bool = False
    without: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not self.chunks or min(self.chunks) < 1:
            raise ValueError(f"chunk sizes are {self.chunks}; give at least one, each 1 byte or more")

    def sent_headers(self) -> tuple[tuple[str, str], ...]:
        """The headers as they are sent, the added ones among them."""
        given = {name.lower() for name, _ in self.headers} | {name.lower() for name in self.without}
        before = (("Host", HOST), ("User-Agent", USER_AGENT))
        after: list[tuple[str, str]] = []
        if self.expect_continue:
            after.append(("Expect", "100-continue"))
        if self.framing == "chunked":
            after.append(("Transfer-Encoding", "chunked"))
        elif self.framing == "length" and (self.body or self.method.upper() in {"POST", "PUT", "PATCH"}):
            after.append(("Content-Length", str(len(self.body))))
        return (
            *(pair for pair in before if pair[0].lower() not in given),
            *self.headers,
            *(pair for pair in after if pair[0].lower() not in given),
        )

    def head(self, prefix: str = "") -> bytes:
        """The request line and the header block, with the blank line that ends it."""
        lines = [f"{self.method} {prefix}{self.target} HTTP/{self.version}"]
        lines += [f"{name}: {value}" for name, value in self.sent_headers()]
        return _encode("\r\n".join([*lines, "", ""]))

    def script(self, prefix: str = "") -> Iterator[Step]:
        """The steps by which it is written.

        Args:
            prefix: goes before the target: the path of the address.
        """
        head = _split([Write(memoryview(self.head(prefix)))], self._pauses("head"))
        body = _split(_limited(self._framed(), self.abort_after), self._pauses("body"))
        if self.expect_continue:
            yield from chain(head, [AwaitContinue(self.expect_wait)], body)
        else:
            yield from _joined(chain(head, body))
        if self.abort_after is not None:
            yield Abort(self.abort_wait, reset=self.abort_how == "reset")
        elif self.half_close:
            yield HalfClose()

    def _pauses(self, part: Literal["head", "body"]) -> list[Pause]:
        return sorted((pause for pause in self.pauses if pause.part == part), key=lambda pause: pause.at)

    def _framed(self) -> Iterator[Write]:
        view = memoryview(self.body)
        if self.framing != "chunked":
            for start in range(0, len(view), PIECE):
                piece = view[start : start + PIECE]
                yield Write(piece, lead=0, body=len(piece))
            return
        start = 0
        for size in chain(self.chunks, repeat(self.chunks[-1])):
            piece = view[start : start + size]
            if not piece:
                break
            lead = b"%x\r\n" % len(piece)
            yield Write(memoryview(b"".join((lead, piece, b"\r\n"))), lead=len(lead), body=len(piece))
            start += len(piece)
        yield Write(memoryview(b"0\r\n\r\n"))


@dataclass(frozen=True)
class Write:
    """Hand these bytes to the kernel. Of them, `body` bytes after the first `lead` ones are the body's own."""

    data: memoryview
    lead: int = 0
    body: int = 0

    def body_in(self, sent: int) -> int:
        """How many of the body's own bytes are in the first `sent` ones."""
        return min(max(sent - self.lead, 0), self.body)

    def cut(self, at: int) -> tuple[Write, Write]:
        """The part before and the part from offset `at`."""
        inside = self.body_in(at)
        return Write(self.data[:at], self.lead, inside), Write(
            self.data[at:], max(self.lead - at, 0), self.body - inside
        )


@dataclass(frozen=True)
class Wait:
    """Write nothing for so many seconds."""

    seconds: float


@dataclass(frozen=True)
class AwaitContinue:
    """Write nothing until a 1xx answer comes or so many seconds pass; a final answer ends the script."""

    seconds: float


@dataclass(frozen=True)
class HalfClose:
    """Shut down the writing side."""


@dataclass(frozen=True)
class Abort:
    """After so many seconds without a complete answer, close the connection: with RST or with FIN."""

    wait: float
    reset: bool


Step = Write | Wait | AwaitContinue | HalfClose | Abort


def _encode(text: str) -> bytes:
    """Header text as bytes: one byte a character where that is possible, UTF-8 else."""
    try:
        return text.encode("latin-1")
    except UnicodeEncodeError:
        return text.encode("utf-8", "surrogatepass")


def _limited(writes: Iterable[Write], limit: int | None) -> Iterator[Write]:
    """The first `limit` bytes."""
    for write in writes:
        if limit is None:
            yield write
        elif limit > 0:
            yield write.cut(limit)[0] if limit < len(write.data) else write
            limit -= len(write.data)


def _split(writes: Iterable[Write], pauses: list[Pause]) -> Iterator[Write | Wait]:
    """The writes, with pauses at their offsets; a pause beyond the end comes at the end."""
    at = 0
    left = list(pauses)
    for write in writes:
        rest = write
        while left and left[0].at < at + len(rest.data):
            before, rest = rest.cut(max(left[0].at - at, 0))
            if before.data:
                yield before
                at += len(before.data)
            yield Wait(left.pop(0).seconds)
        yield rest
        at += len(rest.data)
    yield from (Wait(pause.seconds) for pause in left)


def _joined(steps: Iterable[Step]) -> Iterator[Step]:
    """The steps, with the head and the first piece of the body in one write where they are small."""
    steps = iter(steps)
    first = next(steps, None)
    second = next(steps, None)
    match first, second:
        case Write(), Write() if len(first.data) + len(second.data) <= JOINED:
            data = memoryview(b"".join((first.data, second.data)))
            yield Write(data, lead=len(first.data) + second.lead, body=second.body)
        case _:
            yield from (step for step in (first, second) if step is not None)
    yield from steps
