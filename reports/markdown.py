"""`summary.md`: the result on one screen, for a build job's summary page.

GitHub's flavour of Markdown. What a subject said stands only inside code, where nothing in it is markup.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from seatrial.reports.digest import digest
from seatrial.reports.repro import curl_of, ids_of, replay_ids
from seatrial.reports.words import LABEL, counts, exit_meaning, many, one_line, seconds, sentence

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from seatrial.conformance.result import TrialResult
    from seatrial.reports.digest import Failure, Gap

__all__ = ["markdown_summary"]

FINDINGS, WIDTH = 20, 300
"""Broken clauses that are shown in full, and characters of any one text."""
SIGN = {"certified": "✅", "checked": "☑️", "not certified": "❌", "incomplete": "⚠️", "partial": "🔎", "invalid": "🛑"}


def markdown_summary(result: TrialResult, performance: Iterable[str] = ()) -> bytes:
    """The summary.

    Args:
        result: the finished trial.
        performance: lines on a benchmark of the same image, shown apart from the verdicts; empty without one.
    """
    return ("\n".join((*_lines(result), *performance)) + "\n").encode("utf-8")


def _lines(result: TrialResult) -> Iterator[str]:
    story = digest(result)
    yield f"## {SIGN[result.grade]} {str(result.grade).capitalize()}: {code(result.facts.subject.name, 120)}"
    yield ""
    yield f"{sentence(result)} {counts(result)}. Exit {result.exit_code}: {exit_meaning(result.exit_code)}."
    yield from _gaps("Missing input", story.missing)
    for note in result.notes:
        yield from ("", f"> {code(note)}")
    for verdict in story.errors:
        yield from (
            "",
            f"**HARNESS ERROR** {code(verdict.clause)}: {code(verdict.observed.strip().rpartition(chr(10))[2])}",
        )
    yield from _findings(result, "Root causes", story.failures)
    for cause in story.loose:
        yield from (
            "",
            f"**Why** {code(cause.cause)}, {_proven(proven=cause.proven)} {code(cause.proof)}",
            f"cure: {code(cause.cure)}",
        )
    yield from _findings(result, "Warnings", story.warnings)
    yield from _gaps("Hidden behind something broken", story.blocked)
    yield from _gaps("Out of reach", story.out_of_reach)
    yield from _table(result)
    time = result.breakdown
    waits = sum(s for _, s in time.waits)
    yield ""
    yield (
        f"{seconds(time.total)} in all: driving {seconds(time.driving)}, "
        f"deliberate waits {seconds(waits)} (many overlap), "
        f"judging {seconds(time.judging)}; {many(time.starts, 'start')} of {time.planned_starts} planned."
    )


def _findings(result: TrialResult, title: str, failures: tuple[Failure, ...]) -> Iterator[str]:
    if not failures:
        return
    ids = replay_ids(result)
    yield from ("", f"### {title}", "")
    for failure in failures[:FINDINGS]:
        yield from _finding(result, failure, ids)
    if len(failures) > FINDINGS:
        yield from (f"{len(failures) - FINDINGS} more stand in `report.html`.", "")


def _finding(result: TrialResult, failure: Failure, ids: dict[tuple[str, str], str]) -> Iterator[str]:
    verdict, cause = failure.verdict, failure.diagnosis
    yield f"**{verdict.word.value} `{verdict.clause}`** {verdict.level} ({', '.join(failure.clause.source)})"
    yield ""
    yield f"- expected {code(verdict.expected)}, observed: {code(verdict.observed)}"
    if cause:
        yield f"- cause: {code(cause.cause)}, {_proven(proven=cause.proven)} {code(cause.proof)}"
    if failure.cure:
        # A clause's cure is the catalogue's own Markdown; a diagnosis may quote the subject.
        yield f"- cure: {failure.cure if failure.cure == failure.clause.cure else code(failure.cure)}"
    if verdict.proof:
        replays = "".join(f" or {code(f'seatrial replay {name}')}" for name in ids_of(verdict, ids)[-1:])
        yield f"- repro: {code(curl_of(result, verdict, verdict.proof[-1]))}{replays}"
    if failure.also:
        names = ", ".join(f"`{v.clause}`" for v in failure.also[:FINDINGS])
        yield f"- also broken: {names}{' …' if len(failure.also) > FINDINGS else ''}"
    if failure.hides:
        yield f"- hides {many(failure.hides, 'clause')}, untested because of this one"
    yield ""


def _gaps(title: str, gaps: tuple[Gap, ...]) -> Iterator[str]:
    if not gaps:
        return
    yield from ("", f"### {title}", "")
    for gap in gaps[:FINDINGS]:
        mend = f"{code(gap.option)}: " if gap.option else ""
        yield f"- {mend}{many(len(gap.verdicts), 'clause')} untested: {code(gap.why)}"


def _table(result: TrialResult) -> Iterator[str]:
    yield from ("", "<details><summary>Every clause</summary>", "", "| verdict | clause | level |", "|---|---|---|")
    for verdict in result.verdicts:
        yield f"| {LABEL[verdict.word]} | `{verdict.clause}` | {verdict.level} |"
    yield from ("", "</details>")


def _proven(*, proven: bool) -> str:
    return "proven:" if proven else "likely:"


def code(text: str, width: int = WIDTH) -> str:
    """Text as a code span that nothing inside can end: fenced by more backticks than it holds in a row."""
    line = one_line(text, width)
    if not line:
        return "(nothing)"
    fence = "`" * (max((len(run) for run in re.findall("`+", line)), default=0) + 1)
    pad = " " if line.startswith("`") or line.endswith("`") else ""
    return f"{fence}{pad}{line}{pad}{fence}"
