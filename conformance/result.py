"""The finished trial as one plain value: everything that a report shows, and nothing that needs looking up again.

Reports are derived from this value and from nothing else; `result.json` is its JSON form.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from seatrial.conformance.boot import Boot
from seatrial.conformance.contract import Clause, Profile, Source
from seatrial.conformance.evidence import TrialFacts
from seatrial.conformance.subject.launcher import Address
from seatrial.conformance.subject.logs import LogSummary
from seatrial.conformance.verdict import Grade, Level, Untested, Verdict, Word

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["Breakdown", "Diagnosis", "LaunchReport", "Plan", "PlannedLaunch", "Stop", "TrialResult"]


@dataclass(frozen=True)
class Diagnosis:
    """The root cause behind failures.

    Attributes:
        id: kebab-case, `loopback-bind`.
        cause: one sentence.
        proof: the experiment that proves it, and what it showed.
        cure: what to do.
        clauses: the broken clauses that it explains.
        hides: how many clauses are untested because of it.
        proven: whether an experiment proved it; else it is the likeliest of several.
    """

    id: str
    cause: str
    proof: str
    cure: str
    clauses: tuple[str, ...] = ()
    hides: int = 0
    proven: bool = True


@dataclass(frozen=True)
class PlannedLaunch:
    """One start in the plan.

    Attributes:
        name: of the launch spec.
        why: what it is for: the scenarios' names.
        scenarios: driven on it, in order.
        waits: deliberate waits on it, seconds.
        takes: estimated seconds of driving.
    """

    name: str
    why: str
    scenarios: tuple[str, ...]
    waits: float = 0.0
    takes: float = 0.0


@dataclass(frozen=True)
class Plan:
    """What will be started, waited for and driven; printed before the first launch."""

    launches: tuple[PlannedLaunch, ...]
    static: tuple[str, ...] = ()
    left_out: tuple[tuple[str, str], ...] = ()
    """Scenarios that do not run, and why."""

    @property
    def waits(self) -> float:
        """Sum of the deliberate waits, seconds; many overlap."""
        return sum(launch.waits for launch in self.launches)


@dataclass(frozen=True)
class Stop:
    """A graceful stop as a timeline, for the report.

    Attributes:
        launch: on which launch.
        events: (seconds since the signal, what happened), in order.
    """

    launch: str
    events: tuple[tuple[float, str], ...]


@dataclass(frozen=True)
class LaunchReport:
    """One launch as it went: its boot, its log and where it was dialled; `stop` where a graceful stop was observed."""

    name: str
    boot: Boot | None
    log: LogSummary | None
    stop: Stop | None = None
    address: Address | None = None


@dataclass(frozen=True)
class Breakdown:
    """Where the wall-clock time went, seconds. Cold starts overlap with driving; the rest adds up to `total`.

    Attributes:
        total: from the first to the last moment of the trial.
        cold_starts: (launch, seconds to its first 200).
        waits: (scenario, deliberate seconds).
        driving: seconds with at least one scenario driving, deliberate waits left out.
        judging: seconds spent judging and diagnosing.
        starts: how many instances were started.
        planned_starts: how many were planned.
        idle: seconds in which nothing happened but deliberate waits.
    """

    total: float = 0.0
    cold_starts: tuple[tuple[str, float], ...] = ()
    waits: tuple[tuple[str, float], ...] = ()
    driving: float = 0.0
    judging: float = 0.0
    starts: int = 0
    planned_starts: int = 0
    idle: float = 0.0


@dataclass(frozen=True)
class TrialResult:
    """A finished trial.

    Attributes:
        facts: what was on trial and how.
        profiles: the profiles judged.
        clauses: the judged clauses, in catalogue order.
        sources: what the keys in a clause's `source` mean.
        verdicts: one a clause, same order.
        diagnoses: root causes, the one that explains most first.
        grade: the result in one word.
        exit_code: of the run.
        selection: whether only a selection was judged (`-k`, `-m` …).
        strict: whether a broken SHOULD fails.
        plan: as printed before the first launch.
        launches: how each went.
        breakdown: where the time went.
        notes: sentences for the top of the report (missing inputs, interruptions).
    """

    facts: TrialFacts
    profiles: tuple[Profile, ...]
    clauses: tuple[Clause, ...]
    sources: tuple[tuple[str, Source], ...]
    verdicts: tuple[Verdict, ...]
    diagnoses: tuple[Diagnosis, ...]
    grade: Grade
    exit_code: int
    selection: bool
    strict: bool
    plan: Plan
    launches: tuple[LaunchReport, ...]
    breakdown: Breakdown
    notes: tuple[str, ...] = ()

    def count(self, word: Word, level: Level | None = None) -> int:
        """How many verdicts have a word, of one level or of all."""
        return sum(v.word is word and (level is None or v.level is level) for v in self.verdicts)

    def of(self, *words: Word) -> tuple[Verdict, ...]:
        """The verdicts with one of some words."""
        return tuple(v for v in self.verdicts if v.word in words)

    @property
    def missing_options(self) -> tuple[str, ...]:
        """The options that would make untested clauses testable, each once."""
        return _once(v.option for v in self.verdicts if v.untested is Untested.MISSING_INPUT and v.option)

    def clause(self, clause_id: str) -> Clause:
        """The clause of an id."""
        return next(c for c in self.clauses if c.id == clause_id)


def _once(words: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(words))
