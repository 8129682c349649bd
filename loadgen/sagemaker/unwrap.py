"""Takes the event stream off a kept answer, so that a reader of SSE works on the model's own bytes."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, NamedTuple

from seatrial.loadgen.fault import Fault
from seatrial.loadgen.sagemaker.eventstream import EVENT_STREAM, BadFrame, Frame, FrameParser

if TYPE_CHECKING:
    from seatrial.loadgen.traffic import Answer

__all__ = ["EVENT_STREAM", "Unwrapped", "unwrap"]


class Unwrapped(NamedTuple):
    """What an event stream carried.

    Attributes:
        parts: pieces of the model's own stream, cut without regard to its borders.
        stamps: when each could be used, ns: the arrival of the read that completed its frame; as many as `parts`.
        fault: `STREAM_ERROR` where the model or the platform broke the stream off, `BAD_BODY` where frames are
            damaged, `TRUNCATED` where the answer ended inside a frame, else `NONE`. Parts before it are kept.
        example: what the fault says of itself.
    """

    parts: list[bytes]
    stamps: list[int]
    fault: Fault = Fault.NONE
    example: str = ""


def unwrap(answer: Answer) -> Unwrapped:
    """Return the payload parts of an answer whose media type is `EVENT_STREAM`.

    Whether an answer that ended between two frames is whole, its own `whole` says.
    """
    parser = FrameParser()
    parts: list[bytes] = []
    stamps: list[int] = []
    for chunk, stamp in zip(answer.chunks, answer.stamps, strict=True):
        try:
            for frame in parser.feed(chunk):
                if trouble := _trouble(frame):
                    return Unwrapped(parts, stamps, Fault.STREAM_ERROR, trouble)
                if frame.headers.get(":event-type") == "PayloadPart":
                    parts.append(frame.payload)
                    stamps.append(stamp)
        except BadFrame as bad:
            return Unwrapped(parts, stamps, Fault.BAD_BODY, f"event stream: {bad}")
    if parser.pending:
        return Unwrapped(parts, stamps, Fault.TRUNCATED, f"event stream: ended {parser.pending} bytes into a frame")
    return Unwrapped(parts, stamps)


def _trouble(frame: Frame) -> str:
    """Return what an exception or error frame says; empty for every other frame.

    Exceptions of the operation are ModelStreamError and InternalStreamFailure (`service-2.json` in botocore).
    """
    match frame.headers.get(":message-type"):
        case "exception":
            return f"{_text(frame, ':exception-type') or 'exception'}: {_message(frame.payload)}"
        case "error":
            return f"{_text(frame, ':error-code') or 'error'}: {_text(frame, ':error-message')}"
    return ""


def _text(frame: Frame, header: str) -> str:
    value = frame.headers.get(header)
    return value if isinstance(value, str) else ""


def _message(payload: bytes) -> str:
    text = payload.decode(errors="replace")
    try:
        said = json.loads(text)
    except ValueError:
        return text
    if not isinstance(said, dict):
        return text
    message = next((said[name] for name in ("Message", "message") if name in said), text)
    code = said.get("ErrorCode")
    return f"{message} ({code})" if code else str(message)
