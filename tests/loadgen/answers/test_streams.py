"""The events of a streamed body: the same however it is cut, each with the stamp of the piece that brought its end."""

from __future__ import annotations

import re
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seatrial.loadgen.answers.streams import Event, json_lines, sniff, sse_events, text_pieces

TEXT = st.characters(exclude_characters="\r\n", codec="utf-8")
LINES = st.one_of(
    st.sampled_from([b"", b"", b"data", b"data:", b"event: error", b"event:", b"event", b": ping", b":", b"id: 7",
                     b"retry: 10", b"bogus", b" data: x", b"data : x", b"data: [DONE]"]),
    st.builds(lambda text: b"data: " + text.encode(), st.text(TEXT, max_size=8)),
    st.builds(lambda text: b"data:" + text.encode(), st.text("ab :{}", max_size=5)),
)  # fmt: skip
ENDS = st.sampled_from([b"\n", b"\n", b"\r\n", b"\r"])


@st.composite
def bodies(draw: st.DrawFn) -> bytes:
    """A body of lines with any of the three ends, with or without a byte order mark and a last end."""
    lines = draw(st.lists(st.tuples(LINES, ENDS), max_size=16))
    body = draw(st.sampled_from([b"", b"", b"\xef\xbb\xbf"])) + b"".join(line + end for line, end in lines)
    return body[: len(body) - draw(st.integers(0, min(3, len(body))))]


@st.composite
def cut_bodies(draw: st.DrawFn) -> tuple[bytes, list[bytes], list[int]]:
    """A body, and it in pieces; neighbouring pieces may have come in one read."""
    body = draw(bodies())
    after_events = [found.end() for found in re.finditer(rb"\n\n", body)] if draw(st.booleans()) else []
    cuts = sorted({*draw(st.lists(st.integers(0, len(body)), max_size=10)), *after_events})
    chunks = [body[a:b] for a, b in pairwise([0, *cuts, len(body)])]
    gaps = draw(st.lists(st.sampled_from([0, 1, 10]), min_size=len(chunks), max_size=len(chunks)))
    return body, chunks, [1000 + sum(gaps[: i + 1]) for i in range(len(chunks))]


class ByteByByte:
    """The standard's own way of reading, one byte at a time, that shares nothing with what is tested."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        self.line, self.data, self.kind = bytearray(), [], b""
        self.after_cr = False
        self.read = b""

    def feed(self, byte: bytes, stamp: int) -> None:
        self.read += byte
        if self.read == b"\xef\xbb\xbf":
            self.line.clear()
        elif byte == b"\n" and self.after_cr:
            self.after_cr = False
        elif byte in {b"\r", b"\n"}:
            self.after_cr = byte == b"\r"
            self.end_line(stamp)
        else:
            self.after_cr = False
            self.line += byte

    def end_line(self, stamp: int) -> None:
        line = bytes(self.line)
        self.line.clear()
        if not line:
            self.dispatch(stamp)
            return
        name, _, value = line.partition(b":")
        value = value.removeprefix(b" ")
        if name == b"data":
            self.data.append(value)
        elif name == b"event":
            self.kind = value

    def dispatch(self, stamp: int) -> None:
        if self.data:
            self.events.append(Event(b"\n".join(self.data), self.kind.decode(), stamp))
        self.data, self.kind = [], b""


def byte_by_byte(chunks: list[bytes], stamps: list[int], *, whole: bool) -> list[Event]:
    reader, last = ByteByByte(), 0
    for chunk, stamp in zip(chunks, stamps, strict=True):
        for number in chunk:
            reader.feed(bytes([number]), stamp)
            last = stamp
    if whole:
        if reader.line:
            reader.end_line(last)
        reader.dispatch(last)
    return reader.events


@settings(max_examples=400, deadline=None)
@given(cut_bodies(), st.booleans())
def test_events_and_stamps_are_those_of_the_standard_s_way_of_reading(
    cut: tuple[bytes, list[bytes], list[int]], whole: bool
):
    _, chunks, stamps = cut
    assert sse_events(chunks, stamps, whole=whole) == byte_by_byte(chunks, stamps, whole=whole)


@settings(deadline=None)
@given(cut_bodies())
def test_any_cutting_gives_the_same_events_with_rising_stamps(cut: tuple[bytes, list[bytes], list[int]]):
    body, chunks, stamps = cut
    for read in (sse_events, json_lines):
        events, in_one = read(chunks, stamps), read([body], [5])
        assert [(event.data, event.kind) for event in events] == [(event.data, event.kind) for event in in_one]
        assert all(a.stamp <= b.stamp for a, b in pairwise(events))


def test_an_event_is_stamped_with_the_read_that_ended_it():
    chunks = [b"data: a\n", b"\ndata: b\n\nda", b"ta: c\r", b"\n\r", b"\n"]
    assert sse_events(chunks, [1, 2, 3, 4, 5]) == [Event(b"a", "", 2), Event(b"b", "", 2), Event(b"c", "", 4)]


def test_an_event_has_all_its_lines_and_its_kind():
    body = b": hello\nevent: error\nid: 1\ndata: a\ndata:  b\ndata\n\ndata: c\n\n"
    assert sse_events([body], [1]) == [Event(b"a\n b\n", "error", 1), Event(b"c", "", 1)]


def test_an_event_that_was_cut_off_counts_only_where_the_body_is_whole():
    assert sse_events([b"data: a\n\ndata: [DO", b"NE]"], [1, 2]) == [Event(b"a", "", 1), Event(b"[DONE]", "", 2)]
    assert sse_events([b"data: a\n\ndata: [DO", b"NE]"], [1, 2], whole=False) == [Event(b"a", "", 1)]


def test_json_lines_are_stamped_with_their_line_end():
    chunks = [b'{"a": 1}', b'\n{"b"', b": 2}\r\n\r\n", b'{"c": 3}']
    events = [Event(b'{"a": 1}', "", 2), Event(b'{"b": 2}', "", 3), Event(b'{"c": 3}', "", 4)]
    assert json_lines(chunks, [1, 2, 3, 4]) == events
    assert json_lines(chunks, [1, 2, 3, 4], whole=False) == events[:2]


def test_bare_text_has_the_borders_of_the_server_s_writes():
    assert text_pieces([b"Hel", b"", b"lo"], [1, 2, 3]) == [Event(b"Hel", "", 1), Event(b"lo", "", 3)]


@pytest.mark.parametrize(
    ("body", "form"),
    [
        (b"data: x\n\n", "text/event-stream"),
        (b"\xef\xbb\xbfdata: x\n\n", "text/event-stream"),
        (b": ping\n\ndata: x\n\n", "text/event-stream"),
        (b"event: a\ndata: x\n\n", "text/event-stream"),
        (b'{"token": {"text": "a"}}\n{"tok', "application/jsonlines"),
        (b'{\n  "answer": 1\n}', "text/plain"),
        (b"[1, 2]", "text/plain"),
        (b"dates: the 1st", "text/plain"),
        (b"", "text/plain"),
    ],
)
def test_a_body_without_a_telling_type_is_looked_at(body: bytes, form: str):
    assert sniff([body[:3], body[3:]]) == form
