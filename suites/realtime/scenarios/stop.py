"""Sends SIGTERM as the platform does, and records what follows: to an idle server, a busy one, twice, at the start."""

from __future__ import annotations

import signal
import threading
from dataclasses import dataclass

from seatrial.conformance.api import (
    MAIN,
    SPARE,
    Ability,
    Drive,
    Exchange,
    LaunchSpec,
    PingRun,
    Process,
    State,
    Stop,
    scenario,
)
from seatrial.suites.realtime.scenarios.start import log_tail, need_ready, need_time

__all__ = ["StopBusySeen", "StopSeen", "StopStartingSeen"]

PATIENCE = 31.0
"""Contract seconds: the platform kills after 30."""
PING_TIMEOUT, PING_EVERY = 0.5, 0.1
BETWEEN = 0.1
EARLY = 1.0
COMES_UP = 30.0
"""Contract seconds that an engine may take from its word that it started a container to the container's program."""
WELL_IN_FLIGHT = 0.1
"""Contract seconds that a call must have been under way: one that is younger may never have reached the server.
There is one at a time, because of several some may still be waiting to be accepted."""
ORPHANS = 2.0


@dataclass(frozen=True)
class StopSeen:
    """What followed SIGTERM.

    Attributes:
        stop: the timeline.
        signals: seconds since the first SIGTERM at which one was sent, the first (0.0) included.
        exited_after: seconds from the first SIGTERM to the exit; None where it still ran after 31 s.
        state: at the end.
        pings: what /ping said meanwhile, times from the first SIGTERM.
        left: processes that were alive although the first one had exited; None where they could not be seen.
        log: the last lines of the log.
        survivors: processes that were still alive at the very exit; fewer may be left a moment later.
    """

    stop: Stop
    signals: tuple[float, ...]
    exited_after: float | None
    state: State
    pings: tuple[PingRun, ...]
    left: tuple[Process, ...] | None
    log: tuple[str, ...]
    survivors: tuple[Process, ...] = ()


@dataclass(frozen=True)
class StopBusySeen:
    """A stop with calls in flight.

    Attributes:
        stop: the timeline.
        seen: what followed SIGTERM.
        calls: the calls that had been under way for a while when SIGTERM was sent.
        slow: whether the user's slow request was used.
        signal_at: seconds from the launch to SIGTERM, to compare with the calls' times.
    """

    stop: Stop
    seen: StopSeen
    calls: tuple[Exchange, ...]
    slow: bool
    signal_at: float


@dataclass(frozen=True)
class StopStartingSeen:
    """A stop during the start.

    Attributes:
        stop: the timeline.
        seen: what followed SIGTERM.
        signal_at: seconds from the launch to SIGTERM.
        running: whether the process ran when SIGTERM was sent.
        was_ready: whether /ping had answered 200 by then.
    """

    stop: Stop
    seen: StopSeen
    signal_at: float
    running: bool
    was_ready: bool


@scenario("stop-idle", sees=StopSeen, launch=MAIN, ends=True, takes=1.0)
def stop_idle(drive: Drive) -> StopSeen:
    """SIGTERM to the main launch once nothing drives it any more."""
    need_ready(drive)
    return _watch_stop(drive)


@scenario("stop-twice", sees=StopSeen, launch=SPARE, ends=True, takes=1.0)
def stop_twice(drive: Drive) -> StopSeen:
    """SIGTERM, and again after 100 ms."""
    need_ready(drive)
    return _watch_stop(drive, again=BETWEEN)


@scenario("stop-busy", sees=StopBusySeen, launch=SPARE, ends=True, waits=EARLY, takes=3.0)
def stop_busy(drive: Drive) -> StopBusySeen:
    """SIGTERM 1 s into a slow call, or among ordinary ones, where one that takes a while may be met."""
    need_ready(drive)
    exchanges: list[Exchange] = []
    signalled = threading.Event()
    slow = any(sample.slow for sample in drive.options.samples)
    sample = drive.slow_sample if slow else drive.sample

    def call() -> None:
        while not (signalled.is_set() or drive.stopping.is_set()):
            exchanges.append(drive.invoke(sample))

    caller = threading.Thread(target=call, name="seatrial-caller")
    caller.start()
    drive.wait(EARLY)
    signalled.set()
    at = drive.instance.now()
    seen = _watch_stop(drive)
    caller.join()
    young = at - drive.seconds(WELL_IN_FLIGHT)
    calls = tuple(e for e in exchanges if e.started + (e.sent or 0.0) < young and e.started + e.done > at)
    ends = [(round(e.started + e.done - at, 3), f"a call in flight ended: {e.summary}") for e in calls]
    stop = Stop(seen.stop.launch, tuple(sorted((*seen.stop.events, *ends))))
    return StopBusySeen(stop, seen, calls, slow, at)


