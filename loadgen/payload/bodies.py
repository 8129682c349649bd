"""`--body FILE`: request bodies from files, sent as they are, one after the other."""

from __future__ import annotations

import sys
from pathlib import Path, PurePath
from typing import TYPE_CHECKING

import numpy as np

from seatrial.loadgen.mistakes import UsageError
from seatrial.loadgen.payload.media import asks_to_stream, checked_media, media_of
from seatrial.loadgen.payload.payloads import Payloads

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import BinaryIO

__all__ = ["from_bodies"]


def from_bodies(
    texts: Sequence[str], *, content_type: str | None, streams: bool = False, stdin: BinaryIO | None = None
) -> Payloads:
    """Read the bodies.

    Args:
        texts: `FILE`, `FILE;type=text/csv`, or `-` for the standard input, each with a type or not.
        content_type: of those that name none; None: by suffix.
        streams: whether the answers are streams even where no body asks for one.
        stdin: the standard input; None: the process's own.

    Raises:
        UsageError: a file cannot be read, or what follows the semicolon is no media type.
    """
    read = [_read(text, content_type, stdin) for text in texts]
    bodies, media = tuple(body for _, body, _ in read), tuple(kind for _, _, kind in read)
    title = read[0][0] if len(read) == 1 else f"{len(read)} bodies in turn: {', '.join(name for name, _, _ in read)}"
    if len(read) == 1:
        title += f", {len(bodies[0])} bytes of {media[0]}"
    return Payloads(bodies, media, np.ones(len(read)), title, streams or any(map(asks_to_stream, bodies)))


def _read(text: str, content_type: str | None, stdin: BinaryIO | None) -> tuple[str, bytes, str]:
    """Return name, body and media type."""
    name, separator, kind = text.rpartition(";type=")
    if not separator:
        name, kind = text, ""
    if name == "-":
        title, path, body = "standard input", PurePath("stdin"), (stdin or sys.stdin.buffer).read()
    else:
        title, path, body = Path(name).name, PurePath(name), _bytes(name)
    if separator:
        return title, body, checked_media(kind, f"--body {text}")
    return title, body, checked_media(content_type, "--content-type") if content_type else media_of(path, body)


def _bytes(name: str) -> bytes:
    try:
        return Path(name).read_bytes()
    except OSError as error:
        raise UsageError(
            f"--body {name} cannot be read ({error.strerror}); name a file that holds a request body, or - for stdin."
        ) from None
    except ValueError as error:  # a NUL in the name
        raise UsageError(f"--body {name!r} is no file name ({error}); name a file that holds a request body.") from None
