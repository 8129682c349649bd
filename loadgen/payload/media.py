"""Media types of request bodies: from a suffix, from the user, or from the bytes themselves."""

from __future__ import annotations

import mimetypes
import re
from typing import TYPE_CHECKING

import msgspec

from seatrial.loadgen.mistakes import UsageError

if TYPE_CHECKING:
    from pathlib import PurePath

__all__ = ["BINARY", "CSV", "JSON", "asks_to_stream", "checked_media", "media_of"]

JSON, CSV, BINARY = "application/json", "text/csv", "application/octet-stream"
SUFFIXES = {
    ".json": JSON, ".csv": CSV, ".jsonl": "application/jsonlines", ".txt": "text/plain", ".npy": "application/x-npy",
    ".libsvm": "text/libsvm", ".parquet": "application/x-parquet", ".bin": BINARY,
}  # fmt: skip
TYPE = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+/[!#$%&'*+.^_`|~0-9A-Za-z-]+(\s*;[\x20-\x7e]*)?")


def media_of(name: PurePath, body: bytes) -> str:
    """Return the media type of a file: by its suffix, else JSON where it is JSON, else octet-stream."""
    return (
        SUFFIXES.get(name.suffix.lower()) or mimetypes.guess_type(name.name)[0] or (JSON if _is_json(body) else BINARY)
    )


def checked_media(text: str, where: str) -> str:
    """Return a media type as it was given.

    Args:
        text: `text/csv`, parameters may follow.
        where: the option, or file and line, for the message.

    Raises:
        UsageError: it is no media type.
    """
    if not TYPE.fullmatch(text.strip()):
        raise UsageError(f"{where}: {text!r} is no media type; write one such as {JSON} or {CSV}.")
    return text.strip()


def asks_to_stream(body: bytes) -> bool:
    """Say whether a body is a JSON object with `"stream": true`, as the LLM APIs ask for a stream."""
    if b'"stream"' not in body:
        return False
    try:
        return msgspec.json.decode(body, type=_Asks).stream is True
    except msgspec.DecodeError:
        return False


class _Asks(msgspec.Struct):
    stream: object = None


def _is_json(body: bytes) -> bool:
    try:
        msgspec.json.decode(body, type=msgspec.Raw)
    except msgspec.DecodeError:
        return False
    return True
