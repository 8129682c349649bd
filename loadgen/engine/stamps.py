"""When a byte arrived: the kernel's own receive stamps, put on the clock of the schedule.

A stamp taken when the program gets to read says when the program was free, not when the answer came. Linux stamps each
segment as it is received (`SO_TIMESTAMPNS`, man 7 socket) and hands the stamp over with the data, in wall-clock time;
the distance to CLOCK_MONOTONIC is read again each second, as the wall clock may be stepped or slewed.
"""

from __future__ import annotations

import socket
import struct
import sys
from time import clock_gettime_ns, monotonic_ns

__all__ = ["ANCILLARY", "Stamps", "can_stamp", "wants_kernel_stamps"]

SO_TIMESTAMPNS = 35
"""The same number on every Linux architecture that Python 3.11 runs on but for PA-RISC and SPARC (asm/socket.h)."""
SCM_TIMESTAMPNS = SO_TIMESTAMPNS
CLOCK_REALTIME = 0
ANCILLARY = socket.CMSG_SPACE(16) if hasattr(socket, "CMSG_SPACE") else 0
"""Bytes of ancillary data to ask for: one struct timespec."""
STEP = 1_000_000
"""ns by which the two clocks may drift apart in a second before it is called a step."""
TIMESPEC = struct.Struct("@qq")


def wants_kernel_stamps(sock: socket.socket) -> bool:
    """Ask the kernel to stamp what this socket receives; False where it cannot."""
    if sys.platform != "linux":
        return False
    try:
        sock.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
    except OSError:
        return False
    return True


def can_stamp() -> bool:
    """Whether the kernel of this machine stamps what a socket receives."""
    with socket.socket() as sock:
        return wants_kernel_stamps(sock)


class Stamps:
    """Turns ancillary data into ns of CLOCK_MONOTONIC.

    Attributes:
        offset: wall clock minus monotonic clock, ns.
        steps: how often the wall clock was stepped while the run went on.
    """

    __slots__ = ("offset", "steps")

    def __init__(self) -> None:
        self.steps = 0
        self.offset = _offset()

    def reread(self) -> None:
        """Read the distance of the two clocks again; once a second is enough."""
        fresh = _offset()
        if abs(fresh - self.offset) > STEP:
            self.steps += 1
        self.offset = fresh

    def read(self, ancillary: list[tuple[int, int, bytes]]) -> int:
        """Return the stamp of the last segment read, or 0 where there is none."""
        for _, kind, data in ancillary:
            if kind == SCM_TIMESTAMPNS:
                seconds, nanoseconds = TIMESPEC.unpack(data)
                return int(seconds * 1_000_000_000 + nanoseconds - self.offset)
        return 0


def _offset() -> int:
    """Read both clocks five times; the pair read closest together counts."""
    best, offset = 1 << 62, 0
    for _ in range(5):
        before = monotonic_ns()
        wall = clock_gettime_ns(CLOCK_REALTIME)
        after = monotonic_ns()
        if after - before < best:
            best, offset = after - before, wall - (before + after) // 2
    return offset
