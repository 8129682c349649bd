"""Causes of a server that starts and dies: a limit, a file it may not write, an exception of its own, or silence."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from seatrial.conformance.diagnosis.case import cut, find_line
from seatrial.conformance.diagnosis.cause import Cause
from seatrial.conformance.diagnosis.traces import exception

if TYPE_CHECKING:
    from seatrial.conformance.diagnosis.case import Case
    from seatrial.conformance.subject.launcher import State

__all__ = ["LATE_RULES", "RULES"]

READ_ONLY = re.compile(r"read-only file ?system|\berofs\b|\[errno 30\]|os error 30\b", re.IGNORECASE)
DENIED = re.compile(r"permission denied|\beacces\b|\[errno 13\]|os error 13\b", re.IGNORECASE)
NO_THREAD = re.compile(
    r"can't start new thread|resource temporarily unavailable|cannot fork|fork: retry|unable to create (?:new )?native"
    r" thread|pthread_create failed|blockingioerror: \[errno 11\]",
    re.IGNORECASE,
)
MEANINGS = {
    126: "a program that may not be executed", 127: "a program that was not found", 132: "an instruction that this"
    " processor does not have", 134: "it aborted itself", 135: "a bus error: often shared memory that is too small",
    136: "an arithmetic fault", 137: "SIGKILL", 139: "a segmentation fault", 143: "SIGTERM",
}  # fmt: skip
"""What exit codes beyond a program's own usually stand for."""
ENOUGH_DEATHS = 3


def stopped_by_limit(case: Case) -> Cause | None:
    """The harness stopped it because it flooded its log or filled its disk."""
    if case.end is None or not case.end.stopped_for:
        return None
    return Cause(
        "resource-limit",
        f"it used up what one server may use, and was stopped: {case.end.stopped_for}",
        f"measured while it ran: {case.end.stopped_for}; {_ended(case.end)}",
        "log by event and not in a loop, and clean up what is written to disk",
        case.broken_by_end,
    )


def out_of_memory(case: Case) -> Cause | None:
    """The kernel killed it, or a part of it, for memory."""
    boot = case.failed_boot
    state = case.end or (boot.state if boot else None)
    if state is None or not state.oom_killed:
        return None
    limit = dict(case.facts.settings).get("memory") or "its limit"
    return Cause(
        "out-of-memory",
        f"it needed more memory than the {limit} it was given, and the kernel killed it",
        f"the kernel's out-of-memory mark on the container; {_ended(state)}",
        "use fewer workers or a smaller model, or give it more with --trial-memory if the instance type has it",
        case.broken_by_end,
    )


def out_of_processes(case: Case) -> Cause | None:
    """The kernel refuses it another process or thread."""
    line = find_line(NO_THREAD, case.tail)
    if not line:
        return None
    limit = dict(case.facts.settings).get("processes") or "its limit of"
    running = len(case.autopsy.processes or ()) if case.autopsy else 0
    seen = f"{running} processes at the end; " if running > 1 else ""
    return Cause(
        "out-of-processes",
        f"it wanted more than the {limit} processes and threads it may have",
        f"{seen}log of the start: {line}",
        "start fewer workers and threads (OMP_NUM_THREADS, a bounded pool), or allow more with --trial-pids",
        case.broken_by_boot,
    )


def read_only_model(case: Case) -> Cause | None:
    """It writes to the model directory, which the platform mounts read-only."""
    line = find_line(READ_ONLY, case.tail)
    if not line:
        return None
    return Cause(
        "read-only-model-dir",
        "it writes to /opt/ml/model, which the platform mounts read-only",
        f"log of the start: {line}",
        "move caches, locks and unpacked files to /tmp (HF_HOME, TRITON_CACHE_DIR, XDG_CACHE_HOME …)",
        case.broken_by_boot,
    )


def permission_denied(case: Case) -> Cause | None:
    """It may not write or read where it tries to."""
    line = find_line(DENIED, case.tail)
    if case.end is None or not line:
        return None
    user = case.image.user if case.image else ""
    who = f"USER {user}" if user else "root"
    return Cause(
        "permission-denied",
        f"running as {who}, it is refused a file or folder that it needs, and ends",
        f"{who} in the image's configuration; {_ended(case.end)}; log: {line}",
        "drop USER (hosting containers run as root), or chmod/chown that path in the Dockerfile",
        case.broken_by_boot,
    )


def crash_loop(case: Case) -> Cause | None:
    """A supervisor starts the server again and again."""
    autopsy = case.autopsy if case.failed_boot else None
    if autopsy is None or case.end is not None:
        return None
    before, after = autopsy.processes or (), autopsy.processes_after or ()
    newest = max((p.pid for p in before), default=0), max((p.pid for p in after), default=0)
    found = exception(case.log)
    said = found.words if found else next((line.strip() for line in reversed(case.log) if line.strip()), "")
    deaths = sum(line.strip() == said for line in case.log) if said else 0
    if deaths < ENOUGH_DEATHS or newest[1] <= newest[0]:
        return None
    times = f"{deaths} times in {case.failed_boot.waited:.0f} s" if case.failed_boot else f"{deaths} times"
    return Cause(
        "crash-loop",
        f"the server dies at every start and is started again by `{cut(case.first_words, 80)}`: {cut(said)}",
        f"log: this line {times}; the newest process was {newest[0]}, a moment later {newest[1]}",
        "mend what the log names, and let the container end when its server cannot start",
        case.broken_by_boot,
    )


def crash(case: Case) -> Cause | None:
    """It ended with an exception of its own."""
    found = exception(case.log) if case.end else None
    if case.end is None or found is None or case.end.exit_code == 0:
        return None
    where = f" at {found.where}" if found.where else ""
    later = "" if case.failed_boot else ", after it had been ready"
    return Cause(
        "crash" if later else "crash-at-start",
        f"the server crashed{where}{later}: {cut(found.words)}",
        f"{_ended(case.end)}; the last exception in its log",
        found.cure or "mend the exception: `docker run IMAGE serve` shows the whole of it",
        case.broken_by_end,
    )


def exited(case: Case) -> Cause | None:
    """It ended without an exception in its log, or without any log at all."""
    if case.end is None or case.end.error:
        return None
    silent = not any(line.strip() for line in case.log)
    return Cause(
        "silent-exit" if silent else "exited",
        _ended(case.end) + (" without writing a line" if silent else ""),
        f"exit state of the container; {case.last_words}",
        "let the server stay in the foreground (no `&`, no daemon mode)"
        if case.end.exit_code == 0
        else "let it write to stderr why it stops, and mend that",
        case.broken_by_end,
    )


def _ended(state: State) -> str:
    if state.exit_code is None:
        return "it still runs"
    code = state.exit_code
    meaning = MEANINGS.get(code, f"signal {code - 128}" if 128 < code < 193 else "")
    after = f" after {state.exited_at:.1f} s" if state.exited_at is not None else ""
    return f"it exited with code {code}{f' ({meaning})' if meaning else ''}{after}"


RULES = (stopped_by_limit, out_of_memory, out_of_processes, read_only_model, permission_denied, crash_loop, crash)
LATE_RULES = (exited,)
