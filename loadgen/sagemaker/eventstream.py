"""The frames of `application/vnd.amazon.eventstream`, in which InvokeEndpointWithResponseStream answers.

A frame is: total length, headers' length, CRC of these two, headers, payload, CRC of all. A frame carries a piece of
the model's own stream and keeps none of its borders: an SSE event may lie in two frames, and a frame in two reads. So
the frames are taken off first, and what reads the inner stream sees its bytes with the times at which they could be
used: the read that completed their frame.

Source: smithy:eventstream (Amazon Event Stream Specification); limits as in `botocore.eventstream`.
"""

from __future__ import annotations

import struct
import uuid
from typing import TYPE_CHECKING, NamedTuple
from zlib import crc32

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["EVENT_STREAM", "BadFrame", "Frame", "FrameParser", "HeaderValue"]

EVENT_STREAM = "application/vnd.amazon.eventstream"
"""The media type."""

HeaderValue = bool | int | bytes | str | uuid.UUID
"""A header's value; a timestamp is an int, ms since the epoch."""

_PRELUDE = struct.Struct("!III")
_CRC = struct.Struct("!I")
_MOST_HEADERS = 128 * 1024
_MOST_PAYLOAD = 24 * 1024 * 1024
_INTEGERS = {2: struct.Struct("!b"), 3: struct.Struct("!h"), 4: struct.Struct("!i"), 5: struct.Struct("!q")} | {
    8: struct.Struct("!q")
}
_LENGTH = struct.Struct("!H")


class BadFrame(Exception):
    """Bytes that are no frame: what does not hold, in words."""


class Frame(NamedTuple):
    """One message: headers by name, and its payload."""

    headers: dict[str, HeaderValue]
    payload: bytes


class FrameParser:
    """Takes frames off a stream of bytes, however it is cut.

    Attributes:
        pending: bytes of a frame that has not ended yet.
    """

    def __init__(self) -> None:
        self._buffer = bytearray()

    @property
    def pending(self) -> int:
        """How many bytes wait for the rest of their frame."""
        return len(self._buffer)

    def feed(self, data: bytes) -> Iterator[Frame]:
        """Yield the frames that these bytes complete.

        Raises:
            BadFrame: a checksum, length or header does not hold, after the frames before it were yielded. The stream
                cannot be read on.
        """
        self._buffer += data
        at = 0
        while (end := _end_of_frame(self._buffer, at)) is not None:
            frame = _read_frame(bytes(self._buffer[at:end]))
            at = end
            yield frame
        del self._buffer[:at]


def _end_of_frame(buffer: bytearray, at: int) -> int | None:
    """Return where the frame ends that begins at an offset; None while not all of it is there."""
    if len(buffer) - at < _PRELUDE.size:
        return None
    total, headers, crc = _PRELUDE.unpack_from(buffer, at)
    if crc32(buffer[at : at + 8]) != crc:
        raise BadFrame("the checksum of a frame's prelude does not hold")
    payload = total - headers - _PRELUDE.size - _CRC.size
    if headers > _MOST_HEADERS or not 0 <= payload <= _MOST_PAYLOAD:
        raise BadFrame(f"a frame says that it has {total} bytes with {headers} of headers, which cannot be")
    return at + total if len(buffer) - at >= total else None


def _read_frame(data: bytes) -> Frame:
    _, headers, _ = _PRELUDE.unpack_from(data)
    if crc32(data[: -_CRC.size]) != _CRC.unpack_from(data, len(data) - _CRC.size)[0]:
        raise BadFrame("the checksum of a frame does not hold")
    begin = _PRELUDE.size + headers
    try:
        return Frame(_read_headers(data[_PRELUDE.size : begin]), data[begin : -_CRC.size])
    except (IndexError, struct.error, UnicodeDecodeError, ValueError):
        raise BadFrame("the headers of a frame cannot be read") from None


def _read_headers(data: bytes) -> dict[str, HeaderValue]:
    headers: dict[str, HeaderValue] = {}
    at = 0
    while at < len(data):
        name, at = _take(data, at + 1, data[at])
        kind = data[at]
        value, at = _read_value(kind, data, at + 1)
        key = name.decode()
        if key in headers:
            raise BadFrame(f"a frame has the header {key!r} twice")
        headers[key] = value
    return headers


def _read_value(kind: int, data: bytes, at: int) -> tuple[HeaderValue, int]:
    """Return a value and where it ends. Kinds 0 and 1 are true and false, 2 to 5 and 8 are integers."""
    if kind in {0, 1}:
        return kind == 0, at
    if integer := _INTEGERS.get(kind):
        return integer.unpack_from(data, at)[0], at + integer.size
    if kind in {6, 7}:
        (length,) = _LENGTH.unpack_from(data, at)
        value, end = _take(data, at + _LENGTH.size, length)
        return (value if kind == 6 else value.decode()), end
    if kind == 9:
        value, end = _take(data, at, 16)
        return uuid.UUID(bytes=value), end
    raise BadFrame(f"a frame has a header of the unknown type {kind}")


def _take(data: bytes, at: int, length: int) -> tuple[bytes, int]:
    if at + length > len(data):
        raise IndexError
    return data[at : at + length], at + length
