"""Writes frames of `application/vnd.amazon.eventstream`; that botocore reads them is what the tests prove first."""

from __future__ import annotations

import json
import struct
import uuid
from binascii import crc32
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["Byte", "Short", "exception", "frame", "payload_part"]


@dataclass(frozen=True)
class Byte:
    """A header of one byte."""

    value: int


@dataclass(frozen=True)
class Short:
    """A header of two bytes."""

    value: int


Value = bool | Byte | Short | int | bytes | str | datetime | uuid.UUID


def frame(headers: Mapping[str, Value], payload: bytes) -> bytes:
    """Return one frame. An int becomes 4 bytes where it fits, else 8."""
    lines = b"".join(bytes([len(name.encode())]) + name.encode() + _value(value) for name, value in headers.items())
    prelude = struct.pack("!II", 16 + len(lines) + len(payload), len(lines))
    message = prelude + struct.pack("!I", crc32(prelude)) + lines + payload
    return message + struct.pack("!I", crc32(message))


def payload_part(data: bytes) -> bytes:
    """Return a piece of a model's stream as SageMaker sends it."""
    kind = {":message-type": "event", ":event-type": "PayloadPart", ":content-type": "application/octet-stream"}
    return frame(kind, data)


def exception(name: str, **fields: str) -> bytes:
    """Return the end of a stream that the model or the platform broke off."""
    kind = {":message-type": "exception", ":exception-type": name, ":content-type": "application/json"}
    return frame(kind, json.dumps(fields).encode())


def _value(value: Value) -> bytes:
    match value:
        case bool():
            return b"\x00" if value else b"\x01"
        case Byte():
            return struct.pack("!Bb", 2, value.value)
        case Short():
            return struct.pack("!Bh", 3, value.value)
        case int():
            return struct.pack("!Bi", 4, value) if -(2**31) <= value < 2**31 else struct.pack("!Bq", 5, value)
        case bytes():
            return struct.pack("!BH", 6, len(value)) + value
        case str():
            return struct.pack("!BH", 7, len(value.encode())) + value.encode()
        case datetime():
            return struct.pack("!Bq", 8, round(value.astimezone(UTC).timestamp() * 1000))
        case uuid.UUID():
            return b"\x09" + value.bytes
