"""Puts a finished trial together: verdicts, diagnoses, launches and times become one `TrialResult`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from seatrial.conformance.boot import Boot
from seatrial.conformance.contract import Depth
from seatrial.conformance.diagnosis.diagnose import diagnose
from seatrial.conformance.result import Breakdown, LaunchReport, Plan, Stop, TrialResult
from seatrial.conformance.scenario import SCENARIOS
from seatrial.conformance.subject.launcher import Address
from seatrial.conformance.subject.logs import LogSummary
from seatrial.conformance.timebook import Times, Work
from seatrial.conformance.verdict import Verdict, exit_code, grade

if TYPE_CHECKING:
    from seatrial.conformance.contract import Catalogue
    from seatrial.conformance.evidence import Record

__all__ = ["Conduct", "assemble"]


@dataclass(frozen=True)
class Conduct:
    """How the trial itself went, beside what was observed.

    Attributes:
        plan: as printed.
        breakdown: where the time went.
        selection: whether only a selection was judged.
        strict: whether a broken SHOULD fails.
        notes: sentences for the top of the report.
    """

    plan: Plan = Plan(())
    breakdown: Breakdown = Breakdown()
    selection: bool = False
    strict: bool = False
    notes: tuple[str, ...] = ()


def assemble(catalogue: Catalogue, record: Record, verdicts: tuple[Verdict, ...], conduct: Conduct) -> TrialResult:
    """Build the result of a trial.

    Args:
        catalogue: of the profiles judged.
        record: what was observed.
        verdicts: of every judged clause.
        conduct: how the trial went.
    """
    word = grade(
        verdicts,
        certifiable=record.facts.subject.kind == "image" and record.facts.depth is Depth.FULL,
        selection=conduct.selection,
        strict=conduct.strict,
    )
    return TrialResult(
        record.facts,
        catalogue.profiles,
        tuple(catalogue.clauses[v.clause] for v in verdicts),
        tuple(sorted(catalogue.sources.items())),
        verdicts,
        diagnose(record, verdicts),
        word,
        int(exit_code(verdicts, word, strict=conduct.strict)),
        conduct.selection,
        conduct.strict,
        conduct.plan,
        _launches(record),
        conduct.breakdown,
        conduct.notes,
    )


def _launches(record: Record) -> tuple[LaunchReport, ...]:
    names = [line.launch for line in record.lines if line.scenario.startswith("log@")]
    stops = _stops(record)
    return tuple(
        LaunchReport(
            name,
            record.find("boot" if name == "main" else f"boot@{name}", Boot),
            record.find(f"log@{name}", LogSummary),
            stops.get(name),
            record.find(f"address@{name}", Address),
        )
        for name in sorted(names, key=lambda n: n != "main")
    )


def _stops(record: Record) -> dict[str, Stop]:
    """The graceful stops by launch: every observation that has one keeps it in a field `stop`."""
    seen = [
        record.find(line.scenario, SCENARIOS[line.scenario].sees) for line in record.lines if line.scenario in SCENARIOS
    ]
    stops = [stop for one in seen if isinstance(stop := getattr(one, "stop", None), Stop)]
    return {stop.launch: stop for stop in stops}


def breakdown_of(record: Record, *, total: float, judging: float, starts: int, planned: int) -> Breakdown:
    """Where the time went, from the record and a few clocks (seconds) of the session."""
    boots = [
        (line.launch, boot.ready_at)
        for line in record.lines
        if line.scenario.startswith("boot") and (boot := record.find(line.scenario, Boot)) and boot.ready_at is not None
    ]
    waits = tuple((line.scenario, line.waited) for line in record.lines if line.waited)
    times = record.find("times", Times) or Times((), total)
    driving, idle = round(times.of(Work.DRIVE), 3), round(times.idle, 3)
    return Breakdown(total, tuple(boots), waits, driving, judging, starts, planned, idle)
