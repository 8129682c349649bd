"""What a rule of diagnosis reads: the evidence of one trial, looked up conveniently. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from seatrial.conformance.boot import Boot
from seatrial.conformance.subject.launcher import Ability, Address, State
from seatrial.conformance.subject.logs import LogSummary
from seatrial.conformance.verdict import Untested, Verdict, Word

if TYPE_CHECKING:
    import re

    from seatrial.conformance.diagnosis.autopsy import Autopsy
    from seatrial.conformance.evidence import Record, TrialFacts
    from seatrial.conformance.subject.launcher import Image, Listener, Process
    from seatrial.conformance.wire.exchange import Exchange

__all__ = ["Case", "cut", "find_line", "shown"]

SHELLS = frozenset({"sh", "bash", "dash", "ash", "zsh", "busybox"})
SHOWN = 200
PORT = 8080
END_STATE = "stays-up"
"""The scenario whose field `state` says what became of the main launch after its first 200."""
KEEPS_RUNNING = "start.keeps-running"


@dataclass(frozen=True)
class _Ended:
    """The one field that is read of the observation `stays-up`."""

    state: State


class Case:
    """One trial with its verdicts.

    Args:
        record: what was observed.
        verdicts: of every judged clause.
    """

    def __init__(self, record: Record, verdicts: tuple[Verdict, ...]) -> None:
        self.record, self.verdicts = record, verdicts

    @property
    def facts(self) -> TrialFacts:
        """What was fixed before the first launch."""
        return self.record.facts

    @cached_property
    def broken(self) -> dict[str, Verdict]:
        """The clauses that FAIL or WARN, by id."""
        return {v.clause: v for v in self.verdicts if v.word in {Word.FAIL, Word.WARN}}

    @cached_property
    def boot(self) -> Boot | None:
        """How the main launch started; None where nothing was started."""
        return self.record.find("boot", Boot)

    @property
    def failed_boot(self) -> Boot | None:
        """The main launch's boot where it did not become ready."""
        return self.boot if self.boot is not None and not self.boot.ready else None

    @property
    def autopsy(self) -> Autopsy | None:
        """What was looked up when the main launch was ready, or had failed."""
        return self.boot.autopsy if self.boot else None

    @cached_property
    def end(self) -> State | None:
        """How the main launch ended, during its start or after its first 200; None where it lived on."""
        if self.failed_boot:
            return None if self.failed_boot.state.running else self.failed_boot.state
        later = self.record.find(END_STATE, _Ended) if self.boot else None
        return later.state if later and not later.state.running else None

    @property
    def image(self) -> Image | None:
        """The image on trial, where it is one."""
        return self.facts.subject.image

    @property
    def listeners(self) -> tuple[Listener, ...]:
        """The listening sockets of the main launch; empty where none were seen."""
        return (self.autopsy.listeners or ()) if self.autopsy else ()

    @property
    def first_process(self) -> Process | None:
        """PID 1 of the main launch, where processes were seen."""
        seen = self.autopsy.processes if self.autopsy else None
        return seen[0] if seen else None

    @property
    def tail(self) -> tuple[str, ...]:
        """The last lines of the log of a failed start."""
        return self.failed_boot.autopsy.log_tail if self.failed_boot and self.failed_boot.autopsy else ()

    @cached_property
    def log(self) -> tuple[str, ...]:
        """The log of the main launch."""
        summary = self.record.find("log@main", LogSummary)
        lines = tuple(line.text for line in summary.lines) if summary else ()
        return lines or self.tail

    @property
    def last_words(self) -> str:
        """The last line of the log that is not blank, as a proof shows it."""
        last = next((line for line in reversed(self.log) if line.strip()), "")
        return f"last line of the log: {cut(last)}" if last else "the log is empty"

    def tried(self, what: str) -> Exchange | None:
        """What came of an experiment on the failed start."""
        experiments = self.autopsy.experiments if self.failed_boot and self.autopsy else ()
        return next((e.exchange for e in experiments if e.what == what), None)

    def broken_among(self, *prefixes: str) -> tuple[str, ...]:
        """Ids of the broken clauses that begin with one of some prefixes."""
        return tuple(c for c in self.broken if c.startswith(prefixes))

    @property
    def broken_by_boot(self) -> tuple[str, ...]:
        """The broken clauses that were judged on the failed start."""
        return tuple(c for c, v in self.broken.items() if "boot" in v.scenarios) if self.failed_boot else ()

    @cached_property
    def broken_by_end(self) -> tuple[str, ...]:
        """The broken clauses that the end of the main launch explains: what was asked of it afterwards among them."""
        if self.failed_boot or self.end is None:
            return self.broken_by_boot
        at = self.end.exited_at
        launches = {line.scenario: line.launch for line in self.record.lines}
        after = (
            clause
            for clause, verdict in self.broken.items()
            if at is not None
            and any(launches.get(s) == "main" for s in verdict.scenarios)
            and any(proof.started + proof.done >= at for proof in verdict.proof)
        )
        return tuple(dict.fromkeys((KEEPS_RUNNING, *after)))

    def hidden_by(self, clauses: tuple[str, ...], *, start: bool) -> int:
        """How many clauses are untested because of some, these among them.

        Args:
            clauses: that one cause explains, broken or not.
            start: whether it also hides what could not be driven because nothing became ready.
        """
        hidden = [v for v in self.verdicts if v.word is Word.UNTESTED and v.untested is Untested.PREREQUISITE]
        start = start and self.failed_boot is not None
        return sum(v.because in clauses or v.clause in clauses or (start and not v.because) for v in hidden)

    @property
    def first_words(self) -> str:
        """The command line of PID 1, by the process list or the entrypoint."""
        argv = self.first_process.argv if self.first_process else ()
        if not argv and self.image:
            argv = (*self.image.entrypoint, "serve")
        return " ".join(argv)

    @cached_property
    def port(self) -> int:
        """The port on which the server has to listen, as it numbers it itself; 0 where that is not known."""
        dialled = self.record.find("address@main", Address)
        if dialled and dialled.port and Ability.DIRECT_ADDRESS in self.facts.abilities:
            return dialled.port
        return PORT if self.facts.subject.kind == "image" else 0

    @property
    def first(self) -> str:
        """What its first process is called."""
        return "PID 1" if self.facts.subject.kind == "image" else "the process"

    @property
    def shell_first(self) -> str:
        """The shell that is PID 1; empty where none is."""
        name = self.first_words.partition(" ")[0].rsplit("/", 1)[-1]
        return name if name in SHELLS else ""


def find_line(pattern: re.Pattern[str], lines: tuple[str, ...]) -> str:
    """The last line that matches, cut; empty where none does."""
    return next((cut(line) for line in reversed(lines) if pattern.search(line)), "")


def cut(line: str, most: int = SHOWN) -> str:
    """A line as a report shows it."""
    line = line.strip()
    return line if len(line) <= most else f"{line[: most - 1]}…"


def shown(listeners: tuple[Listener, ...]) -> str:
    """Listening sockets in words."""
    return ", ".join(sorted({f"[{one.host}]:{one.port}" if ":" in one.host else f"{one.host}:{one.port}"
                             for one in listeners}))  # fmt: skip
