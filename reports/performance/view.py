"""What the page of a benchmark shows, made ready for the template."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from seatrial.conformance.bench.result import Performance
from seatrial.reports.performance.charts import Chart, charts_of
from seatrial.reports.performance.columns import Table, amount, ms, table, verdict_of
from seatrial.reports.performance.terminal import change_words

if TYPE_CHECKING:
    from seatrial.conformance.bench.result import Step

__all__ = ["View", "view_of"]

TONES = {0: "measured", 1: "missed", 12: "unfit", 13: "missed", 130: "cut"}


@dataclass(frozen=True)
class Told:
    """One load against the baseline."""

    name: str
    words: str
    worse: bool


@dataclass(frozen=True)
class View:
    """A benchmark as a page shows it.

    Attributes:
        performance: the benchmark.
        title: the most that was seen, in large.
        lead: the outcome and the capacity.
        tone: names the colour of the outcome.
        table: of every run.
        charts: everything that can be drawn.
        missed: (run, what it missed).
        warnings: of the load generator, each once.
        changes: against the baseline.
    """

    performance: Performance
    title: str
    lead: str
    tone: str
    table: Table
    charts: tuple[Chart, ...]
    missed: tuple[tuple[str, str], ...]
    warnings: tuple[str, ...]
    changes: tuple[Told, ...]


def view_of(performance: Performance) -> View:
    """Make a benchmark ready to be shown; it was scrubbed before."""
    steps = (*performance.steps, *([performance.at_capacity] if performance.at_capacity else []))
    changes = performance.comparison.changes if performance.comparison else ()
    return View(
        performance=performance,
        title=_title(steps),
        lead=" ".join([verdict_of(performance), *_capacity(performance)]),
        tone=TONES[performance.exit_code],
        table=table(steps),
        charts=charts_of(performance),
        missed=tuple((step.name, step.note) for step in steps if step.figures and step.note),
        warnings=tuple(dict.fromkeys(warning for step in steps for warning in step.warnings)),
        changes=tuple(
            Told(
                f"{change.concurrency} at a time",
                ", ".join(change_words(each) for each in change.differences if each.shown in {"worse", "better"})
                or change.words,
                change.worse,
            )
            for change in changes
        ),
    )


def _title(steps: tuple[Step, ...]) -> str:
    """The greatest throughput."""
    measured = [step.figures for step in steps if step.figures]
    if not measured:
        return "Not measured"
    most = max(measured, key=lambda figures: (figures.tokens_per_second or 0.0, figures.requests_per_second))
    if most.tokens_per_second is not None:
        return f"{amount(most.tokens_per_second)} tokens a second"
    return f"{amount(most.requests_per_second)} requests a second"


def _capacity(performance: Performance) -> tuple[str, ...]:
    search = performance.search
    if search is None:
        return ()
    run = performance.at_capacity
    latency = f" At it p99 is {ms(run.figures.p99_ms)}." if run and run.figures and run.figures.p99_ms else ""
    return (f"{search.words[:1].upper()}{search.words[1:]}.{latency}",)
