"""Experiments on a live subject that tell one cause from another. Each varies one thing and records what came of it.

Nothing is concluded here; the diagnosis reads the autopsy from the evidence. What a hostile subject can cost is
bounded: a server that leaves the first ping without an answer is asked once more, with patience, and then no more.
"""

from __future__ import annotations

import dataclasses
import time
from typing import TYPE_CHECKING

from seatrial.conformance.diagnosis.autopsy import (
    AFTER_WINDOW,
    AS_PLATFORM,
    LOCAL_HOST,
    PATIENT,
    POST,
    Autopsy,
    Experiment,
    on_port,
)
from seatrial.conformance.subject.launcher import Ability
from seatrial.conformance.wire.exchange import Trouble
from seatrial.conformance.wire.rawhttp import Client, RawRequest

if TYPE_CHECKING:
    import threading

    from seatrial.conformance.evidence import TrialFacts
    from seatrial.conformance.subject.launcher import Instance, Listener, Process
    from seatrial.conformance.wire.exchange import Exchange

__all__ = ["BOUND_ELSEWHERE", "BOUND_LOOPBACK", "examine", "glance", "wrong_bind"]

TAIL = 40
OTHER_PORTS = 4
PING = RawRequest("GET", "/ping")
PING_TIMEOUT, PATIENCE = 2.0, 10.0
LATE_SHARE, LATE_MOST, LATE_EVERY = 2, 60.0, 0.2
"""A start that ran out of time is watched for half the window more, a minute at most."""
SETTLE, QUIET = 1.0, 0.1
LOOKS, LOOK_EVERY = 10, 0.03
VARIANTS = (
    (LOCAL_HOST, RawRequest("GET", "/ping", headers=(("Host", "localhost:8080"),))),
    (POST, RawRequest("POST", "/ping")),
)
BOUND_LOOPBACK = "loopback"
BOUND_ELSEWHERE = "elsewhere"
SILENT = {Trouble.TIMEOUT, Trouble.CONNECT_TIMEOUT}


def examine(
    instance: Instance, client: Client, facts: TrialFacts, stopping: threading.Event, *, late: bool = False
) -> Autopsy:
    """Look at an instance that did not become ready or broke down.

    Args:
        instance: dead or alive.
        client: bound to it.
        facts: of the trial; its abilities say what can be seen.
        stopping: set when the trial is given up.
        late: whether it ran out of time: it is then watched a little longer, to tell late from never.
    """
    state = instance.state()
    sees = facts.abilities if state.running else frozenset()
    listeners = instance.listeners() if Ability.SOCKETS in sees else None
    processes = _family(instance) if Ability.PROCESSES in sees else None
    outgoing = instance.outgoing() if Ability.SOCKETS in sees else None
    tried = _try(instance, client, facts, listeners or ()) if state.running else ()
    if late and state.running:
        tried = (*tried, *_watch_on(instance, client, facts, stopping, tried))
    _let_log_settle(instance)
    return Autopsy(
        state,
        listeners,
        processes,
        outgoing,
        tried,
        tuple(client.mask.mask_text(line.text) for line in instance.logs.lines[-TAIL:]),
        _family(instance) if Ability.PROCESSES in sees else None,
    )


def _family(instance: Instance) -> tuple[Process, ...]:
    """Look at the processes; again for a moment where there is only one: a supervisor may be between two starts."""
    for _ in range(LOOKS):
        found = instance.processes()
        if len(found) != 1:
            break
        time.sleep(LOOK_EVERY)
    return found


def glance(instance: Instance, facts: TrialFacts) -> Autopsy:
    """What is worth knowing of a ready instance: its sockets and processes. No request is sent."""
    sees = facts.abilities
    return Autopsy(
        instance.state(),
        instance.listeners() if Ability.SOCKETS in sees else None,
        instance.processes() if Ability.PROCESSES in sees else None,
        instance.outgoing() if Ability.SOCKETS in sees else None,
    )


def _try(
    instance: Instance, client: Client, facts: TrialFacts, listeners: tuple[Listener, ...]
) -> tuple[Experiment, ...]:
    timeout = PING_TIMEOUT * facts.scale
    tried = [Experiment(AS_PLATFORM, client.send(PING, timeout=timeout))]
    first = tried[0].exchange
    if first.trouble in SILENT:
        tried.append(Experiment(PATIENT, client.send(PING, timeout=PATIENCE * facts.scale)))
    elif first.answer is not None and first.trouble is None:
        tried += [Experiment(what, client.send(request, timeout=timeout)) for what, request in VARIANTS]
    others = [one.port for one in listeners if not one.loopback and one.port != instance.address.port]
    tried += [Experiment(on_port(port), _ping_port(instance, client, port, timeout)) for port in others[:OTHER_PORTS]]
    return tuple(tried)


def _watch_on(
    instance: Instance, client: Client, facts: TrialFacts, stopping: threading.Event, tried: tuple[Experiment, ...]
) -> tuple[Experiment, ...]:
    """The first 200 after the window, or the last ping of the time for which it was waited."""
    last = tried[0].exchange
    if last.status not in {None, 503} or last.trouble in SILENT:
        return ()
    until = time.monotonic() + min(facts.window / LATE_SHARE, LATE_MOST) * facts.scale
    while time.monotonic() < until and not stopping.wait(LATE_EVERY) and instance.state().running:
        last = client.send(PING, timeout=PING_TIMEOUT * facts.scale)
        if last.ok:
            break
    return (Experiment(AFTER_WINDOW, last),)


def _let_log_settle(instance: Instance) -> None:
    """The last words of a subject arrive a moment after its end."""
    until = time.monotonic() + SETTLE
    while instance.logs.wait_for_lines(instance.logs.total_lines, QUIET) and time.monotonic() < until:
        pass


def _ping_port(instance: Instance, client: Client, port: int, timeout: float) -> Exchange:
    """GET /ping on another port of the same instance."""
    other = dataclasses.replace(instance.address, port=port)
    return Client(other, origin=client.origin, mask=client.mask).send(PING, timeout=timeout)


def wrong_bind(instance: Instance, client: Client, facts: TrialFacts) -> str:
    """How the server listens where the platform never calls: `loopback`, `elsewhere`, or empty where it may not.

    Either something listens on the right port, but on loopback only; or nothing listens on the right port while `/ping`
    answers 200 on another one.
    """
    listeners = instance.listeners()
    here = [one for one in listeners if one.port == instance.address.port]
    if here:
        return BOUND_LOOPBACK if all(one.loopback for one in here) else ""
    others = [one.port for one in listeners if not one.loopback][:OTHER_PORTS]
    answers = (_ping_port(instance, client, port, PING_TIMEOUT * facts.scale).status == 200 for port in others)
    return BOUND_ELSEWHERE if any(answers) else ""
