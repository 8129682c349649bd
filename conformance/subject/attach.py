"""The output of a container, read from before its first byte.

Following a container's log after its start loses up to three quarters of a flood, because the engine rotates the file
under the reader. An attached stream loses nothing, as long as somebody reads it: one thread here does nothing else.
"""

from __future__ import annotations

import contextlib
import struct
import threading
from typing import TYPE_CHECKING, Any

from docker.utils.socket import read

if TYPE_CHECKING:
    from docker.models.containers import Container

    from seatrial.conformance.subject.logs import LogBook

__all__ = ["Drain", "frames"]

CHUNK = 1 << 18
HEADER = struct.Struct(">BxxxL")
STREAMS = {1: "stdout", 2: "stderr"}


class Drain:
    """Reads everything a container writes into a book until the stream ends.

    Args:
        container: created and not yet started.
        book: where the output goes.
    """

    def __init__(self, container: Container, book: LogBook) -> None:
        self._socket: Any = container.attach_socket(params={"stdout": 1, "stderr": 1, "stream": 1})
        self._book = book
        self._thread = threading.Thread(target=self._run, name=f"log {container.short_id}", daemon=True)
        self._thread.start()

    def _run(self) -> None:
        rest = b""
        # The engine may drop the connection in the middle of anything when the container is removed.
        with contextlib.suppress(OSError, ValueError):
            while chunk := read(self._socket, CHUNK):
                rest = frames(rest + chunk, self._book)
        self._book.end()

    def join(self, timeout: float) -> bool:
        """Wait for the end of the stream; whether it came within `timeout` seconds."""
        self._thread.join(timeout)
        return not self._thread.is_alive()

    def close(self) -> None:
        """Let go of the stream, whether or not it has ended."""
        with contextlib.suppress(OSError):
            self._socket.close()


def frames(data: bytes, book: LogBook) -> bytes:
    """Feed the frames of `data` to `book`, neighbours of one stream together.

    Returns:
        What is left of the last frame's header; a payload is fed as far as it came (its rest gets a new header).
    """
    at, parts, current = 0, list[bytes](), ""
    while len(data) - at >= HEADER.size:
        number, length = HEADER.unpack_from(data, at)
        begin = at + HEADER.size
        stream = STREAMS.get(number, "stdout")
        if stream != current and parts:
            book.feed(b"".join(parts), current)
            parts = []
        current = stream
        parts.append(data[begin : begin + length])
        missing = begin + length - len(data)
        if missing > 0:
            book.feed(b"".join(parts), current)
            return HEADER.pack(number, missing)
        at = begin + length
    if parts:
        book.feed(b"".join(parts), current)
    return data[at:]
