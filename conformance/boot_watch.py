"""Waits for the first 200 of `/ping`, as the platform does, and records the way there.

The wait is given up before the start window ends only where waiting proves nothing: the subject has exited, or it is
proven to listen where the platform never calls.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from seatrial.conformance.boot import Boot, BootEnd, Timeline
from seatrial.conformance.diagnosis.experiments import BOUND_ELSEWHERE, BOUND_LOOPBACK, examine, glance, wrong_bind
from seatrial.conformance.scenario import MAIN
from seatrial.conformance.subject.launcher import Ability
from seatrial.conformance.wire.rawhttp import Client, RawRequest

if TYPE_CHECKING:
    import threading

    from seatrial.conformance.evidence import TrialFacts
    from seatrial.conformance.subject.launcher import Instance

__all__ = ["watch_boot"]

PING_TIMEOUT = 2.0
QUICK, SLOW = 0.02, 0.2
STATE_EVERY = 0.2
BIND_AFTER, BIND_EVERY = 4.0, 2.0
BIND_PROOFS = {BOUND_LOOPBACK: 2, BOUND_ELSEWHERE: 4}
"""Looks in a row that prove a wrong bind: a proxy may open the right port once the server behind it is up."""


def watch_boot(instance: Instance, client: Client, facts: TrialFacts, stopping: threading.Event) -> Boot:
    """Ping from the first millisecond until the first 200, an exit, a proven wrong bind or the end of the window.

    Args:
        instance: freshly launched.
        client: bound to it.
        facts: of the trial: the window in seconds, and the scale of contract times.
        stopping: set when the trial is given up.
    """
    timeline = Timeline()
    end = _watch(instance, client, facts, stopping, timeline)
    state = instance.state()
    ready_at = timeline.last.started + timeline.last.done if end is BootEnd.READY and timeline.last else None
    waited = instance.now()
    autopsy = None
    if end is BootEnd.READY:
        # The first calls of another launch are to follow its 200 at once: nothing is looked up in between.
        autopsy = glance(instance, facts) if instance.spec == MAIN else None
    elif end is not BootEnd.CANCELLED:
        autopsy = examine(instance, client, facts, stopping, late=end is BootEnd.TIMEOUT)
    return Boot(
        instance.spec.name, end, ready_at, waited, tuple(timeline.runs), timeline.first, timeline.last, state, autopsy
    )  # fmt: skip


def _watch(
    instance: Instance, client: Client, facts: TrialFacts, stopping: threading.Event, timeline: Timeline
) -> BootEnd:
    begun, window = instance.now(), facts.window * facts.scale
    looks_at_sockets = Ability.SOCKETS in facts.abilities
    next_state, next_bind, bound, proofs = 0.0, BIND_AFTER * facts.scale, "", 0
    while not stopping.is_set():
        ping = client.send(RawRequest("GET", "/ping"), timeout=PING_TIMEOUT * facts.scale)
        timeline.add(ping)
        if ping.status == 200 and ping.trouble is None:
            return BootEnd.READY
        now = instance.now()
        if now >= next_state:
            next_state = now + STATE_EVERY
            if not instance.state().running:
                return BootEnd.EXITED
        if looks_at_sockets and now >= next_bind:
            next_bind = now + BIND_EVERY * facts.scale
            found = wrong_bind(instance, client, facts)
            bound, proofs = found, proofs + 1 if found == bound else 1
            if bound and proofs >= BIND_PROOFS[bound]:
                return BootEnd.WRONG_BIND
        if now - begun >= window:
            return BootEnd.TIMEOUT
        time.sleep(QUICK if now - begun < window / 48 else SLOW)
    return BootEnd.CANCELLED
