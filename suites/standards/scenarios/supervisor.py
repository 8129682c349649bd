"""Ends the server under its supervisor in several ways, and watches what the supervisor makes of it.

The server is killed from inside, by the mounted script: so it is the server that dies and not what watches over it.
Whether a supervisor stands above the server is read from the process list; the judges ask `is_supervisor`.
"""

from __future__ import annotations

import re
import signal
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING

from seatrial.conformance.api import Drive, Exchange, Process, State, Unobserved, Untested, scenario
from seatrial.suites.standards.scenarios.probing import deed, header, probe

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = [
    "DEATHS",
    "RETRIES",
    "Death",
    "RecoveryOffSeen",
    "RestartsSeen",
    "StartsSeen",
    "SupervisedSeen",
    "TermSeen",
    "is_supervisor",
]

SUPERVISOR = re.compile(r"standard[-_]supervisor|supervisord|standards[./]supervisor")
RETRIES = 1
DEATHS = ("kill", "kill", "exit:0")
"""One more kill than retries are allowed, then an end that looks like success."""
SETTLED = 1.6
"""Real seconds that a server must have run for the supervisor to count its start as successful; one is the default."""
EXTRA, GIVEN_UP_IN, REFUSES_IN, STAYS_DOWN, READY_IN = 10.0, 120.0, 30.0, 3.0, 120.0
"""Real seconds: a supervisor and an interpreter that starts do not keep the time of a shortened trial."""
EXIT_CODE = 7
SHORT_CALL, LONG_CALL = 1.0, 9.0
EARLY = 0.4
TERM_PATIENCE = 31.0
STARTED = "seatrial-trial "
FATAL = re.compile(r"\bFATAL\b")

SUPERVISED = (("PROCESS_AUTO_RECOVERY", "1"), ("PROCESS_MAX_START_RETRIES", str(RETRIES)))
RECOVERY = probe("recovery", *SUPERVISED)
DRAIN = probe("drain", *SUPERVISED)
OFF = probe("recovery-off", ("PROCESS_AUTO_RECOVERY", "false"))
YES = probe("recovery-yes", ("PROCESS_AUTO_RECOVERY", "yes"))
# A start counts as failed until the server has run for an hour, so that each of these ends counts.
GIVES_UP = probe("gives-up", *SUPERVISED, ("SUPERVISOR_PROGRAM__APP_STARTSECS", "3600"), script_name="always_fails.py")
RETRIES_101 = probe("retries-101", ("PROCESS_AUTO_RECOVERY", "1"), ("PROCESS_MAX_START_RETRIES", "101"))
RETRIES_ABC = probe("retries-abc", ("PROCESS_AUTO_RECOVERY", "1"), ("PROCESS_MAX_START_RETRIES", "abc"))
LEVEL_WARN = probe("level-warn", ("PROCESS_AUTO_RECOVERY", "1"), ("LOG_LEVEL", "Warn"))
LEVEL_WARNING = probe("level-warning", ("PROCESS_AUTO_RECOVERY", "1"), ("LOG_LEVEL", "WARNING"))


@dataclass(frozen=True)
class SupervisedSeen:
    """The processes of a launch whose variables ask for a supervisor, once it was ready."""

    processes: tuple[Process, ...]


@dataclass(frozen=True)
class Death:
    """One end of the server, brought about from inside.

    Attributes:
        how: `kill`, or `exit:` with the code.
        before: the server's process id.
        after: that of the server that answered next; empty where none did.
        back_after: seconds from the end to the first 200 of another process; None where none came.
        waited: seconds that were waited for it.
        state: of the first process then.
    """

    how: str
    before: str
    after: str
    back_after: float | None
    waited: float
    state: State


@dataclass(frozen=True)
class RestartsSeen:
    """What became of a server that died several times, each time after it had run for a while.

    Attributes:
        start: seconds from the launch to the first 200.
        deaths: in order; none follows one after which the server did not come back.
        stdout: whether the line that the script printed to stdout arrived in the log.
        stderr: the same for stderr.
        nonce: whether the variable that the launch sets arrived in the server.
    """

    start: float
    deaths: tuple[Death, ...]
    stdout: bool
    stderr: bool
    nonce: bool


@dataclass(frozen=True)
class RecoveryOffSeen:
    """A launch with recovery switched off, or on in an unusual way.

    Attributes:
        processes: that were alive once it was ready.
        ended: the state after the server was told to exit with code 7; None where it was not told.
    """

    processes: tuple[Process, ...]
    ended: State | None


