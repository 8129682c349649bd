"""From verdicts and evidence to root causes, the one that explains most first. Pure.

The rules are asked in a fixed order, from what proves itself in the image to what is only likely. Each broken clause is
explained once, by the first rule that claims it, so one fault gives one cause and not ten.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from seatrial.conformance.diagnosis import (
    adapters,
    bidirectional,
    bind,
    calls,
    crash,
    network,
    ping,
    slow,
    standards,
    start,
    stop,
    streaming,
)
from seatrial.conformance.diagnosis.case import Case
from seatrial.conformance.diagnosis.excuse import excuse
from seatrial.conformance.result import Diagnosis
from seatrial.conformance.verdict import Word

if TYPE_CHECKING:
    from collections.abc import Callable

    from seatrial.conformance.diagnosis.cause import Cause
    from seatrial.conformance.evidence import Record
    from seatrial.conformance.verdict import Verdict

__all__ = ["RULES", "causes", "diagnose"]

RULES: tuple[Callable[[Case], Cause | None], ...] = (
    *start.RULES,
    *slow.FIRST_RULES,
    *network.RULES,
    *standards.FIRST_RULES,
    *crash.RULES,
    *bind.RULES,
    *ping.RULES,
    *bind.LATE_RULES,
    *start.LATE_RULES,
    *crash.LATE_RULES,
    *slow.LATE_RULES,
    *bidirectional.RULES,
    *streaming.RULES,
    *calls.RULES,
    *adapters.RULES,
    *stop.RULES,
    *standards.RULES,
)


def causes(record: Record, verdicts: tuple[Verdict, ...]) -> tuple[Cause, ...]:
    """The causes that explain something broken, in the order of the rules; each clause is explained once."""
    case = Case(record, verdicts)
    open_clauses = set(case.broken)
    found = []
    for rule in RULES:
        cause = rule(case)
        if cause is not None and open_clauses & set(cause.explains):
            found.append(cause)
            open_clauses -= set(cause.explains)
    return tuple(found)


def diagnose(record: Record, verdicts: tuple[Verdict, ...]) -> tuple[Diagnosis, ...]:
    """Name the root causes behind the broken clauses of a trial.

    Args:
        record: what was observed.
        verdicts: of every judged clause.

    Returns:
        the causes: those behind a FAIL first, and of these the one that explains and hides most.
    """
    case = Case(record, verdicts)
    named = _excused(case)
    claimed = {clause for excused in named for clause in excused.clauses}
    for cause in causes(record, verdicts):
        clauses = tuple(c for c in dict.fromkeys(cause.explains) if c in case.broken and c not in claimed)
        if not clauses:
            continue
        hides = case.hidden_by(tuple(c for c in cause.explains if c not in claimed), start=not named)
        claimed.update(clauses)
        named.append(Diagnosis(cause.id, cause.cause, cause.proof, cause.cure, clauses, hides, cause.proven))
    fails = {v.clause for v in verdicts if v.word is Word.FAIL}
    return tuple(sorted(named, key=lambda d: (fails.isdisjoint(d.clauses), -(len(d.clauses) + d.hides))))


def _excused(case: Case) -> list[Diagnosis]:
    cause = excuse(case.record)
    if cause is None:
        return []
    clauses = tuple(
        v.clause
        for v in case.verdicts
        if (v.word is Word.UNTESTED and v.observed == cause.cause)
        or (v.clause in case.broken and v.clause in cause.explains)
    )
    return [
        Diagnosis(
            cause.id, cause.cause, cause.proof, cause.cure, clauses, case.hidden_by(clauses, start=True), cause.proven
        )
    ]
