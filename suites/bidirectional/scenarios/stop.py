"""SIGTERM while sessions stand: one that is idle, and one with an answer in the making."""

from __future__ import annotations

import signal
from dataclasses import dataclass

from seatrial.conformance.api import SPARE, Drive, State, Stop, WebSocketSeen, scenario
from seatrial.suites.bidirectional.scenarios.asking import PATIENCE, brief, known, open_session
from seatrial.suites.realtime.scenarios.start import need_ready, need_time

__all__ = ["BidiStopSeen"]

WATCHED = 31.0
"""Contract seconds: the platform kills after 30."""
LOOK = 0.05


@dataclass(frozen=True)
class BidiStopSeen:
    """A stop with sessions.

    Attributes:
        stop: the timeline.
        idle: the session in which nothing was asked.
        busy: the session in which an answer had begun; None where it had been closed before SIGTERM.
        exited_after: seconds from SIGTERM to the exit; None where it still ran after 31 s.
        state: at the end.
    """

    stop: Stop
    idle: WebSocketSeen
    busy: WebSocketSeen | None
    exited_after: float | None
    state: State


@scenario("bidi-stop", sees=BidiStopSeen, launch=SPARE, ends=True, takes=3.0)
def bidi_stop(drive: Drive) -> BidiStopSeen:
    """Open two sessions, ask in one of them, and send SIGTERM once its answer has begun."""
    need_ready(drive)
    found = known(drive)
    instance = drive.instance
    with open_session(drive) as idle, open_session(drive, greeting=found.greeting) as busy:
        busy.say(found.sample.body, text=found.text)
        busy.await_messages(found.greeting + 1, drive.seconds(PATIENCE))
        stood = busy.stands
        begun = instance.now()
        marks = {"idle": idle.now(), "busy": busy.now()}
        instance.signal(signal.SIGTERM)
        events = [(0.0, "SIGTERM")]
        while instance.state().running and instance.now() - begun < drive.seconds(WATCHED):
            for session in (idle, busy):
                session.listen(lambda: False, LOOK)
            if drive.stopping.is_set():
                break
        need_time(drive)
        state = instance.state()
        for name, session in (("idle", idle), ("busy", busy)):
            session.await_end(1.0)
            seen = session.seen()
            if seen.ended is not None:
                events.append((seen.ended - marks[name], f"the {name} session: {seen.summary}"))
        after = None if state.running else max(0.0, (state.exited_at or instance.now()) - begun)
        if after is not None:
            events.append((after, f"exit code {state.exit_code}"))
        stop = Stop(instance.spec.name, tuple((round(at, 3), what) for at, what in sorted(events)))
        return BidiStopSeen(stop, brief(idle.seen()), brief(busy.seen()) if stood else None, after, state)
