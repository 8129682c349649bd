"""Judging: one clause, or all of them, on a record of observations. Pure: the same record gives the same verdicts.

A clause is judged only where its launcher can see it, its inputs were offered and the clauses that it depends on hold;
else it is UNTESTED, with the reason. Dependencies are judged here too, whether or not they were selected.
"""

from __future__ import annotations

import traceback
from typing import TYPE_CHECKING, Any

from seatrial.conformance.boot import Boot
from seatrial.conformance.diagnosis.excuse import excuse
from seatrial.conformance.evidence import Crashed, Record, TrialFacts
from seatrial.conformance.expect import ClauseBroken, Fact, NotApplicable, OnlyFact, Unobserved
from seatrial.conformance.options import OPTION_OF_INPUT
from seatrial.conformance.samples import SamplesSeen
from seatrial.conformance.scenario import JUDGES, SCENARIOS
from seatrial.conformance.subject.launcher import Ability
from seatrial.conformance.verdict import Level, Untested, Verdict, Word

if TYPE_CHECKING:
    from collections.abc import Iterable

    from seatrial.conformance.contract import Catalogue, Clause

__all__ = ["Bench", "Limits"]

HARNESS_SEES: dict[str, type[Any]] = {"boot": Boot, "samples": SamplesSeen}
BROKEN = frozenset({Word.FAIL, Word.WARN, Word.UNTESTED, Word.HARNESS_ERROR})


class Limits:
    """The numbers of one clause, by name; times (`*_s`) are multiplied by the trial's scale."""

    def __init__(self, numbers: dict[str, float], scale: float) -> None:
        self._numbers, self._scale = numbers, scale

    def __getattr__(self, name: str) -> float:
        try:
            number = self._numbers[name]
        except KeyError:
            raise AttributeError(f"the clause has no limit {name!r}") from None
        return number * self._scale if name.endswith("_s") else number


class Bench:
    """Judges the clauses of a catalogue on one record, each at most once.

    Args:
        catalogue: the clauses.
        record: what was observed.
    """

    def __init__(self, catalogue: Catalogue, record: Record) -> None:
        self.catalogue, self.record = catalogue, record
        self._verdicts: dict[str, Verdict] = {}

    def judge_all(self, ids: Iterable[str] | None = None) -> tuple[Verdict, ...]:
        """Judge some clauses, or every one that has a test, in catalogue order."""
        wanted = [c.id for c in self.catalogue.judged] if ids is None else list(ids)
        return tuple(self.judge(i) for i in wanted)

    def judge(self, clause_id: str) -> Verdict:
        """Judge one clause."""
        if clause_id not in self._verdicts:
            self._verdicts[clause_id] = self._judge(self.catalogue.clauses[clause_id])
        return self._verdicts[clause_id]

    def _judge(self, clause: Clause) -> Verdict:
        return (
            self._absent(clause)
            or out_of_reach(clause, self.record.facts)
            or self._hidden(clause)
            or missing_input(clause, self.record)
            or self._run(clause)
        )

    def _absent(self, clause: Clause) -> Verdict | None:
        """NOT_APPLICABLE where the clause's whole profile is."""
        presence = self.catalogue.presence_of(clause)
        verdict = self.judge(presence.id) if presence else None
        if verdict is None or verdict.word is not Word.NOT_APPLICABLE:
            return None
        return Verdict(clause.id, clause.profile, clause.level, Word.NOT_APPLICABLE, observed=verdict.observed)

    def _hidden(self, clause: Clause) -> Verdict | None:
        presence = self.catalogue.presence_of(clause)
        for other in (*([presence.id] if presence else []), *clause.depends_on):
            if other not in self.catalogue.clauses or self.catalogue.clauses[other].excluded:
                continue
            verdict = self.judge(other)
            if verdict.word in BROKEN and verdict.untested is not Untested.OUT_OF_REACH:
                root = verdict.because or other
                return _untested(
                    clause, Untested.PREREQUISITE, f"{root} does not hold", option=verdict.option, because=root
                )
        return None

    def _run(self, clause: Clause) -> Verdict:
        judge = JUDGES[clause.id]
        seen = tuple(n.replace("_", "-") for n in judge.takes if n not in {"limit", "facts"})
        try:
            judge.judge(**{name: self._argument(name, clause, judge.optional) for name in judge.takes})
        except ClauseBroken as broken:
            if "boot" in seen and Ability.ISOLATION not in clause.needs and (hindered := excuse(self.record)):
                return _untested(clause, Untested.MISSING_INPUT, hindered.cause, option=hindered.option, scenarios=seen)
            word = {Level.MUST: Word.FAIL, Level.SHOULD: Word.WARN, Level.MAY: Word.OBSERVED}[clause.level]
            return Verdict(
                clause.id, clause.profile, clause.level, word, broken.reason, broken.expected, broken.observed,
                scenarios=seen, proof=broken.proof, lifecycle=broken.lifecycle, program=broken.program,
                launch=broken.launch,
            )  # fmt: skip
        except Fact as fact:
            told = clause.level is Level.MAY or isinstance(fact, OnlyFact)
            word = Word.OBSERVED if told else Word.PASS
            return Verdict(clause.id, clause.profile, clause.level, word, observed=str(fact), scenarios=seen)
        except NotApplicable as absent:
            return Verdict(
                clause.id, clause.profile, clause.level, Word.NOT_APPLICABLE, observed=str(absent), scenarios=seen
            )
        except Unobserved as gap:
            return _untested(clause, gap.kind, gap.why, option=gap.option, scenarios=seen)
        except Crashed as crash:
            return _harness_error(clause, str(crash), seen)
        except Exception:  # noqa: BLE001  a fault in a judge is the harness's fault, never the subject's
            return _harness_error(clause, traceback.format_exc(), seen)
        word = Word.OBSERVED if clause.level is Level.MAY else Word.PASS
        return Verdict(clause.id, clause.profile, clause.level, word, scenarios=seen)

    def _argument(self, name: str, clause: Clause, optional: frozenset[str]) -> object:
        if name == "limit":
            return Limits(clause.limit, self.record.facts.scale)
        if name == "facts":
            return self.record.facts
        scenario = name.replace("_", "-")
        sees = HARNESS_SEES.get(scenario) or SCENARIOS[scenario].sees
        return self.record.find(scenario, sees) if name in optional else self.record.get(scenario, sees)


