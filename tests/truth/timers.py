"""Timers of the Python twin: one timerfd with absolute times, since those of an event loop are a millisecond coarse."""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import os
import time
from heapq import heappop, heappush
from itertools import count
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Timer", "Timers"]

LIBC = ctypes.CDLL(None, use_errno=True)
NONBLOCK_CLOEXEC = os.O_NONBLOCK | os.O_CLOEXEC
ABSOLUTE = 1


class Timer:
    """One thing to do at a time; it can be called off."""

    def __init__(self, do: Callable[[], None]) -> None:
        self.do: Callable[[], None] | None = do

    def cancel(self) -> None:
        """Do it not."""
        self.do = None


class Timers:
    """All of them, on the running loop."""

    def __init__(self) -> None:
        self.heap: list[tuple[int, int, Timer]] = []
        self.order = count()
        self.fd = LIBC.timerfd_create(time.CLOCK_MONOTONIC, NONBLOCK_CLOEXEC)
        asyncio.get_running_loop().add_reader(self.fd, self.fire)

    def at(self, due: int, do: Callable[[], None]) -> Timer:
        """Do something at a time of CLOCK_MONOTONIC, ns."""
        timer = Timer(do)
        heappush(self.heap, (due, next(self.order), timer))
        if self.heap[0][2] is timer:
            self.arm()
        return timer

    def fire(self) -> None:
        with contextlib.suppress(BlockingIOError):
            os.read(self.fd, 8)
        while self.heap and self.heap[0][0] <= time.monotonic_ns():
            _, _, timer = heappop(self.heap)
            if timer.do:
                timer.do()
        self.arm()

    def arm(self) -> None:
        due = max(self.heap[0][0], 1) if self.heap else 0
        spec = (ctypes.c_long * 4)(0, 0, due // 1_000_000_000, due % 1_000_000_000)
        LIBC.timerfd_settime(self.fd, ABSOLUTE, ctypes.byref(spec), None)
