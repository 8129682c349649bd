"""What a trial prints: the plan at its head, a line for each verdict, and the summary at its end.

Builds lines of styled words and prints nothing itself. Whatever a subject said is made printable, so that its log
cannot move the cursor or rename the window.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from seatrial.conformance.verdict import Grade, Verdict, Word
from seatrial.reports.digest import Failure, Gap, digest
from seatrial.reports.repro import curl_of, ids_of, replay_ids
from seatrial.reports.words import counts, cut, exit_meaning, many, one_line, printable, seconds, sentence

if TYPE_CHECKING:
    from collections.abc import Iterator

    from seatrial.conformance.result import Diagnosis, TrialResult
    from seatrial.reports.write import Written

__all__ = ["Line", "Span", "summary_lines", "verdict_line"]

FINDINGS, NAMES, WIDTH, ONE_ROW = 25, 6, 400, 90
"""Findings shown in full, clause ids in one line, characters of any one text, and of a curl line beside its replay."""

STYLE = {
    Word.PASS: "green",
    Word.FAIL: "bold red",
    Word.WARN: "bold yellow",
    Word.NOT_APPLICABLE: "dim",
    Word.UNTESTED: "dim",
    Word.OBSERVED: "cyan",
    Word.HARNESS_ERROR: "bold magenta",
}
GRADE_STYLE = {
    Grade.CERTIFIED: "bold green",
    Grade.CHECKED: "bold green",
    Grade.NOT_CERTIFIED: "bold red",
    Grade.INCOMPLETE: "bold yellow",
    Grade.PARTIAL: "bold yellow",
    Grade.INVALID: "bold magenta",
}


class Span(NamedTuple):
    """Some words in one style (a name that rich knows; empty for plain)."""

    text: str
    style: str = ""


Line = tuple[Span, ...]


def plain(text: str, style: str = "") -> Line:
    """A line in one style."""
    return (Span(text, style),)


def verdict_line(verdict: Verdict) -> Line:
    """One verdict on one line, as soon as it is judged."""
    word = "N/A" if verdict.word is Word.NOT_APPLICABLE else verdict.word.value.replace("_", " ")
    gist = f"{verdict.observed} ({verdict.option})" if verdict.option else verdict.observed
    head = f"{verdict.clause:<38} {verdict.level:<7} "
    return (Span(f"{word:<8}  ", STYLE[verdict.word]), Span(head), Span(one_line(gist, 90), "dim"))


def summary_lines(result: TrialResult, code: int, written: Written | None = None) -> Iterator[Line]:
    """The summary, root causes on top and the grade in the last line.

    Args:
        result: the finished trial.
        code: the exit code of the run, which a list of known failures may have changed.
        written: where the reports lie; None where none were written.
    """
    story = digest(result)
    for gap in story.missing:
        yield from _missing(gap)
    for note in result.notes:
        yield plain(f"NOTE  {one_line(note, WIDTH)}", "yellow")
    for verdict in story.errors[:FINDINGS]:
        yield from _error(verdict)
    yield from _findings(result, story.failures)
    for cause in story.loose:
        yield from _loose(cause)
    if story.warnings:
        yield from ((), plain(f"Warnings: {many(len(result.of(Word.WARN)), 'broken SHOULD')}", "bold"))
        yield from _findings(result, story.warnings)
    yield from _gaps("Hidden behind something broken", story.blocked)
    yield from _gaps("Out of reach of this launcher", story.out_of_reach)
    yield from _times(result)
    yield from _end(result, code, written)


def _missing(gap: Gap) -> Iterator[Line]:
    count = many(len(gap.verdicts), "clause")
    yield (
        Span("MISSING INPUT  ", "bold yellow"),
        Span(gap.option or "an input", "bold"),
        Span(f"  {count} untested: {one_line(gap.why, WIDTH)}"),
    )
    yield plain(f"               {_names(gap.verdicts)}", "dim")


def _error(verdict: Verdict) -> Iterator[Line]:
    yield ()
    yield (Span("HARNESS ERROR  ", STYLE[Word.HARNESS_ERROR]), Span(verdict.clause, "bold"))
    for line in printable(verdict.observed).rstrip().splitlines()[-12:]:
        yield plain(f"  {cut(line, WIDTH)}")


def _findings(result: TrialResult, failures: tuple[Failure, ...]) -> Iterator[Line]:
    ids = replay_ids(result)
    for failure in failures[:FINDINGS]:
        yield ()
        yield from _finding(result, failure, ids)
    if len(failures) > FINDINGS:
        yield from ((), plain(f"{len(failures) - FINDINGS} more broken clauses stand in the report.", "bold"))


def _finding(result: TrialResult, failure: Failure, ids: dict[tuple[str, str], str]) -> Iterator[Line]:
    verdict, cause = failure.verdict, failure.diagnosis
    yield (
        Span(f"{verdict.word.value}  ", STYLE[verdict.word]),
        Span(verdict.clause, "bold"),
        Span(f"  {verdict.level}  {verdict.profile:<20}"),
        Span(f"[{', '.join(failure.clause.source)}]", "dim"),
    )
    yield plain(f"  expected {one_line(verdict.expected, WIDTH)}, observed: {one_line(verdict.observed, WIDTH)}")
    if cause:
        yield _cause(cause)
    if failure.cure:
        yield _row("cure", failure.cure, "green")
    if failure.log:
        last = one_line(failure.log[-1].text, 120)
        yield _row("log", f'{many(len(failure.log), "line")} during this check, last: "{last}"')
    if verdict.proof:
        yield from _repro(curl_of(result, verdict, verdict.proof[-1]), ids_of(verdict, ids))
    if failure.also:
        yield _row("also", _names(failure.also))
    if failure.hides:
        yield _row("hidden", f"{many(failure.hides, 'clause')} untested because of this one")


def _repro(curl: str, replays: tuple[str, ...]) -> Iterator[Line]:
    """The curl line and the replay beside it, or below where the line is long. Spaces inside a command are kept."""
    row: Line = (Span("  repro   ", "dim"), Span(cut(printable(curl).replace("\n", "\\n"), 2 * WIDTH)))
    again = f"seatrial replay {replays[-1]}" if replays else ""
    if again and len(curl) <= ONE_ROW:
        yield (*row, Span(f"        {again}"))
    else:
        yield row
        if again:
            yield plain(f"          {again}")


def _loose(cause: Diagnosis) -> Iterator[Line]:
    yield from (
        (),
        (Span("WHY   ", "bold yellow"), Span(cause.id, "bold")),
        _cause(cause),
        _row("cure", cause.cure, "green"),
    )
    if cause.hides:
        yield _row("hidden", f"{many(cause.hides, 'clause')} untested because of this")


def _cause(cause: Diagnosis) -> Line:
    told = "proven" if cause.proven else "likely"
    return (*_row("cause", cause.cause, "bold"), Span(f"        {told}: {one_line(cause.proof, WIDTH)}"))


def _row(label: str, text: str, style: str = "") -> Line:
    return Span(f"  {label:<7} ", "dim"), Span(one_line(text, 2 * WIDTH), style)


def _gaps(title: str, gaps: tuple[Gap, ...]) -> Iterator[Line]:
    if not gaps:
        return
    total = sum(len(gap.verdicts) for gap in gaps)
    yield from ((), plain(f"{title}: {many(total, 'clause')} untested", "bold"))
    for gap in gaps:
        yield (Span(f"  {len(gap.verdicts):>3}  {one_line(gap.why, WIDTH)}"), Span(f"  {_names(gap.verdicts)}", "dim"))


def _names(verdicts: tuple[Verdict, ...]) -> str:
    names = ", ".join(v.clause for v in verdicts[:NAMES])
    return names if len(verdicts) <= NAMES else f"{names} and {len(verdicts) - NAMES} more"


def _times(result: TrialResult) -> Iterator[Line]:
    time = result.breakdown
    yield ()
    yield _row("time", f"{seconds(time.total)} in all, {many(time.starts, 'start')} of {time.planned_starts} planned")
    if time.cold_starts:
        yield _row("starts", ", ".join(f"{name} {seconds(s)}" for name, s in time.cold_starts))
    if time.waits:
        each = ", ".join(f"{name} {seconds(s)}" for name, s in time.waits)
        yield _row("waits", f"{seconds(sum(s for _, s in time.waits))} deliberate, many overlap: {each}")
    yield _row(
        "work", f"driving {seconds(time.driving)}, judging {seconds(time.judging)}, only waiting {seconds(time.idle)}"
    )


def _end(result: TrialResult, code: int, written: Written | None) -> Iterator[Line]:
    if written is not None:
        yield _row("report", str(written.html))
    yield _row("exit", f"{code}: {exit_meaning(code)}")
    yield ()
    yield (
        Span(str(result.grade).upper(), GRADE_STYLE[result.grade]),
        Span(f"  {one_line(result.facts.subject.name, 60)}", "bold"),
        Span(f"  {sentence(result)}  {counts(result)}"),
    )
