"""Causes of a container that does not end when it is told to: what its first process does with SIGTERM."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seatrial.conformance.diagnosis.case import cut
from seatrial.conformance.diagnosis.cause import Cause
from seatrial.conformance.subject.launcher import OnTerm

if TYPE_CHECKING:
    from seatrial.conformance.diagnosis.case import Case

__all__ = ["RULES"]

WITHIN, STARTING = "stop.within-30-seconds", "stop.while-starting"
CLAUSES = (WITHIN, STARTING, "stop.prompt-when-idle", "stop.finishes-calls", "stop.twice")
EXEC_FORM = "image.entrypoint-exec-form"
TABLE = {OnTerm.HANDLED: "handles", OnTerm.IGNORED: "ignores", OnTerm.DEFAULT: "has no handler for"}
INIT = 'start it behind an init: ENTRYPOINT ["tini", "--", "python", "server.py"]'


def _survived(case: Case) -> str:
    """What was seen instead of an end; empty where the server ended."""
    return case.broken[WITHIN].observed if WITHIN in case.broken else ""


def _on_term(case: Case) -> OnTerm:
    return case.first_process.on_term if case.first_process else OnTerm.UNKNOWN


def _proof(case: Case, *more: str) -> str:
    """The first process, its signal table as the kernel shows it, and what followed SIGTERM."""
    word = TABLE.get(_on_term(case))
    table = f", which {word} SIGTERM by its signal table" if word else ""
    return "; ".join((f"{case.first}: `{cut(case.first_words, 120)}`{table}", *more, f"SIGTERM: {_survived(case)}"))


def shell_first(case: Case) -> Cause | None:
    """A shell is PID 1 and does not pass SIGTERM on."""
    if not _survived(case) or not case.shell_first or _on_term(case) is OnTerm.IGNORED:
        return None
    seen = case.autopsy.processes or () if case.autopsy else ()
    children = [f"its child, pid {p.pid}: `{cut(' '.join(p.argv), 80)}`" for p in seen if p.parent == 1]
    return Cause(
        "shell-swallows-sigterm",
        f"{case.first} is {case.shell_first}, which does not pass SIGTERM on to the server",
        _proof(case, *children[:1]),
        'start the server with `exec` in the script, or write the ENTRYPOINT in exec form: ["python", "server.py"]',
        (*CLAUSES, EXEC_FORM),
        proven=bool(seen),
    )


def ignored(case: Case) -> Cause | None:
    """The first process ignores SIGTERM by its own wish."""
    if not _survived(case) or _on_term(case) is not OnTerm.IGNORED:
        return None
    return Cause(
        "sigterm-ignored",
        f"{case.first} ignores SIGTERM, so the platform has to kill it after 30 s",
        _proof(case),
        "remove what ignores it (SIG_IGN, trap '' TERM), and end the server in a handler",
        CLAUSES,
    )


def no_handler(case: Case) -> Cause | None:
    """PID 1 has no handler, and the kernel drops signals for it that have none."""
    known = _on_term(case)
    if not _survived(case) or known not in {OnTerm.DEFAULT, OnTerm.UNKNOWN} or case.facts.subject.kind != "image":
        return None
    return Cause(
        "sigterm-not-handled",
        "PID 1 has no handler for SIGTERM, and the kernel's default does not hold for PID 1: the signal is lost",
        _proof(case),
        f"install a SIGTERM handler that ends the server, or {INIT}",
        CLAUSES,
        proven=known is OnTerm.DEFAULT,
    )


def endless(case: Case) -> Cause | None:
    """The first process hears SIGTERM, but its way down does not end in time."""
    if not _survived(case) or _on_term(case) is not OnTerm.HANDLED:
        return None
    return Cause(
        "shutdown-too-slow",
        f"{case.first} hears SIGTERM, but does not end within the 30 s that the platform gives it",
        _proof(case),
        "bound the drain (gunicorn: --graceful-timeout 25; uvicorn: --timeout-graceful-shutdown 25), and let no"
        " thread outlive it",
        CLAUSES,
    )


def late_handler(case: Case) -> Cause | None:
    """A ready server ends, one that still starts does not: the handler comes too late."""
    ready = next((v for v in case.verdicts if v.clause == WITHIN and v.observed), None)
    if STARTING not in case.broken or ready is None or _survived(case) or case.facts.subject.kind != "image":
        return None
    return Cause(
        "sigterm-handler-late",
        "until the server has installed its SIGTERM handler, PID 1 has none, and the signal is lost",
        f"SIGTERM 1 s after the start: {case.broken[STARTING].observed}; once ready: {ready.observed}",
        f"install the handler before anything is imported or loaded, or {INIT}",
        (STARTING,),
    )


RULES = (shell_first, ignored, no_handler, endless, late_handler)
