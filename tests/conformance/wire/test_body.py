"""What is kept of a body, however it arrives in pieces."""

from __future__ import annotations

import hashlib
import json
import tracemalloc

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seatrial.conformance.wire.body import JSON_BYTES, BodyTally, body_of
from seatrial.conformance.wire.exchange import Body
from seatrial.conformance.wire.redact import Redactor

MASK = Redactor()
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


def in_pieces(data: bytes, size: int) -> Body:
    tally = BodyTally(MASK)
    for start in range(0, len(data), size):
        tally.add(data[start : start + size])
    return tally.body()


@given(st.binary(max_size=9000), st.integers(1, 5000))
@settings(deadline=None, database=None)
def test_pieces_add_up_to_the_whole(data: bytes, size: int):
    body = in_pieces(data, size)
    assert body == body_of(data, MASK)
    assert (body.length, body.sha256, body.cut) == (len(data), hashlib.sha256(data).hexdigest(), len(data) > 4096)


@given(values, st.integers(1, 50), st.booleans())
@settings(deadline=None, database=None)
def test_every_json_text_is_json(value: object, size: int, ascii_only: bool):
    data = json.dumps(value, ensure_ascii=ascii_only).encode()
    assert in_pieces(b" \r\n" + data + b"\n", size).json is True


NO_TEXT = (b'"\xff"', b'"\xe6\x97', b"\xef\xbb\xbf{}", b"\0")
NO_SYNTAX = (b"{", b"[1,]", b"{'a': 1}", b"NaN", b"[Infinity]", b"1 2", b"<html>", b" ", b"tru", b"[" * 100_000)


@pytest.mark.parametrize("data", [*NO_TEXT, *NO_SYNTAX], ids=lambda data: repr(data[:12]))
def test_what_is_no_json_is_not(data: bytes):
    assert body_of(data, MASK).json is False


def test_an_empty_body_was_not_tried():
    assert body_of(b"", MASK) == Body()


def test_large_json_is_checked_in_bounded_memory():
    piece = b"1," * 32_768
    for pieces, verdict in ((JSON_BYTES // len(piece) - 1, True), (JSON_BYTES // len(piece), None)):
        tracemalloc.start()
        tally = BodyTally(MASK)
        tally.add(b"[")
        for _ in range(pieces):
            tally.add(piece)
        tally.add(b"1]")
        assert tally.body().json is verdict
        assert tracemalloc.get_traced_memory()[1] < 4 * 2**20
        tracemalloc.stop()