@dataclass(frozen=True)
class StartsSeen:
    """A launch whose server never becomes ready, or must not.

    Attributes:
        starts: how often the script said that it was being imported.
        ready: whether /ping answered 200 at any time.
        fatal: whether the supervisor wrote that it had given up.
        state: at the end.
        waited: seconds from the launch to the end.
        last: the last lines of the log.
    """

    starts: int
    ready: bool
    fatal: bool
    state: State
    waited: float
    last: tuple[str, ...]

    @property
    def ending(self) -> str:
        """How it ended, in words."""
        last = f"; last line: {self.last[-1][:160]}" if self.last else ""
        if self.state.running:
            return f"it still ran after {self.waited:.0f} s{last}"
        return f"exit code {self.state.exit_code} after {self.waited:.0f} s{last}"


@dataclass(frozen=True)
class TermSeen:
    """SIGTERM with one call in flight.

    Attributes:
        call: the call.
        seconds: how long its answer takes.
        answered_after: seconds from SIGTERM to the end of the call.
        exited_after: seconds from SIGTERM to the exit; None where it still ran after 31 s.
        state: at the end.
    """

    call: Exchange
    seconds: float
    answered_after: float
    exited_after: float | None
    state: State


def is_supervisor(process: Process) -> bool:
    """Whether a process is the supervisor of the standards, or the supervisord that it starts."""
    return any(SUPERVISOR.search(word) for word in process.argv[:4])


@scenario("standards-supervised", sees=SupervisedSeen, launch=RECOVERY, starting=True, takes=0.1)
def supervised(drive: Drive) -> SupervisedSeen:
    """Look who runs where recovery is switched on."""
    _need_ready(drive)
    return SupervisedSeen(drive.instance.processes())


@scenario(
    "standards-restarts", sees=RestartsSeen, launch=RECOVERY, starting=True, waits=SETTLED * len(DEATHS), takes=10.0
)
def restarts(drive: Drive) -> RestartsSeen:
    """Kill the server twice, then have it exit with 0; each time once it has run for a while."""
    start = _need_ready(drive)
    ping = drive.ping()
    nonce = header(ping, "X-Seatrial-Nonce") == RECOVERY.name
    deaths: list[Death] = []
    for how in DEATHS:
        drive.wait(SETTLED / drive.facts.scale)
        deaths.append(_die(drive, how, start))
        if deaths[-1].back_after is None:
            break
    text = "\n".join(line.text for line in drive.instance.logs.lines)
    stdout, stderr = (f"{word} {RECOVERY.name}" in text for word in ("seatrial-stdout", "seatrial-trial"))
    return RestartsSeen(start, tuple(deaths), stdout, stderr, nonce)


def _die(drive: Drive, how: str, start: float) -> Death:
    before = header(drive.ping(), "X-Seatrial-Pid")
    deed(drive, how)
    began = drive.instance.now()
    found: list[str] = []

    def back() -> bool:
        ping = drive.ping()
        pid = header(ping, "X-Seatrial-Pid")
        if ping.status == 200 and pid != before:
            found.append(pid)
        return bool(found) or not drive.instance.state().running

    drive.until(back, (3 * start + EXTRA) / drive.facts.scale, every=0.05)
    took = drive.instance.now() - began
    after = found[0] if found else ""
    return Death(how, before, after, took if found else None, took, drive.instance.state())


@scenario("standards-term", sees=TermSeen, launch=RECOVERY, starting=True, ends=True, takes=3.0)
def term(drive: Drive) -> TermSeen:
    """SIGTERM while a call of one second is in flight."""
    _need_ready(drive)
    return _term(drive, SHORT_CALL)


@scenario("standards-drain", sees=TermSeen, launch=DRAIN, starting=True, ends=True, takes=10.0)
def drain(drive: Drive) -> TermSeen:
    """SIGTERM while a call of nine seconds is in flight."""
    _need_ready(drive)
    return _term(drive, LONG_CALL)


