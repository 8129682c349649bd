"""The events of a streamed body, each with the time at which its end arrived.

The body is put together again and read once: how it was cut into pieces cannot change what it says, and an event's
stamp is that of the piece in which its last needed byte lies. Three forms: Server-Sent Events, JSON lines, bare text.

Source of the first: html:server-sent-events (WHATWG HTML, 9.2.6).
"""

from __future__ import annotations

import re
from bisect import bisect_right
from itertools import accumulate
from typing import TYPE_CHECKING, NamedTuple

from seatrial.loadgen.answers.expectation import decoded

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["LINES", "SSE", "TEXT", "Event", "json_lines", "sniff", "sse_events", "text_pieces"]

SSE, LINES, TEXT = "text/event-stream", "application/jsonlines", "text/plain"
"""The three forms, by the usual name of their media type."""
BOM = b"\xef\xbb\xbf"
SSE_BEGIN = re.compile(rb"(data|event|id|retry)?:")


class Event(NamedTuple):
    """One event.

    Attributes:
        data: its text.
        kind: SSE's `event` field; empty where there is none.
        stamp: when its end arrived, ns.
    """

    data: bytes
    kind: str
    stamp: int


class _Body:
    """A body and when each of its bytes arrived."""

    def __init__(self, chunks: list[bytes], stamps: list[int], *, begins: bool = True) -> None:
        self.bytes = b"".join(chunks)
        self._begin = len(BOM) if begins and self.bytes.startswith(BOM) else 0
        self._ends = list(accumulate(map(len, chunks)))
        self._stamps = stamps

    def arrival(self, offset: int) -> int:
        return self._stamps[bisect_right(self._ends, offset)]

    def lines(self, *, whole: bool) -> Iterator[tuple[bytes, int]]:
        """Give each line and the offset of the first byte of its end: a CR alone ends a line, whatever follows.

        The last line needs no end where the body is whole: servers forget it, and clients forgive them.
        """
        begin = self._begin
        for line in self.bytes[begin:].splitlines(keepends=True):
            text = line.rstrip(b"\r\n")
            if len(text) < len(line):
                yield text, begin + len(text)
            elif whole:
                yield text, len(self.bytes) - 1
            begin += len(line)


def sse_events(chunks: list[bytes], stamps: list[int], *, whole: bool = True) -> list[Event]:
    """Return the events of a `text/event-stream`.

    Args:
        chunks: pieces of the body, cut anywhere.
        stamps: arrival of each piece, ns, in order.
        whole: whether the body came to its end; then an event without its empty line counts too.
    """
    events = _whole_events(chunks, stamps)
    if len(events) == len(chunks):
        return events
    body = _Body(chunks[len(events) :], stamps[len(events) :], begins=not events)
    data: list[bytes] = []
    kind = ""
    for line, end in body.lines(whole=whole):
        if line.startswith(b"data:"):
            data.append(line[6:] if line[5:6] == b" " else line[5:])
        elif line.startswith(b"event:"):
            kind = (line[7:] if line[6:7] == b" " else line[6:]).decode(errors="replace")
        elif line == b"data":
            data.append(b"")
        elif line == b"event":
            kind = ""
        elif not line:
            if data:
                events.append(Event(b"\n".join(data), kind, body.arrival(end)))
            data, kind = [], ""
    if data and whole:
        events.append(Event(b"\n".join(data), kind, body.arrival(len(body.bytes) - 1)))
    return events


def _whole_events(chunks: list[bytes], stamps: list[int]) -> list[Event]:
    """Return the events of the first pieces, as long as each is one event of one line: most servers write them so."""
    events = []
    for chunk, stamp in zip(chunks, stamps, strict=True):
        if chunk[:6] != b"data: " or chunk.find(b"\n") != len(chunk) - 2 or chunk[-1:] != b"\n" or b"\r" in chunk:
            break
        events.append(Event(chunk[6:-2], "", stamp))
    return events


def json_lines(chunks: list[bytes], stamps: list[int], *, whole: bool = True) -> list[Event]:
    """Return the filled lines of a stream of JSON lines; arguments as those of `sse_events`."""
    body = _Body(chunks, stamps)
    lines = ((line.strip(), end) for line, end in body.lines(whole=whole))
    return [Event(line, "", body.arrival(end)) for line, end in lines if line]


def text_pieces(chunks: list[bytes], stamps: list[int]) -> list[Event]:
    """Return the pieces of a stream of bare text: it has no other borders than the server's writes."""
    return [Event(chunk, "", stamp) for chunk, stamp in zip(chunks, stamps, strict=True) if chunk]


def sniff(chunks: list[bytes]) -> str:
    """Return the media type of a body whose own says nothing: SSE, JSON lines, or bare text."""
    body = b"".join(chunks).removeprefix(BOM).lstrip()
    if SSE_BEGIN.match(body):
        return SSE
    # A model may well write text that begins like JSON.
    return LINES if isinstance(decoded(body.partition(b"\n")[0]), dict) else TEXT
