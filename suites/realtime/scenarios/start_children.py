"""Kills every process behind the first one, and watches what the container makes of it."""

from __future__ import annotations

from dataclasses import dataclass

from seatrial.conformance.api import SPARE, Drive, Exchange, Process, Sample, State, scenario
from seatrial.suites.realtime.scenarios.start import need_ready, need_time

__all__ = ["AfterKill", "ChildKilledSeen"]

LONGEST = 30.0
EVERY = 1.0
CALL_TIMEOUT = 5.0
ENOUGH_WITHOUT_SAMPLE = 3


@dataclass(frozen=True)
class AfterKill:
    """One look at the server after the kill.

    Attributes:
        at: seconds from the kill to it.
        ping: the answer to /ping.
        call: the answer to a valid request; None where none is known, or /ping was not 200.
        processes: how many processes were alive, the first included.
    """

    at: float
    ping: Exchange
    call: Exchange | None
    processes: int

    @property
    def works(self) -> bool:
        """Whether it serves: /ping is 200, and a valid request, where one is known, is answered 2xx."""
        return self.ping.status == 200 and self.ping.trouble is None and (self.call is None or self.call.ok)


@dataclass(frozen=True)
class ChildKilledSeen:
    """What followed when every process but the first was killed.

    Attributes:
        before: the processes alive before, the first one first.
        killed: those that were killed; empty where the server is one process.
        looks: at the server afterwards, a second apart, until it serves again, exits, or 30 s are over.
        state: at the last look.
        exited_after: seconds from the kill to the exit; None where it lives on.
        calls: whether a valid request was known, so that "serves again" means more than a ping.
    """

    before: tuple[Process, ...]
    killed: tuple[Process, ...]
    looks: tuple[AfterKill, ...]
    state: State
    exited_after: float | None
    calls: bool

    @property
    def works_after(self) -> float | None:
        """Seconds from the kill to the first look at which it served; None where it never did."""
        return next((look.at for look in self.looks if look.works), None)


@scenario("child-killed", sees=ChildKilledSeen, launch=SPARE, ends=True, takes=3.0)
def child_killed(drive: Drive) -> ChildKilledSeen:
    """Kill, then look once a second until it works, exits, or the time is over."""
    need_ready(drive)
    instance = drive.instance
    sample = next(iter(drive.valid), None)
    before = instance.processes()
    at = instance.now()
    killed = instance.kill_children()
    looks: list[AfterKill] = []
    while killed and not drive.stopping.is_set():
        looks.append(_look(drive, sample, at))
        if _over(looks, drive, at, known=sample is not None, many=len(before)):
            break
        drive.until(lambda: not instance.state().running, EVERY)
    need_time(drive)
    state = instance.state()
    exited = None if state.running else max(0.0, (state.exited_at or instance.now()) - at)
    return ChildKilledSeen(before, killed, tuple(looks), state, exited, sample is not None)


def _look(drive: Drive, sample: Sample | None, killed_at: float) -> AfterKill:
    at = drive.instance.now() - killed_at
    ping = drive.ping()
    call = drive.invoke(sample, timeout=CALL_TIMEOUT) if sample and ping.status == 200 else None
    return AfterKill(at, ping, call, len(drive.instance.processes()))


def _over(looks: list[AfterKill], drive: Drive, killed_at: float, *, known: bool, many: int) -> bool:
    if not drive.instance.state().running or drive.instance.now() - killed_at > drive.seconds(LONGEST):
        return True
    last = looks[-1]
    return last.works and (known or last.processes >= many or len(looks) >= ENOUGH_WITHOUT_SAMPLE)