def _term(drive: Drive, contract: float) -> TermSeen:
    calls: list[Exchange] = []
    seconds = drive.seconds(contract)
    caller = threading.Thread(target=lambda: calls.append(deed(drive, f"sleep:{seconds:.2f}")), name="seatrial-caller")
    caller.start()
    drive.wait(EARLY)
    at = drive.instance.now()
    drive.instance.signal(signal.SIGTERM)
    state = drive.instance.wait_exit(drive.seconds(TERM_PATIENCE))
    exited = None if state.running else max(0.0, (state.exited_at or drive.instance.now()) - at)
    if state.running:
        drive.instance.signal(signal.SIGKILL)
    caller.join()
    answered = calls[0].started + calls[0].done - at
    return TermSeen(calls[0], contract, answered, exited, state)


@scenario("standards-recovery-off", sees=RecoveryOffSeen, launch=OFF, starting=True, ends=True, takes=1.0)
def recovery_off(drive: Drive) -> RecoveryOffSeen:
    """Look who runs, then have the server exit with a code of its own."""
    _need_ready(drive)
    processes = drive.instance.processes()
    deed(drive, f"exit:{EXIT_CODE}")
    return RecoveryOffSeen(processes, drive.instance.wait_exit(EXTRA))


@scenario("standards-recovery-yes", sees=RecoveryOffSeen, launch=YES, starting=True, takes=0.1)
def recovery_yes(drive: Drive) -> RecoveryOffSeen:
    """Look who runs where recovery was switched on with a word that is not documented everywhere."""
    _need_ready(drive)
    return RecoveryOffSeen(drive.instance.processes(), None)


@scenario("standards-gives-up", sees=StartsSeen, launch=GIVES_UP, starting=True, takes=12.0)
def gives_up(drive: Drive) -> StartsSeen:
    """Watch a server that dies at every start until its supervisor gives up, and a moment longer."""
    return _watch(drive, GIVEN_UP_IN, lambda: _starts(drive) > RETRIES + 1 or _fatal(drive))


@scenario("standards-retries-101", sees=StartsSeen, launch=RETRIES_101, starting=True, takes=1.0)
def retries_101(drive: Drive) -> StartsSeen:
    """More retries than there may be."""
    return _watch(drive, REFUSES_IN, lambda: _starts(drive) > 0)


@scenario("standards-retries-abc", sees=StartsSeen, launch=RETRIES_ABC, starting=True, takes=1.0)
def retries_abc(drive: Drive) -> StartsSeen:
    """A number of retries that is no number."""
    return _watch(drive, REFUSES_IN, lambda: _starts(drive) > 0)


@scenario("standards-level-warn", sees=StartsSeen, launch=LEVEL_WARN, starting=True, takes=2.0)
def level_warn(drive: Drive) -> StartsSeen:
    """A level in the supervisor's own spelling."""
    return _watch(drive, REFUSES_IN, lambda: _starts(drive) > 0)


@scenario("standards-level-warning", sees=StartsSeen, launch=LEVEL_WARNING, starting=True, takes=2.0)
def level_warning(drive: Drive) -> StartsSeen:
    """The same level as Python's logging spells it."""
    return _watch(drive, REFUSES_IN, lambda: _starts(drive) > 0)


def _watch(drive: Drive, real: float, over: Callable[[], bool]) -> StartsSeen:
    """Wait for an exit, for a 200, or for what the caller waits for; then look once more whether anything serves."""
    ready = False

    def done() -> bool:
        nonlocal ready
        ready = ready or drive.ping().status == 200
        return ready or not drive.instance.state().running or over()

    drive.until(done, real / drive.facts.scale, every=0.1)
    drive.until(lambda: not drive.instance.state().running, STAYS_DOWN / drive.facts.scale, every=0.1)
    ready = ready or drive.ping().status == 200
    lines = tuple(drive.client.mask.mask_text(line.text) for line in drive.instance.logs.lines[-5:])
    state = drive.instance.state()
    return StartsSeen(_starts(drive), ready, _fatal(drive), state, drive.instance.now(), lines)


def _starts(drive: Drive) -> int:
    return sum(STARTED in line.text for line in drive.instance.logs.lines)


def _fatal(drive: Drive) -> bool:
    return any(FATAL.search(line.text) for line in drive.instance.logs.lines)


def _need_ready(drive: Drive) -> float:
    """Wait for the first 200; seconds from the launch to it.

    Raises:
        Unobserved: none came.
    """
    running = drive.instance.state
    drive.until(lambda: drive.ping().status == 200 or not running().running, READY_IN / drive.facts.scale, every=0.05)
    if drive.ping().status != 200:
        raise Unobserved(Untested.PREREQUISITE, f"the launch {drive.instance.spec.name} did not become ready")
    return drive.instance.now()
