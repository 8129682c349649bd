from __future__ import annotations

import struct
import time

from seatrial.conformance.subject.attach import frames
from seatrial.conformance.subject.logs import KEPT_BYTES, KEPT_FIRST, KEPT_LAST, LINE_BYTES, LogBook


def book() -> LogBook:
    return LogBook(time.monotonic())


def frame(number: int, payload: bytes) -> bytes:
    return struct.pack(">BxxxL", number, len(payload)) + payload


def test_lines_split_over_chunks_are_one_line():
    log = book()
    log.feed(b"one\ntw")
    log.feed(b"o\nthree")
    log.end()
    assert [line.text for line in log.lines] == ["one", "two", "three"]


def test_streams_do_not_mix():
    log = book()
    log.feed(b"ha", "stdout")
    log.feed(b"oops\n", "stderr")
    log.feed(b"lf\n", "stdout")
    assert [(line.stream, line.text) for line in log.lines] == [("stderr", "oops"), ("stdout", "half")]


def test_the_end_of_one_stream_leaves_the_other_open():
    log = book()
    log.feed(b"unfin", "stdout")
    log.feed(b"last words", "stderr")
    log.end("stderr")
    log.feed(b"ished\n", "stdout")
    assert [line.text for line in log.lines] == ["last words", "unfinished"]


def test_a_flood_keeps_its_first_and_last_lines_and_counts_the_rest():
    log = book()
    count = 100_000
    for start in range(0, count, 1000):
        log.feed(b"".join(b"%d\n" % number for number in range(start, start + 1000)))
    lines = log.lines
    assert lines[0].text == "0"
    assert lines[KEPT_FIRST - 1].text == str(KEPT_FIRST - 1)
    assert lines[-1].text == str(count - 1)
    assert len(lines) == KEPT_FIRST + KEPT_LAST
    assert log.summary().dropped_lines == count - len(lines)
    assert log.total_bytes == sum(len(f"{number}\n") for number in range(count))


def test_a_flood_of_long_lines_is_bounded_in_bytes():
    log = book()
    for _ in range(100):
        log.feed(b"x" * 1_000_000 + b"\n")
    kept = sum(len(line.text) for line in log.lines)
    assert kept <= 2 * KEPT_BYTES + 4 * LINE_BYTES
    assert all(line.cut for line in log.lines)


def test_a_line_without_an_end_is_cut_and_said_to_be():
    log = book()
    for _ in range(100):
        log.feed(b"y" * 10_000)
    assert log.lines
    assert all(line.cut and len(line.text) == LINE_BYTES for line in log.lines)


def test_waiting_for_lines_ends_when_they_come():
    log = book()
    log.feed(b"one\n")
    assert log.wait_for_lines(0, timeout=0.1)
    assert not log.wait_for_lines(1, timeout=0.01)


def test_bytes_that_are_no_text_are_kept_readable():
    log = book()
    log.feed(b"\xff\xfe caf\xc3\xa9\r\n")
    assert log.lines[0].text == "\ufffd\ufffd caf\u00e9"


def test_frames_of_the_engine_may_break_anywhere():
    whole = frame(1, b"out one\n") + frame(2, b"err\n") + frame(1, b"out two\n") + frame(1, b"")
    for size in range(1, len(whole)):
        log, rest = book(), b""
        for at in range(0, len(whole), size):
            rest = frames(rest + whole[at : at + size], log)
        assert rest == b""
        assert sorted((line.stream, line.text) for line in log.lines) == [
            ("stderr", "err"),
            ("stdout", "out one"),
            ("stdout", "out two"),
        ]
