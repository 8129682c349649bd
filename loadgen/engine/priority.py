"""Real-time priority for an open loop where the system allows it: a request leaves when it is due, not a bit later.

On a shared machine the scheduler may keep a process that has just been woken waiting for milliseconds. An open loop
sleeps nearly all the time and does a few microseconds of work at once, which is what `SCHED_RR` is for (man 7 sched).
The kernel lets root and holders of CAP_SYS_NICE or RLIMIT_RTPRIO have it; others go on as they are. It is given back by
whoever is busy: a process that uses most of a core would keep others from it, the server that it measures among them. A
closed loop never takes it for the same reason.
"""

from __future__ import annotations

import os

__all__ = ["Priority"]

BUSY = 0.75
"""Share of a core above which real-time priority is given back for good."""


class Priority:
    """The priority of this process.

    Attributes:
        real_time: whether it is real-time now.
    """

    def __init__(self) -> None:
        self.real_time = False

    def raise_(self) -> None:
        """Take the lowest real-time priority where that is allowed."""
        self.real_time = _schedule("SCHED_RR", 1)

    def lower(self) -> None:
        """Give it back."""
        if self.real_time:
            self.real_time = False
            _schedule("SCHED_OTHER", 0)

    def lower_if_busy(self, share: float) -> None:
        """Give it back where this process uses most of a core."""
        if self.real_time and share > BUSY:
            self.lower()


def _schedule(policy: str, priority: int) -> bool:
    try:
        os.sched_setscheduler(0, getattr(os, policy), os.sched_param(priority))
    except (AttributeError, OSError):  # no such thing on this system, or not allowed
        return False
    return True
