"""`performance.md`, and the part of `summary.md` that shows a benchmark: GitHub's flavour of Markdown."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seatrial.reports.markdown import code
from seatrial.reports.performance.columns import table, verdict_of
from seatrial.reports.performance.terminal import change_words

if TYPE_CHECKING:
    from collections.abc import Iterator

    from seatrial.conformance.bench.result import Performance

__all__ = ["performance_markdown"]


def performance_markdown(performance: Performance, *, heading: str = "##") -> Iterator[str]:
    """The lines.

    Args:
        performance: scrubbed before.
        heading: the level of its title, `##`; below the summary of a trial one deeper.
    """
    yield f"{heading} Performance: {code(performance.subject, 120)}"
    yield ""
    apart = "" if heading == "##" else " It stands apart from the verdicts and changes no grade."
    yield f"{verdict_of(performance)}{apart} Sent: {code(performance.payload.words)}."
    yield ""
    steps = (*performance.steps, *([performance.at_capacity] if performance.at_capacity else []))
    drawn = table(steps)
    if drawn.headings:
        yield f"| load | {' | '.join(drawn.headings)} |"
        yield f"|---|{'--:|' * len(drawn.headings)}"
        yield from (f"| {step.name} | {' | '.join(cells)} |" for step, cells, silence in drawn.rows if not silence)
        yield ""
    yield from (f"- {step.name}: {code(silence)}" for step, _, silence in drawn.rows if silence)
    yield from (f"- missed at {step.name}: {code(step.note)}" for step in steps if step.figures and step.note)
    if performance.search is not None:
        yield f"- capacity: {code(performance.search.words)}"
    yield from (f"- {code(note)}" for note in performance.notes)
    yield from _comparison(performance)


def _comparison(performance: Performance) -> Iterator[str]:
    comparison = performance.comparison
    if comparison is None:
        return
    yield f"- baseline: {code(comparison.subject, 120)}, {comparison.started}"
    yield from (f"- {code(remark)}" for remark in comparison.remarks)
    for change in comparison.changes:
        told = ", ".join(change_words(each) for each in change.differences if each.shown in {"worse", "better"})
        standing = "**worse**" if change.worse else "against it"
        yield f"- {standing} at {change.concurrency} at a time: {told or change.words}"
