"""WebSocket frames (RFC 6455, section 5), byte for byte: written as asked, read without forgiving anything. No I/O.

It is our own because what a library corrects or refuses is what is judged here: a message split inside a character, a
ping between two fragments, a frame that the server should not have masked, a close without a code.
"""

from __future__ import annotations

import os
import struct
from dataclasses import dataclass
from enum import IntEnum

__all__ = ["CONTROL", "Frame", "FrameReader", "Opcode", "close_payload", "mask", "read_close"]

LONGEST_CONTROL = 125
TWO_BYTES, EIGHT_BYTES = 126, 127
MOST_BYTES = 64 * 2**20


class Opcode(IntEnum):
    """What a frame is."""

    CONTINUATION = 0x0
    TEXT = 0x1
    BINARY = 0x2
    CLOSE = 0x8
    PING = 0x9
    PONG = 0xA


CONTROL = frozenset({Opcode.CLOSE, Opcode.PING, Opcode.PONG})


@dataclass(frozen=True)
class Frame:
    """One frame.

    Attributes:
        opcode: an `Opcode`, or whatever number came.
        payload: its bytes, unmasked.
        fin: whether it ends its message.
        masked: whether it is masked: what a client sends has to be, what a server sends must not.
        reserved: the three reserved bits.
    """

    opcode: int
    payload: bytes = b""
    fin: bool = True
    masked: bool = True
    reserved: int = 0

    def encode(self) -> bytes:
        """The bytes on the wire, with a random mask where it is masked."""
        first = (0x80 if self.fin else 0) | self.reserved << 4 | self.opcode
        flag, length = (0x80 if self.masked else 0), len(self.payload)
        if length < TWO_BYTES:
            head = struct.pack("!BB", first, flag | length)
        elif length < 1 << 16:
            head = struct.pack("!BBH", first, flag | TWO_BYTES, length)
        else:
            head = struct.pack("!BBQ", first, flag | EIGHT_BYTES, length)
        if not self.masked:
            return head + self.payload
        key = os.urandom(4)
        return head + key + mask(self.payload, key)


def mask(payload: bytes, key: bytes) -> bytes:
    """The payload XORed with a key of four bytes; the same again undoes it."""
    length = len(payload)
    pad = (key * (length // 4 + 1))[:length]
    return (int.from_bytes(payload) ^ int.from_bytes(pad)).to_bytes(length)


def close_payload(code: int, reason: str = "") -> bytes:
    """The payload of a close frame."""
    return struct.pack("!H", code) + reason.encode()


def read_close(payload: bytes) -> tuple[int | None, bytes]:
    """The code and the reason of a close frame; no code where it is empty or cut short."""
    return (struct.unpack("!H", payload[:2])[0], payload[2:]) if len(payload) > 1 else (None, b"")


class FrameReader:
    """Cuts the bytes of a peer into frames.

    Args:
        most: bytes of the longest payload that is taken in.

    Attributes:
        fault: why nothing more can be read: the length cannot be right, or is more than is taken in; empty else.
    """

    def __init__(self, most: int = MOST_BYTES) -> None:
        self._most = most
        self._buffer = bytearray()
        self._needed = 2
        self.fault = ""

    def feed(self, data: bytes) -> list[Frame]:
        """Take bytes; the frames that are complete now."""
        self._buffer += data
        frames = []
        while not self.fault and len(self._buffer) >= self._needed and (frame := self._next()) is not None:
            frames.append(frame)
            self._needed = 2
        return frames

    def _next(self) -> Frame | None:
        """The frame at the beginning of the buffer, taken out of it; None where more bytes are needed."""
        first, second = self._buffer[0], self._buffer[1]
        masked, short = bool(second & 0x80), second & 0x7F
        wide = {TWO_BYTES: 2, EIGHT_BYTES: 8}.get(short, 0)
        head = 2 + wide + (4 if masked else 0)
        if len(self._buffer) < head:
            self._needed = head
            return None
        length = int.from_bytes(self._buffer[2 : 2 + wide]) if wide else short
        if length > self._most:
            self.fault = f"a frame says that it is {length:,} bytes long, more than the {self._most:,} taken in"
            return None
        if len(self._buffer) < head + length:
            self._needed = head + length
            return None
        payload = bytes(self._buffer[head : head + length])
        if masked:
            payload = mask(payload, bytes(self._buffer[head - 4 : head]))
        del self._buffer[: head + length]
        return Frame(first & 0x0F, payload, bool(first & 0x80), masked, (first >> 4) & 0x07)
