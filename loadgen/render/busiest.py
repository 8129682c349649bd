"""How busy the engines are while they run: for the live view; the result rests on the engines' own notes."""

from __future__ import annotations

import multiprocessing
import os
from collections import deque
from pathlib import Path

__all__ = ["Busiest"]

NS = 1_000_000_000


class Busiest:
    """Share of a core that the busiest child process used in the last second, where `/proc` tells it."""

    def __init__(self) -> None:
        self._read: deque[tuple[int, dict[int, float]]] = deque()

    def __call__(self, now_ns: int) -> float | None:
        """Read now; None the first time, and where nothing can be read.

        Args:
            now_ns: the time, on any clock that does not go back.
        """
        pids = [child.pid for child in multiprocessing.active_children()]
        used = {pid: spent for pid in pids if pid is not None and (spent := _seconds(pid)) is not None}
        self._read.append((now_ns, used))
        while len(self._read) > 2 and self._read[1][0] <= now_ns - NS:
            self._read.popleft()
        before, then = self._read[0]
        shares = [(used[pid] - then[pid]) * NS / (now_ns - before) for pid in used if pid in then and now_ns > before]
        return max(shares, default=None)


def _seconds(pid: int) -> float | None:
    """CPU seconds of a process so far."""
    try:
        told = Path(f"/proc/{pid}/stat").read_text("ascii", "replace").rpartition(")")[2].split()
        return (int(told[11]) + int(told[12])) / os.sysconf("SC_CLK_TCK")
    except (OSError, ValueError, IndexError):
        return None
