"""A bounded, thread-safe book of what an instance wrote, each line with its arrival time.

A subject may write 400 MB in seconds. Everything is drained so that it never blocks; what is kept is capped (the first
and the last part, in lines and in bytes), and the book says how much was dropped. Past the first part, output is kept
as the chunks it came in and only cut into lines when somebody looks: a flood costs a count of line ends, no more.
Launchers feed it; scenarios and reports read it.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from dataclasses import dataclass

__all__ = ["LogBook", "LogLine", "LogSummary"]

KEPT_FIRST = 2_000
KEPT_LAST = 4_000
KEPT_BYTES = 4 * 2**20
LINE_BYTES = 4_096


@dataclass(frozen=True)
class LogLine:
    """One line. `at` is seconds since the launch; `stream` is `stdout` or `stderr`; `cut` says it was longer."""

    at: float
    stream: str
    text: str
    cut: bool = False


@dataclass(frozen=True)
class LogSummary:
    """What evidence keeps of a book."""

    lines: tuple[LogLine, ...]
    total_lines: int
    total_bytes: int
    dropped_lines: int


@dataclass(frozen=True)
class _Chunk:
    """Whole lines of one stream, as they came."""

    at: float
    stream: str
    raw: bytes
    count: int

    def lines(self) -> list[LogLine]:
        return [_line(self.at, self.stream, raw) for raw in self.raw.split(b"\n")]


class LogBook:
    """Collects the output of one instance.

    Args:
        origin: the monotonic time (`time.monotonic()`) of the launch, from which line times count.
    """

    def __init__(self, origin: float) -> None:
        self._origin = origin
        self._first: list[LogLine] = []
        self._last: deque[_Chunk] = deque()
        self._last_lines = self._last_bytes = 0
        self._partial: dict[str, bytes] = {}
        self._lines = self._bytes = self._first_bytes = 0
        self._grew = threading.Condition()

    def feed(self, chunk: bytes, stream: str = "stdout") -> None:
        """Add raw output; lines may be split over chunks."""
        at = time.monotonic() - self._origin
        with self._grew:
            self._bytes += len(chunk)
            whole, end, rest = (self._partial.get(stream, b"") + chunk).rpartition(b"\n")
            if end:
                self._add(at, stream, whole)
            if len(rest) > 4 * LINE_BYTES:
                self._add(at, stream, rest[: LINE_BYTES + 1])
                rest = b""
            self._partial[stream] = rest
            self._grew.notify_all()

    def end(self, stream: str = "") -> None:
        """The output (of one stream, or of all) ended: keep unfinished lines as lines."""
        at = time.monotonic() - self._origin
        with self._grew:
            for name in [stream] if stream else list(self._partial):
                if raw := self._partial.pop(name, b""):
                    self._add(at, name, raw)
            self._grew.notify_all()

    def _add(self, at: float, stream: str, raw: bytes) -> None:
        """Keep the whole lines `raw`, whose last line end was taken off."""
        if len(self._first) < KEPT_FIRST and self._first_bytes < KEPT_BYTES:
            head, end, raw = _split(raw, KEPT_FIRST - len(self._first))
            lines = [_line(at, stream, each) for each in head.split(b"\n")]
            self._first += lines
            self._first_bytes += sum(len(line.text) for line in lines)
            self._lines += len(lines)
            if not end:
                return
        count = raw.count(b"\n") + 1
        self._lines += count
        if len(raw) > KEPT_BYTES:
            raw = raw[-KEPT_BYTES:]
            count = raw.count(b"\n") + 1
        self._last.append(_Chunk(at, stream, raw, count))
        self._last_lines += count
        self._last_bytes += len(raw)
        while self._last_bytes > KEPT_BYTES or self._last_lines - self._last[0].count >= KEPT_LAST:
            oldest = self._last.popleft()
            self._last_lines -= oldest.count
            self._last_bytes -= len(oldest.raw)

    @property
    def lines(self) -> tuple[LogLine, ...]:
        """The kept lines, in order."""
        with self._grew:
            first, last = tuple(self._first), tuple(self._last)
        return (*first, *[line for chunk in last for line in chunk.lines()][-KEPT_LAST:])

    @property
    def total_lines(self) -> int:
        """How many lines arrived, kept or not."""
        return self._lines

    @property
    def total_bytes(self) -> int:
        """How many bytes arrived, kept or not."""
        return self._bytes

    def between(self, start: float, end: float) -> tuple[LogLine, ...]:
        """The kept lines that arrived from `start` to `end`, seconds since the launch."""
        return tuple(line for line in self.lines if start <= line.at <= end)

    def wait_for_lines(self, more_than: int, timeout: float) -> bool:
        """Wait until more than so many lines have arrived; whether they did within `timeout` seconds."""
        with self._grew:
            return self._grew.wait_for(lambda: self._lines > more_than, timeout)

    def summary(self) -> LogSummary:
        """What evidence keeps."""
        lines = self.lines
        return LogSummary(lines, self._lines, self._bytes, self._lines - len(lines))


def _split(raw: bytes, count: int) -> tuple[bytes, bytes, bytes]:
    """The first `count` lines, the line end after them (empty where nothing follows), and what follows."""
    lines = raw.split(b"\n", count)
    if len(lines) <= count:
        return raw, b"", b""
    return b"\n".join(lines[:-1]), b"\n", lines[-1]


def _line(at: float, stream: str, raw: bytes) -> LogLine:
    return LogLine(at, stream, raw[:LINE_BYTES].decode("utf-8", "replace").rstrip("\r"), cut=len(raw) > LINE_BYTES)
