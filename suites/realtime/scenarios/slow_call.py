"""Drives a call that lasts longer than the platform waits: does the server end it itself, and serve the next one?"""

from __future__ import annotations

import time
from dataclasses import dataclass

from seatrial.conformance.api import Drive, Exchange, scenario
from seatrial.suites.realtime.scenarios.invoke import plain

__all__ = ["SlowCallSeen"]

PATIENCE = 62.0
"""Contract seconds that the slow call is waited for: a little more than the platform does."""
AFTER = 8
"""Valid requests sent afterwards, one by one: more than a small server has workers."""


@dataclass(frozen=True)
class SlowCallSeen:
    """A call that should not last as long as it would, and the calls after it."""

    slow: Exchange
    after: tuple[Exchange, ...]


@scenario("slow-call", sees=SlowCallSeen, soak=True, inputs=("slow-sample",), waits=PATIENCE)
def slow_call(drive: Drive) -> SlowCallSeen:
    """Make one slow call, then several valid ones until one fails."""
    sample = drive.sample
    plain(drive, sample)
    begun = time.monotonic()
    slow = drive.invoke(drive.slow_sample, timeout=PATIENCE)
    drive.waits.append((begun, time.monotonic()))
    after: list[Exchange] = []
    while len(after) < AFTER and (not after or after[-1].ok) and not drive.stopping.is_set():
        after.append(drive.invoke(sample, timeout=10.0))
    return SlowCallSeen(slow, tuple(after))
