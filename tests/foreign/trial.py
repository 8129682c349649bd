"""Tries a foreign server on the clauses of /invocations, for real."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from seatrial.conformance.conductor import Conductor
from seatrial.conformance.contract import load_catalogue
from seatrial.conformance.evidence import Record, TrialFacts
from seatrial.conformance.judge import Bench
from seatrial.conformance.options import TrialOptions
from seatrial.conformance.scenario import JUDGES, load_suite
from seatrial.conformance.subject.launcher import Limits, Offer
from seatrial.conformance.subject.lock import Run
from seatrial.conformance.subject.process import ProcessLauncher
from seatrial.conformance.wire.redact import Redactor

if TYPE_CHECKING:
    from seatrial.conformance.samples import Sample
    from seatrial.conformance.verdict import Verdict

__all__ = ["verdicts_of"]

SERVER = Path(__file__).with_name("servers.py")
PROFILE = "realtime"
MODULES = tuple(
    f"seatrial.suites.{PROFILE}.test_{area}" for area in ("invocations", "media", "headers", "bodies", "errors")
)


def verdicts_of(kind: str, *samples: Sample, scale: float = 1.0) -> dict[str, Verdict]:
    """The verdicts on one kind of foreign server, by the clause's name without its area.

    Args:
        kind: as `servers.py` takes it.
        samples: that the user gives.
        scale: of contract times.
    """
    load_suite((PROFILE,))
    ids = [i for i, judge in JUDGES.items() if judge.module in MODULES]
    catalogue = load_catalogue((PROFILE,))
    catalogue = replace(catalogue, clauses={i: catalogue.clauses[i] for i in ids})
    run = Run.open()
    launcher = ProcessLauncher(f"{sys.executable} {SERVER} {kind} {{port}}", Limits(), Offer(), run)
    options = TrialOptions(samples=samples, scale=scale, startup_timeout=60.0)
    facts = TrialFacts(launcher.prepare(), launcher.abilities, options.inputs, ("realtime",), scale=scale, window=60.0)
    record = Record(facts)
    conductor = Conductor(launcher, options, catalogue, ids, record=record, redactor=Redactor())
    try:
        conductor.start()
        conductor.finish(lambda _: None)
    finally:
        conductor.cancel()
        launcher.close()
        run.close()
    bench = Bench(catalogue, record)
    return {i.partition(".")[2]: bench.judge(i) for i in ids}
