"""Evidence as trials write it, made by hand: for the tests of rules that need no container."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from seatrial.conformance.boot import Boot, BootEnd, PingRun
from seatrial.conformance.diagnosis.autopsy import Autopsy, Experiment
from seatrial.conformance.evidence import Record, TrialFacts
from seatrial.conformance.subject.launcher import Ability, Image, Listener, Process, State, SubjectFacts
from seatrial.conformance.subject.logs import LogLine, LogSummary
from seatrial.conformance.verdict import Level, Untested, Verdict, Word
from seatrial.conformance.wire.exchange import Answer, Exchange, Request, Trouble

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["EXITED", "FACTS", "READY", "RUNNING", "answered", "boot", "broken", "failed", "hidden", "record"]

SUBJECT = SubjectFacts(
    "image", "subject:1", image=Image("subject:1", "sha256:0", "linux", "amd64", ("python3", "s.py"))
)
FACTS = TrialFacts(SUBJECT, frozenset(Ability), window=480.0, settings=(("memory", "8 GiB"), ("processes", "64")))
RUNNING = State(running=True)
EXITED = State(running=False, exit_code=1, exited_at=1.5)
READY = (Listener("0.0.0.0", 8080, 1),)
SERVER = Process(1, 0, ("python3", "s.py"))


def answered(status: int | None, trouble: Trouble | None = None, **more: Any) -> Exchange:
    """A ping and what came of it."""
    answer = None if status is None else Answer(status, complete=trouble is None)
    request = Request("GET", "/ping", (("Host", "model.aws.local:8080"),))
    return Exchange(request, answer, trouble, done=0.01, **more)


def boot(end: BootEnd, last: Exchange, *, state: State = RUNNING, **autopsy: Any) -> Boot:
    """A start of the main launch, with what was looked up at its end."""
    run = PingRun(0.0, 1.0, 20, last.status, last.trouble, last.done)
    seen = replace(Autopsy(state, listeners=READY, processes=(SERVER,), outgoing=()), **autopsy)
    ready_at = 1.0 if end is BootEnd.READY else None
    first = last if last.answer else None
    return Boot("main", end, ready_at, 2.0, (run,), first, last, state, seen)


def failed(status: int | None = None, trouble: Trouble | None = None, **autopsy: Any) -> Boot:
    """A start that ran out of time on a server whose last ping went like this."""
    return boot(BootEnd.TIMEOUT, answered(status, trouble), **autopsy)


def record(start: Boot, *log: str, facts: TrialFacts = FACTS) -> Record:
    """A record that holds a start and a log."""
    found = Record(facts)
    tail = start.autopsy and replace(start.autopsy, log_tail=log)
    found.add("boot", "main", replace(start, autopsy=tail))
    lines = tuple(LogLine(0.1, "stdout", line) for line in log)
    found.add("log@main", "main", LogSummary(lines, len(lines), 100, 0))
    return found


def broken(clause: str, *scenarios: str, observed: str = "", proof: Iterable[Exchange] = ()) -> Verdict:
    """A MUST that fails."""
    return Verdict(
        clause, "realtime", Level.MUST, Word.FAIL, "reason", "this", observed, scenarios=scenarios or ("boot",),
        proof=tuple(proof),
    )  # fmt: skip


def hidden(clause: str, because: str) -> Verdict:
    """A MUST that is untested because another is broken."""
    return Verdict(
        clause, "realtime", Level.MUST, Word.UNTESTED, untested=Untested.PREREQUISITE, because=because
    )  # fmt: skip


def tried(what: str, exchange: Exchange) -> Experiment:
    """One experiment."""
    return Experiment(what, exchange)
