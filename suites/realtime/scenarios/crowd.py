"""The launch on which the server is pressed, so that nothing of it falls on others; and its first calls after the 200.

What presses (crowds of connections, callers that leave, slow calls on every worker) may leave a server busy for a
while that keeps the contract all the same. The other scenarios must not be answered late because of it.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from seatrial.conformance.api import Drive, Exchange, Files, LaunchSpec, Unobserved, Untested, scenario

__all__ = ["CROWD", "FirstCallSeen"]

CROWD = LaunchSpec("crowd", files=Files.WRITABLE)
"""Its model directory may be written to, so that writes are seen there, too (`files`); that presses nobody."""
CALLS = 4


@dataclass(frozen=True)
class FirstCallSeen:
    """The first calls of a launch, sent together.

    Attributes:
        ready_at: seconds from launch to the end of the first 200.
        calls: the calls, in the order in which they were begun.
    """

    ready_at: float
    calls: tuple[Exchange, ...]


@scenario("first-call", sees=FirstCallSeen, launch=CROWD, takes=0.5)
def first_call(drive: Drive) -> FirstCallSeen:
    """Invoke as soon as `/ping` has answered 200 for the first time."""
    if drive.boot is None or drive.boot.ready_at is None:
        raise Unobserved(Untested.PREREQUISITE, "this launch did not become ready")
    sample = drive.sample
    with ThreadPoolExecutor(CALLS) as pool:
        calls = tuple(pool.map(lambda _: drive.invoke(sample), range(CALLS)))
    return FirstCallSeen(drive.boot.ready_at, tuple(sorted(calls, key=lambda call: call.started)))
