"""Frames are written as asked, and read as they are, right or wrong."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from wsproto.frame_protocol import FrameProtocol

from seatrial.conformance.wire.frames import Frame, FrameReader, Opcode, close_payload, mask, read_close
from seatrial.conformance.wire.hearing import Ear
from seatrial.conformance.wire.redact import Redactor

EXAMPLES = [
    (Frame(Opcode.TEXT, b"Hello", masked=False), "810548656c6c6f"),
    (Frame(Opcode.TEXT, b"Hel", fin=False, masked=False), "010348656c"),
    (Frame(Opcode.CONTINUATION, b"lo", masked=False), "80026c6f"),
    (Frame(Opcode.PING, b"Hello", masked=False), "890548656c6c6f"),
]
"""Of RFC 6455, section 5.7."""


@pytest.mark.parametrize(("frame", "bytes_of_it"), EXAMPLES)
def test_the_examples_of_the_rfc_are_written_and_read(frame: Frame, bytes_of_it: str):
    assert frame.encode().hex() == bytes_of_it
    assert FrameReader().feed(bytes.fromhex(bytes_of_it)) == [frame]


def test_the_masked_example_of_the_rfc_is_read():
    assert FrameReader().feed(bytes.fromhex("818537fa213d7f9f4d5158")) == [Frame(Opcode.TEXT, b"Hello")]
    assert mask(b"Hello", bytes.fromhex("37fa213d")).hex() == "7f9f4d5158"


@given(st.sampled_from([0, 125, 126, 65_535, 65_536]), st.integers(1, 4096), st.booleans())
def test_what_is_written_is_read_again_however_it_is_cut(length: int, piece: int, masked: bool):
    frame = Frame(Opcode.BINARY, b"x" * length, masked=masked)
    data, reader = frame.encode(), FrameReader()
    read = [one for at in range(0, len(data), piece) for one in reader.feed(data[at : at + piece])]
    assert read == [frame]


@given(st.binary(max_size=70_000))
def test_a_library_that_checks_everything_reads_what_is_written(payload: bytes):
    peer = FrameProtocol(client=False, extensions=[])
    peer.receive_bytes(Frame(Opcode.BINARY, payload).encode())
    assert b"".join(bytes(frame.payload) for frame in peer.received_frames()) == payload


def test_a_frame_longer_than_is_taken_in_is_a_fault_and_not_waited_for():
    reader = FrameReader(most=1000)
    assert reader.feed(Frame(Opcode.TEXT, b"x" * 1001, masked=False).encode()[:10]) == []
    assert "1,001 bytes long" in reader.fault


def test_a_close_frame_has_a_code_and_a_reason_or_neither():
    assert read_close(close_payload(1011, "why")) == (1011, b"why")
    assert read_close(b"") == read_close(b"\x03") == (None, b"")


@pytest.mark.parametrize(
    ("frames", "fault"),
    [
        ([Frame(Opcode.TEXT, b"a")], "masked"),
        ([Frame(Opcode.TEXT, b"a", masked=False, reserved=4)], "reserved bits 100"),
        ([Frame(0x3, b"a", masked=False)], "unknown opcode 0x3"),
        ([Frame(Opcode.PING, b"a", fin=False, masked=False)], "ping frame was fragmented"),
        ([Frame(Opcode.PONG, b"a" * 126, masked=False)], "126 bytes"),
        ([Frame(Opcode.CONTINUATION, b"a", masked=False)], "without a message"),
        (
            [Frame(Opcode.TEXT, b"a", fin=False, masked=False), Frame(Opcode.TEXT, b"b", masked=False)],
            "before the frag",
        ),
        ([Frame(Opcode.CLOSE, b"a", masked=False)], "one byte"),
        ([Frame(Opcode.CLOSE, close_payload(1006), masked=False)], "code 1006"),
        ([Frame(Opcode.CLOSE, close_payload(2000), masked=False)], "code 2000"),
        ([Frame(Opcode.CLOSE, close_payload(1000) + b"\xff", masked=False)], "not UTF-8"),
    ],
)
def test_what_the_rfc_forbids_is_noted(frames: list[Frame], fault: str):
    ear = Ear(Redactor())
    for frame in frames:
        ear.take(frame, 0.0)
    assert len(ear.faults) == 1
    assert fault in ear.faults[0]


def test_fragments_are_joined_around_a_ping_and_counted():
    ear = Ear(Redactor())
    frames = [
        Frame(Opcode.TEXT, b"\xc3", fin=False, masked=False),
        Frame(Opcode.PING, b"", masked=False),
        Frame(Opcode.CONTINUATION, b"\xa9", masked=False),
    ]
    heard = [one for frame in frames if (one := ear.take(frame, 1.0))]
    assert [one.kind for one in heard] == ["ping", "text"]
    assert (heard[1].body.text, heard[1].frames, heard[1].utf8, ear.faults) == ("é", 2, True, [])


def test_a_text_that_is_no_utf8_is_noted_and_kept():
    heard = Ear(Redactor()).take(Frame(Opcode.TEXT, b"\xff", masked=False), 0.0)
    assert heard is not None
    assert not heard.utf8
