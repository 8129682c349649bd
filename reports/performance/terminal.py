"""What a benchmark prints: what was measured, the table of its runs, the capacity, and how it compares."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seatrial.conformance.bench.result import Outcome
from seatrial.reports.performance.columns import memory, table, verdict_of
from seatrial.reports.terminal import Span, plain
from seatrial.reports.words import one_line, seconds

if TYPE_CHECKING:
    from collections.abc import Iterator

    from seatrial.conformance.bench.load import Difference
    from seatrial.conformance.bench.result import Performance, Step
    from seatrial.reports.terminal import Line

__all__ = ["change_words", "performance_lines"]

LABEL, WIDTH, WARNINGS = 10, 400, 5
STYLE = {0: "bold green", 1: "bold red", 12: "bold magenta", 13: "bold red", 130: "bold yellow"}


def performance_lines(performance: Performance) -> Iterator[Line]:
    """The lines, the outcome in the last one."""
    yield from _head(performance)
    capacity = [performance.at_capacity] if performance.at_capacity else []
    yield from ((), *_table((*performance.steps, *capacity)))
    yield from _remarks(performance)
    if performance.search is not None:
        yield ()
        yield _row("capacity", performance.search.words, "bold")
    yield from _comparison(performance)
    yield ()
    yield (
        Span(verdict_of(performance), STYLE[performance.exit_code]),
        Span(f"  {one_line(performance.subject, 60)}", "bold"),
        Span(f"  exit {performance.exit_code}"),
    )


def _head(performance: Performance) -> Iterator[Line]:
    digest = f"  {performance.digest}" if performance.digest else ""
    yield _row("subject", f"{performance.kind} {performance.subject}{digest}", "bold")
    yield _row("ready", f"after {seconds(performance.ready_after_s)}")
    yield _row("sent", performance.payload.words)
    machine = performance.machine
    had = memory(machine.memory_bytes)
    yield _row("machine", f"{machine.processors} x {machine.processor}, {had}, {machine.system}")
    if performance.request.price:
        yield _row("price", performance.request.price)
    measured = next((step.usage for step in performance.steps if step.usage), None)
    if measured:
        yield _row("memory", measured.source)


def _table(steps: tuple[Step, ...]) -> Iterator[Line]:
    drawn = table(steps)
    names = max((len(step.name) for step in steps), default=0)
    widths = [
        max(len(heading), *(len(cells[at]) for _, cells, _ in drawn.rows)) for at, heading in enumerate(drawn.headings)
    ]
    headings = "".join(f"  {heading:>{width}}" for heading, width in zip(drawn.headings, widths, strict=True))
    yield plain(f"  {'':{names}}{headings}", "dim")
    for step, cells, silence in drawn.rows:
        row = "".join(f"  {cell:>{width}}" for cell, width in zip(cells, widths, strict=True))
        style = "magenta" if step.outcome is Outcome.INVALID else "red"
        yield (Span(f"  {step.name:{names}}", "bold"), Span(f"  {silence}", style) if silence else Span(row))


def _remarks(performance: Performance) -> Iterator[Line]:
    steps = (*performance.steps, *([performance.at_capacity] if performance.at_capacity else []))
    for step in steps:
        if step.figures and step.note:
            yield _row("missed", f"{step.name}: {step.note}", "yellow")
    warned = dict.fromkeys(warning for step in steps for warning in step.warnings)
    for warning in tuple(warned)[:WARNINGS]:
        yield _row("warning", warning, "yellow")
    for note in performance.notes:
        yield _row("note", note, "yellow")


def _comparison(performance: Performance) -> Iterator[Line]:
    comparison = performance.comparison
    if comparison is None:
        return
    yield ()
    yield _row("baseline", f"{comparison.subject}, {comparison.started}")
    for remark in comparison.remarks:
        yield _row("", remark, "yellow")
    for change in comparison.changes:
        style = "bold red" if change.worse else ""
        told = [change_words(each) for each in change.differences if each.shown in {"worse", "better"}]
        named = f"{change.concurrency} at a time: {change.words}{': ' if told else ''}{', '.join(told)}"
        yield _row("", named, style)


def change_words(of: Difference) -> str:
    """One shown change: `p99 +17.4 % worse`."""
    change = of.change or 0.0
    by = f"{change * 100:+.2f} points" if of.unit == "share" else f"{change * 100:+.1f} %"
    return f"{of.quantity} {by} {of.shown}"


def _row(label: str, text: str, style: str = "") -> Line:
    return Span(f"{label:<{LABEL}}", "dim"), Span(one_line(text, WIDTH), style)
