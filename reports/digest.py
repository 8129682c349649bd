"""Orders a finished trial for people: root causes first, what they hide counted, gaps grouped.

Every renderer for people shows this value, so that terminal, Markdown and HTML tell the same story. Pure: it reads a
`TrialResult` and formats nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from seatrial.conformance.contract import Clause
from seatrial.conformance.result import Diagnosis
from seatrial.conformance.subject.logs import LogLine
from seatrial.conformance.verdict import Untested, Verdict, Word

if TYPE_CHECKING:
    from collections.abc import Iterable

    from seatrial.conformance.result import LaunchReport, TrialResult

__all__ = ["Digest", "Failure", "Gap", "SourceLink", "digest", "launch_of", "log_during", "source_links"]

BEFORE, AFTER = 0.05, 0.5
"""Seconds around an exchange in which a log line still belongs to it: servers log after they answered."""


@dataclass(frozen=True)
class SourceLink:
    """Where a clause is written down: the catalogue's key, and the page that it stands for (empty where unknown)."""

    key: str
    title: str
    url: str


@dataclass(frozen=True)
class Failure:
    """One broken clause, together with the others that have the same root cause.

    Attributes:
        verdict: of the clause that stands for all of them.
        clause: it.
        diagnosis: the root cause; None where none is known.
        also: the other broken clauses with the same cause.
        hides: how many clauses are untested because of it.
        launch: the launch that it was seen on; empty for a static clause.
        log: the log of that launch during the check.
    """

    verdict: Verdict
    clause: Clause
    diagnosis: Diagnosis | None
    also: tuple[Verdict, ...]
    hides: int
    launch: str
    log: tuple[LogLine, ...]

    @property
    def cure(self) -> str:
        """What to do: the diagnosis's cure, else the clause's own."""
        return self.diagnosis.cure if self.diagnosis and self.diagnosis.cure else self.clause.cure


@dataclass(frozen=True)
class Gap:
    """Clauses that are UNTESTED for the same reason.

    Attributes:
        why: in words.
        option: the option that would mend it; empty where none would.
        verdicts: which.
    """

    why: str
    option: str
    verdicts: tuple[Verdict, ...]


@dataclass(frozen=True)
class Digest:
    """A trial, ordered for people.

    Attributes:
        errors: the harness's own faults: nothing else counts where there is one.
        failures: broken MUSTs, the cause that explains most first.
        warnings: broken SHOULDs.
        loose: root causes behind which no clause is broken (an incomplete run).
        missing: what the user did not offer, grouped by the option.
        blocked: what could not be judged because something else is broken.
        out_of_reach: what this launcher cannot see.
        absent: NOT_APPLICABLE verdicts.
    """

    errors: tuple[Verdict, ...]
    failures: tuple[Failure, ...]
    warnings: tuple[Failure, ...]
    loose: tuple[Diagnosis, ...]
    missing: tuple[Gap, ...]
    blocked: tuple[Gap, ...]
    out_of_reach: tuple[Gap, ...]
    absent: tuple[Verdict, ...]


def digest(result: TrialResult) -> Digest:
    """Order a finished trial for people."""
    untested = result.of(Word.UNTESTED)
    broken = {v.clause for v in result.of(Word.FAIL, Word.WARN)}
    return Digest(
        errors=result.of(Word.HARNESS_ERROR),
        failures=_failures(result, Word.FAIL),
        warnings=_failures(result, Word.WARN),
        loose=tuple(d for d in result.diagnoses if not broken.intersection(d.clauses)),
        missing=_gaps(v for v in untested if v.untested is Untested.MISSING_INPUT or v.option),
        blocked=_gaps(v for v in untested if v.untested is Untested.PREREQUISITE and not v.option),
        out_of_reach=_gaps(v for v in untested if v.untested is Untested.OUT_OF_REACH and not v.option),
        absent=result.of(Word.NOT_APPLICABLE),
    )


def _failures(result: TrialResult, word: Word) -> tuple[Failure, ...]:
    """Verdicts with a word, grouped by root cause: diagnosed ones in the order of the diagnoses, then the others."""
    left = {v.clause: v for v in result.of(word)}
    groups: list[tuple[Diagnosis | None, list[Verdict]]] = []
    for diagnosis in result.diagnoses:
        explained = [left.pop(c) for c in diagnosis.clauses if c in left]
        if explained:
            groups.append((diagnosis, explained))
    groups += [(None, [verdict]) for verdict in left.values()]
    return tuple(_failure(result, diagnosis, group) for diagnosis, group in groups)


def _failure(result: TrialResult, diagnosis: Diagnosis | None, group: list[Verdict]) -> Failure:
    first, ids = group[0], {v.clause for v in group}
    hidden = sum(v.word is Word.UNTESTED and v.because in ids for v in result.verdicts)
    return Failure(
        verdict=first,
        clause=result.clause(first.clause),
        diagnosis=diagnosis,
        also=tuple(group[1:]),
        hides=max(hidden, diagnosis.hides if diagnosis and first.word is Word.FAIL else 0),
        launch=launch_of(result, first),
        log=log_during(result, first),
    )


def _gaps(verdicts: Iterable[Verdict]) -> tuple[Gap, ...]:
    groups: dict[tuple[str, str], list[Verdict]] = {}
    for verdict in verdicts:
        groups.setdefault((verdict.option, verdict.observed), []).append(verdict)
    gaps = (Gap(why, option, tuple(some)) for (option, why), some in groups.items())
    return tuple(sorted(gaps, key=lambda gap: -len(gap.verdicts)))


def launch_of(result: TrialResult, verdict: Verdict) -> str:
    """The name of the launch that a verdict was judged on; empty where it was judged without one."""
    seen = [scenario for scenario in verdict.scenarios if scenario not in result.plan.static]
    for scenario in seen:
        for launch in result.plan.launches:
            if scenario in launch.scenarios:
                return launch.name
        if at := scenario.partition("@")[2]:
            return at
    return _main(result) if seen or verdict.proof else ""


def _main(result: TrialResult) -> str:
    return result.launches[0].name if result.launches else ""


def launch_report(result: TrialResult, name: str) -> LaunchReport | None:
    """How a launch went; None where there is no report of it."""
    return next((launch for launch in result.launches if launch.name == name), None)


def log_during(result: TrialResult, verdict: Verdict) -> tuple[LogLine, ...]:
    """What the subject logged while the proof of a verdict was recorded; with no proof, the log up to its readiness."""
    launch = launch_report(result, launch_of(result, verdict))
    if launch is None or launch.log is None or not (verdict.proof or verdict.word in {Word.FAIL, Word.WARN}):
        return ()
    if verdict.proof:
        start = min(e.started for e in verdict.proof) - BEFORE
        end = max(e.started + e.done for e in verdict.proof) + AFTER
        if "boot" in {s.partition("@")[0] for s in verdict.scenarios}:
            start = 0.0
    elif launch.boot is not None:
        start, end = 0.0, launch.boot.waited + AFTER
    else:
        return ()
    return tuple(line for line in launch.log.lines if start <= line.at <= end)


def source_links(result: TrialResult, clause: Clause) -> tuple[SourceLink, ...]:
    """The pages behind a clause's source keys, a `#fragment` carried over to the page's address."""
    known = dict(result.sources)
    links = []
    for key in clause.source:
        base, _, fragment = key.partition("#")
        if key in known:
            links.append(SourceLink(key, known[key].title, known[key].url))
        elif base in known:
            links.append(SourceLink(key, known[base].title, f"{known[base].url}#{fragment}"))
        else:
            links.append(SourceLink(key, key, ""))
    return tuple(links)
