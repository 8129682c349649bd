"""Watches the subject's socket table while it is called."""

from __future__ import annotations

import threading
from dataclasses import dataclass

from seatrial.conformance.api import Drive, scenario

__all__ = ["EgressSeen"]

CALLS = 100
CALLING = 10.0
"""Contract seconds after which no further call is begun."""
LOOK_EVERY = 0.02
AFTERWARDS = 0.5
"""Contract seconds of looking on after the last call: a connection may follow its call."""


@dataclass(frozen=True)
class EgressSeen:
    """Connections to the outside, loopback left out.

    Attributes:
        before: remote `host:port` of those that stood or were tried before the first of these calls.
        during: remote `host:port` of those that came up while calls were made.
        calls: how many calls were made.
        looks: how often the socket table was read meanwhile.
    """

    before: tuple[str, ...]
    during: tuple[str, ...]
    calls: int
    looks: int


@scenario("egress", sees=EgressSeen, takes=2.0)
def egress(drive: Drive) -> EgressSeen:
    """Make a hundred calls and read the socket table all the while."""
    sample = drive.sample
    before = frozenset(drive.instance.outgoing())
    found: set[str] = set()
    done = threading.Event()
    looks = 0

    def look() -> None:
        nonlocal looks
        while not done.is_set():
            found.update(drive.instance.outgoing())
            looks += 1
            done.wait(LOOK_EVERY)

    watcher = threading.Thread(target=look, name="seatrial-sockets", daemon=True)
    watcher.start()
    calls, until = 0, drive.instance.now() + drive.seconds(CALLING)
    try:
        while calls < CALLS and drive.instance.now() < until and not drive.stopping.is_set():
            drive.invoke(sample)
            calls += 1
        drive.until(lambda: bool(found - before), AFTERWARDS)
    finally:
        done.set()
        watcher.join()
    return EgressSeen(tuple(sorted(before)), tuple(sorted(found - before)), calls, looks)
