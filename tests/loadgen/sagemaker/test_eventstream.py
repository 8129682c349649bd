"""Frames of an event stream are read as botocore reads them, wherever the stream is cut; damaged ones are refused."""

from __future__ import annotations

import struct
import uuid
from binascii import crc32
from datetime import UTC, datetime

import pytest
from botocore.eventstream import EventStreamBuffer
from hypothesis import given, settings
from hypothesis import strategies as st
from support.frames import Byte, Short, exception, frame, payload_part

from seatrial.loadgen.sagemaker.eventstream import BadFrame, Frame, FrameParser

EVERY_TYPE = {
    "true": True, "false": False, "byte": Byte(-128), "short": Short(-32768), "int": -(2**31), "long": 2**40,
    "bytes": b"\x00\xff", "text": "grüße", "time": datetime(2026, 1, 2, 3, 4, 5, 6000, tzinfo=UTC),
    "before 1970": datetime(1969, 12, 31, 23, 59, 59, tzinfo=UTC), "uuid": uuid.UUID(int=2**127 + 1),
}  # fmt: skip
STREAM = payload_part(b"data: {") + payload_part(b"") + payload_part(b"}\n\n") + frame(EVERY_TYPE, b"\x00" * 7)
VALUES = st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.binary(max_size=9) | st.text(max_size=9)
FRAMES = st.lists(st.tuples(st.dictionaries(st.text(min_size=1, max_size=8), VALUES, max_size=4), st.binary()))


def by_botocore(data: bytes) -> list[tuple[dict[str, object], bytes]]:
    buffer = EventStreamBuffer()
    buffer.add_data(data)
    return [(message.headers, message.payload) for message in buffer]


def by_us(pieces: list[bytes]) -> list[Frame]:
    parser = FrameParser()
    return [found for piece in pieces for found in parser.feed(piece)]


def comparable(frames: list[Frame]) -> list[tuple[dict[str, object], bytes]]:
    """botocore leaves a uuid as its bytes."""
    return [
        ({name: value.bytes if isinstance(value, uuid.UUID) else value for name, value in headers.items()}, payload)
        for headers, payload in frames
    ]


def test_botocore_reads_what_the_tests_write():
    (headers, payload), = by_botocore(frame(EVERY_TYPE, b"body"))  # fmt: skip
    assert payload == b"body"
    assert headers == {
        "true": True, "false": False, "byte": -128, "short": -32768, "int": -(2**31), "long": 2**40,
        "bytes": b"\x00\xff", "text": "grüße", "time": 1767323045006,
        "before 1970": -1000, "uuid": uuid.UUID(int=2**127 + 1).bytes,
    }  # fmt: skip


def test_a_stream_that_is_cut_at_any_byte_gives_the_frames_that_botocore_gives():
    right = by_botocore(STREAM)
    assert len(right) == 4
    for cut in range(len(STREAM) + 1):
        assert comparable(by_us([STREAM[:cut], STREAM[cut:]])) == right


def test_a_stream_that_comes_byte_by_byte_gives_each_frame_with_its_last_byte():
    parser = FrameParser()
    given_at = [at for at in range(len(STREAM)) for _ in parser.feed(STREAM[at : at + 1])]
    ends = [len(payload_part(b"data: {")) - 1]
    ends.append(ends[-1] + len(payload_part(b"")))
    ends.append(ends[-1] + len(payload_part(b"}\n\n")))
    assert given_at == [*ends, len(STREAM) - 1]
    assert parser.pending == 0


@settings(max_examples=80, deadline=None)
@given(frames=FRAMES, size=st.integers(1, 40))
def test_frames_of_any_content_are_read_as_botocore_reads_them(
    frames: list[tuple[dict[str, bool | int | bytes | str], bytes]], size: int
):
    data = b"".join(frame(headers, payload) for headers, payload in frames)
    pieces = [data[at : at + size] for at in range(0, len(data), size)]
    assert comparable(by_us(pieces)) == by_botocore(data) == frames


def test_every_flipped_byte_is_found():
    good = exception("ModelStreamError", Message="gone")
    for at in range(len(good)):
        bad = good[:at] + bytes([good[at] ^ 0x10]) + good[at + 1 :]
        with pytest.raises(BadFrame, match="checksum"):
            by_us([bad])


def test_frames_before_a_damaged_one_are_kept():
    seen = []
    damaged = bytearray(payload_part(b"two"))
    damaged[-1] ^= 1
    with pytest.raises(BadFrame, match="checksum of a frame does not hold"):
        seen.extend(found.payload for found in FrameParser().feed(payload_part(b"one") + bytes(damaged)))
    assert seen == [b"one"]


@pytest.mark.parametrize(
    ("headers", "total", "named"),
    [
        (0, 15, "which cannot be"),
        (0, 0, "which cannot be"),
        (5, 16, "which cannot be"),
        (128 * 1024 + 1, 128 * 1024 + 17, "which cannot be"),
        (0, 24 * 1024 * 1024 + 17, "which cannot be"),
    ],
)
def test_lengths_that_cannot_be_are_refused_at_once(headers: int, total: int, named: str):
    prelude = struct.pack("!II", total, headers)
    with pytest.raises(BadFrame, match=named):
        by_us([prelude + struct.pack("!I", crc32(prelude))])


@pytest.mark.parametrize(
    ("lines", "named"),
    [
        (b"\x01a\x0a", "unknown type 10"),
        (b"\x05ab", "cannot be read"),
        (b"\x01a", "cannot be read"),
        (b"\x01a\x04\x00", "cannot be read"),
        (b"\x01a\x07\x00\x05ab", "cannot be read"),
        (b"\x01a\x07\x00\x01\xff", "cannot be read"),
        (b"\x01a\x09short", "cannot be read"),
        (b"\x01a\x00\x01a\x00", "'a' twice"),
    ],
)
def test_headers_that_cannot_be_read_are_refused(lines: bytes, named: str):
    prelude = struct.pack("!II", 16 + len(lines), len(lines))
    message = prelude + struct.pack("!I", crc32(prelude)) + lines
    with pytest.raises(BadFrame, match=named):
        by_us([message + struct.pack("!I", crc32(message))])
