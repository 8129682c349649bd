"""An exchange as people read it: `> ` for what was sent, `< ` for what came back, `* ` for what happened around it.

Always bounded, and safe to print: a subject's control characters are escaped, so that none of them steers a terminal.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from seatrial.conformance.wire.exchange import Answer, Body, Exchange, Request

__all__ = ["transcript"]

BODY_CHARS = 2_000
HEX_BYTES = 128
HEX_ROW = 16
HEADERS = 60
LINE_CHARS = 1_100
"""A header of the greatest length that the platform sends (1,024) fits."""


def transcript(exchange: Exchange) -> str:
    """The exchange in lines, without a trailing newline; at most a few hundred of them."""
    return "\n".join(_lines(exchange))


def _lines(exchange: Exchange) -> Iterator[str]:
    yield f"* {_beginning(exchange)}"
    yield from _request(exchange.request)
    if exchange.sent is not None:
        yield f"* sent after {exchange.sent:.3f} s"
    yield from (f"< {status} (interim, after {at:.3f} s)" for status, at in exchange.interim)
    if exchange.answer is not None:
        yield from _answer(exchange.answer)
    if exchange.first_byte is not None:
        yield f"* first byte after {exchange.first_byte:.3f} s"
    yield f"* {_ending(exchange)}"


def _beginning(exchange: Exchange) -> str:
    at = f"{exchange.started:.3f} s after the launch"
    if exchange.connected is not None:
        return f"{at}: connected in {exchange.connected:.3f} s"
    return f"{at}: {'on a connection in use' if exchange.reused else 'on a connection of its own'}"


def _request(request: Request) -> Iterator[str]:
    yield f"> {_shown(request.method)} {_shown(request.target)} HTTP/{request.version}"
    yield from _headers("> ", request.headers)
    yield from _body("> ", request.body)


def _answer(answer: Answer) -> Iterator[str]:
    yield f"< HTTP/{answer.version} {answer.status}"
    yield from _headers("< ", answer.headers)
    if answer.headers_cut:
        yield "< [… more header lines came]"
    yield from _body("< ", answer.body)


def _headers(mark: str, headers: tuple[tuple[str, str], ...]) -> Iterator[str]:
    yield from (f"{mark}{_shown(name)}: {_shown(value)}" for name, value in headers[:HEADERS])
    if len(headers) > HEADERS:
        yield f"{mark}[… {len(headers) - HEADERS} more header lines]"
    yield mark.rstrip()


def _body(mark: str, body: Body) -> Iterator[str]:
    if not body.length:
        return
    if (text := _printable(body)) is None:
        shown = body.head[:HEX_BYTES]
        offsets = range(0, len(shown) + HEX_ROW, HEX_ROW)
        yield from (f"{mark}{start:04x}  {_row(shown[start:end])}" for start, end in pairwise(offsets))
        more = body.length - len(shown)
    else:
        shown_text = text[:BODY_CHARS]
        yield from (f"{mark}{_shown(line)}" for line in shown_text.split("\n"))
        more = body.length - len(shown_text.encode())
    if more > 0:
        yield f"{mark}[… {more:,} more bytes, {body.length:,} in all, sha256 {body.sha256}]"


def _printable(body: Body) -> str | None:
    """The head as text; None where it is binary. A character cut in half at the end does not count."""
    try:
        text = body.head.decode()
    except UnicodeDecodeError as error:
        if not body.cut or error.start < len(body.head) - 3:
            return None
        text = body.head[: error.start].decode()
    return None if "\0" in text else text


def _row(data: bytes) -> str:
    shown = "".join(chr(byte) if 0x20 <= byte < 0x7F else "." for byte in data)  # printable ASCII
    return f"{data.hex(' '):<{3 * HEX_ROW}} {shown}"


def _shown(text: str) -> str:
    safe = "".join(char if char.isprintable() or char == "\t" else ascii(char)[1:-1] for char in text)
    return safe if len(safe) <= LINE_CHARS else f"{safe[:LINE_CHARS]}[… {len(safe) - LINE_CHARS:,} more]"


def _ending(exchange: Exchange) -> str:
    end = [exchange.summary]
    if exchange.answer is not None and exchange.detail:
        end.append(_shown(exchange.detail))
    if exchange.closed:
        end.append("the peer closed the connection")
    return _shown("; ".join(end))