@scenario(
    "stop-starting", sees=StopStartingSeen, launch=LaunchSpec("starting"), starting=True, ends=True, waits=EARLY,
    takes=1.0,
)  # fmt: skip
def stop_starting(drive: Drive) -> StopStartingSeen:
    """SIGTERM 1 s after the first program was started, however long the engine took until then."""
    if Ability.PROCESSES in drive.facts.abilities:
        drive.until(lambda: bool(drive.instance.processes()) or not drive.instance.state().running, COMES_UP)
    drive.wait(EARLY)
    was_ready = drive.ping(timeout=PING_TIMEOUT).status == 200
    running, at = drive.instance.state().running, drive.instance.now()
    seen = _watch_stop(drive)
    return StopStartingSeen(seen.stop, seen, at, running, was_ready)


def _watch_stop(drive: Drive, *, again: float | None = None) -> StopSeen:
    """Send SIGTERM and watch until the exit, 31 s at most.

    Args:
        drive: of the instance.
        again: contract seconds after which a second SIGTERM follows; None for none.
    """
    instance = drive.instance
    begun = instance.now()
    instance.signal(signal.SIGTERM)
    events = [(0.0, "SIGTERM")]
    signals = [0.0]
    runs: list[PingRun] = []
    while instance.state().running and instance.now() - begun < drive.seconds(PATIENCE) and not drive.stopping.is_set():
        if again is not None and len(signals) == 1:
            drive.until(lambda: not instance.state().running, again)
            if instance.state().running:
                signals.append(instance.now() - begun)
                instance.signal(signal.SIGTERM)
                events.append((signals[-1], "SIGTERM again"))
        _add(runs, events, drive.ping(timeout=PING_TIMEOUT), begun)
        drive.until(lambda: not instance.state().running, PING_EVERY)
    need_time(drive)
    state = instance.state()
    survivors = instance.processes() if _sees_survivors(drive, state) else ()
    after = None if state.running else _exited_after(state, begun, instance.now())
    events.append((instance.now() - begun if after is None else after, _how(state)))
    left = _left(drive) if _sees_survivors(drive, state) else None
    if left:
        events.append((instance.now() - begun, f"still alive: {', '.join(' '.join(p.argv)[:60] for p in left)}"))
    stop = Stop(instance.spec.name, tuple((round(at, 3), what) for at, what in sorted(events)))
    return StopSeen(stop, tuple(signals), after, state, tuple(runs), left, log_tail(drive, 10), survivors)


def _add(runs: list[PingRun], events: list[tuple[float, str]], ping: Exchange, begun: float) -> None:
    """Append a ping to the timeline, run-length compressed."""
    at = ping.started - begun
    last = runs[-1] if runs else None
    if last and (last.status, last.trouble) == (ping.status, ping.trouble):
        runs[-1] = PingRun(last.first, at, last.count + 1, last.status, last.trouble, max(last.slowest, ping.done))
        return
    runs.append(PingRun(at, at, 1, ping.status, ping.trouble, ping.done))
    events.append((at, f"/ping: {runs[-1].outcome}"))


def _exited_after(state: State, begun: float, now: float) -> float:
    """Seconds from the signal to the exit: the engine's word, kept between the signal and now."""
    told = state.exited_at if state.exited_at is not None else now
    return max(0.0, min(told, now) - begun)


def _how(state: State) -> str:
    if state.running:
        return "still running"
    return f"exit code {state.exit_code}{', out of memory' if state.oom_killed else ''}"


def _sees_survivors(drive: Drive, state: State) -> bool:
    return not state.running and Ability.PROCESSES in drive.facts.abilities


def _left(drive: Drive) -> tuple[Process, ...]:
    """Processes that outlived the first one by more than a moment."""
    drive.until(lambda: not drive.instance.processes(), ORPHANS)
    return drive.instance.processes()