def out_of_reach(clause: Clause, facts: TrialFacts) -> Verdict | None:
    """UNTESTED(out-of-reach) where the launcher lacks an ability that the clause needs."""
    lacking = sorted(set(clause.needs) - {str(a) for a in facts.abilities})
    if not lacking:
        return None
    what = "an endpoint" if facts.subject.kind == "endpoint" else f"this {facts.subject.kind}"
    return _untested(clause, Untested.OUT_OF_REACH, f"{what} does not show {', '.join(lacking)}")


def missing_input(clause: Clause, record: Record) -> Verdict | None:
    """UNTESTED(missing-input) where the user offered nothing to test the clause with, and nothing was discovered."""
    never_run = record.facts.subject.kind == "archive"
    for name in clause.inputs:
        if never_run or name in record.facts.inputs:
            continue
        if name in {"sample", "samples"}:
            samples = record.find("samples", SamplesSeen)
            enough = 1 if name == "sample" else 2
            if samples is None or len(samples.accepted) >= enough:
                continue
            why = f"{len(samples.accepted)} of the built-in request shapes was answered with 2xx, {enough} are needed"
        else:
            why = f"no {name} was offered"
        return _untested(clause, Untested.MISSING_INPUT, why, option=OPTION_OF_INPUT[name])
    return None


def _untested(
    clause: Clause, kind: Untested, why: str, *, option: str = "", because: str = "", scenarios: tuple[str, ...] = ()
) -> Verdict:
    return Verdict(
        clause.id, clause.profile, clause.level, Word.UNTESTED, observed=why, untested=kind, option=option,
        because=because, scenarios=scenarios,
    )  # fmt: skip


def _harness_error(clause: Clause, text: str, scenarios: tuple[str, ...]) -> Verdict:
    return Verdict(clause.id, clause.profile, clause.level, Word.HARNESS_ERROR, observed=text, scenarios=scenarios)
