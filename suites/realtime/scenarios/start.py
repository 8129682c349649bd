"""Starts under legal but unusual circumstances, and what comes after the first 200.

Each circumstance has a launch of its own, because one that keeps the server from starting must be told from the others.
"""

from __future__ import annotations

from dataclasses import dataclass

from seatrial.conformance.api import (
    MAIN,
    BootEnd,
    Drive,
    Exchange,
    LaunchSpec,
    State,
    Unobserved,
    Untested,
    scenario,
)

__all__ = ["CrowdedEnvSeen", "HostnameSeen", "Started", "StaysUpSeen", "log_tail", "need_ready", "need_time", "started"]

STAYS = 30.0
LOG_LINES = 40

VARIABLES, LONGEST, TOTAL = 100, 1024, 31_000
"""Of the 32 KB that all variables may take together, some are left for those that the user gives."""
ODD_VALUE = (
    "a $HOME ${NOT_SET} $(id) `id` \"double\" 'single' back\\slash 100% #no-comment a=b;c&d|e <f> {g} [h] ~ * ? !"
)


def _crowd() -> tuple[tuple[str, str], ...]:
    """A legal environment that is as full as it may be: values with all that shells and templates stumble over."""
    long = [(f"CROWD_{i:03}", (ODD_VALUE * 20)[:LONGEST]) for i in range(10)]
    left = (TOTAL - sum(len(name) + len(value) for name, value in long)) // (VARIABLES - len(long))
    rest = [(f"CROWD_{i:03}", (ODD_VALUE * 3)[: left - len("CROWD_000")]) for i in range(len(long), VARIABLES)]
    return (*long, *rest)


CROWDED = LaunchSpec("crowded-env", env=_crowd())
LONG_HOSTNAME = LaunchSpec("hostname", hostname="seatrial-" + "h0st-name-" * 5 + "0123")


@dataclass(frozen=True)
class Started:
    """How a launch other than the main one started.

    Attributes:
        end: how the wait for the first 200 of /ping ended.
        ready_at: seconds from launch to it; None where none came.
        state: when the wait ended.
        last: the last ping.
        log: the last lines of the log where it did not become ready.
    """

    end: BootEnd
    ready_at: float | None
    state: State
    last: Exchange | None
    log: tuple[str, ...]

    @property
    def ready(self) -> bool:
        """Whether /ping answered 200."""
        return self.end is BootEnd.READY

    @property
    def summary(self) -> str:
        """What happened instead of a good start, in a few words."""
        if not self.state.running:
            last = f"; last line: {self.log[-1][:160]}" if self.log else ""
            return f"exited with code {self.state.exit_code}{last}"
        return f"no 200 from /ping ({self.end}), last {self.last.summary if self.last else 'not asked'}"


@dataclass(frozen=True)
class CrowdedEnvSeen:
    """A start with a full environment: `variables` of them with `size` bytes in all."""

    started: Started
    variables: int
    size: int


@dataclass(frozen=True)
class HostnameSeen:
    """A start under a long host name that no name server knows."""

    started: Started
    hostname: str


@dataclass(frozen=True)
class StaysUpSeen:
    """What became of the main launch after its first 200.

    Attributes:
        watched: seconds from the first 200 to the last look at it.
        state: at the last look.
    """

    watched: float
    state: State


def started(drive: Drive) -> Started:
    """How the launch that a scenario drives started."""
    boot = drive.boot
    if boot is None:
        raise Unobserved(Untested.PREREQUISITE, "this launch was not watched while it started")
    return Started(boot.end, boot.ready_at, boot.state, boot.last, () if boot.ready else log_tail(drive))


def need_ready(drive: Drive) -> None:
    """Go on only where the launch is ready.

    Raises:
        Unobserved: it is not.
    """
    if drive.boot is None or not drive.boot.ready:
        raise Unobserved(Untested.PREREQUISITE, f"the launch {drive.instance.spec.name} did not become ready")


def need_time(drive: Drive) -> None:
    """Go on only where the trial has not been given up meanwhile: what was seen until then proves nothing.

    Raises:
        Unobserved: it has.
    """
    if drive.stopping.is_set():
        raise Unobserved(Untested.PREREQUISITE, "the trial was given up")


def log_tail(drive: Drive, count: int = LOG_LINES) -> tuple[str, ...]:
    """The last lines of the instance's log, secrets masked."""
    return tuple(drive.client.mask.mask_text(line.text) for line in drive.instance.logs.lines[-count:])


@scenario("stays-up", sees=StaysUpSeen, launch=MAIN, alongside=True, waits=STAYS)
def stays_up(drive: Drive) -> StaysUpSeen:
    """Watch the process for 30 s after the first 200."""
    ready_at = drive.boot.ready_at if drive.boot else None
    if ready_at is None:
        raise Unobserved(Untested.PREREQUISITE, "the main launch did not become ready")
    until = ready_at + drive.seconds(STAYS)
    while (left := until - drive.instance.now()) > 0 and not drive.stopping.is_set():
        if not drive.instance.state().running:
            break
        drive.wait(min(0.5, left / drive.facts.scale))
    need_time(drive)
    state = drive.instance.state()
    return StaysUpSeen((drive.instance.now() if state.exited_at is None else state.exited_at) - ready_at, state)


@scenario("crowded-env", sees=CrowdedEnvSeen, launch=CROWDED, takes=0.1)
def crowded_env(drive: Drive) -> CrowdedEnvSeen:
    """Record how the start with a full environment went."""
    return CrowdedEnvSeen(started(drive), len(CROWDED.env), sum(len(n) + len(v) for n, v in CROWDED.env))


@scenario("hostname", sees=HostnameSeen, launch=LONG_HOSTNAME, takes=0.1)
def hostname(drive: Drive) -> HostnameSeen:
    """Record how the start under a long host name went."""
    return HostnameSeen(started(drive), LONG_HOSTNAME.hostname)
