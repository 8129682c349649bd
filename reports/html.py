"""`report.html`: one self-contained page for people, which loads nothing and works from a file.

Everything that a subject said is untrusted: jinja2 escapes every value, control characters are written out, and a
content security policy allows only the page's own style sheet and script, by their digests.
"""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from seatrial.conformance.contract import Clause
from seatrial.conformance.subject.logs import LogLine
from seatrial.conformance.verdict import Level, Verdict, Word
from seatrial.conformance.wire.transcript import transcript
from seatrial.reports import words
from seatrial.reports.digest import SourceLink, digest, launch_of, log_during, source_links
from seatrial.reports.repro import curl_of, ids_of, replay_ids
from seatrial.reports.timeline import boot_chart, stop_chart

if TYPE_CHECKING:
    from seatrial.conformance.result import TrialResult
    from seatrial.conformance.wire.exchange import Exchange
    from seatrial.reports.performance.view import View

__all__ = ["asset", "environment", "policy_of", "report_html"]

TEMPLATES = Path(__file__).parent / "templates"
EXCHANGES, LINES = 3, 20
"""What one clause shows of its proof and of the log during it; `result.json` and the evidence have the others."""
BUDGET = 400_000
"""Characters that all transcripts together may take; what comes after is left to `result.json`."""


@dataclass(frozen=True)
class Shown:
    """One exchange as the page shows it."""

    summary: str
    transcript: str
    curl: str


@dataclass(frozen=True)
class Row:
    """One clause as the page shows it."""

    verdict: Verdict
    clause: Clause
    area: str
    links: tuple[SourceLink, ...]
    launch: str
    exchanges: tuple[Shown, ...]
    more_exchanges: int
    log: tuple[LogLine, ...]
    more_log: int
    replays: tuple[str, ...]


def report_html(result: TrialResult, performance: View | None = None) -> bytes:
    """The page.

    Args:
        result: the finished trial.
        performance: a benchmark of the same image, shown apart from the verdicts; None without one.
    """
    css, script = asset("report.css"), asset("report.js")
    if performance is not None:
        css += asset("performance.css")
    rows = _rows(result)
    areas: dict[str, list[Row]] = {}
    for row in rows:
        areas.setdefault(row.area, []).append(row)
    page = environment().get_template("report.html.j2").render(
        result=result,
        story=digest(result),
        rows={row.clause.id: row for row in rows},
        areas=areas,
        counts=[(word, n) for word in Word if (n := result.count(word))],
        levels=[level for level in Level if any(v.level is level for v in result.verdicts)],
        charts=[(launch, boot_chart(launch), stop_chart(launch.stop)) for launch in result.launches],
        longest=_longest(result),
        performance=performance,
        words=words,
        css=css,
        script=script,
        policy=policy_of(css, script),
    )  # fmt: skip
    return page.encode("utf-8")


def _longest(result: TrialResult) -> float:
    times = [s for _, s in (*result.breakdown.cold_starts, *result.breakdown.waits)]
    return max([*times, result.breakdown.driving, result.breakdown.judging, result.breakdown.idle, 0.001])


def _rows(result: TrialResult) -> tuple[Row, ...]:
    ids, left, rows = replay_ids(result), BUDGET, []
    for verdict, clause in zip(result.verdicts, result.clauses, strict=True):
        shown = tuple(_shown(result, verdict, e) for e in verdict.proof[:EXCHANGES]) if left > 0 else ()
        left -= sum(len(s.transcript) + len(s.curl) for s in shown)
        log = log_during(result, verdict) if verdict.word in {Word.FAIL, Word.WARN} else ()
        rows.append(
            Row(
                verdict,
                clause,
                words.area(clause.id),
                source_links(result, clause),
                launch_of(result, verdict),
                shown,
                len(verdict.proof) - len(shown),
                log[-LINES:],
                max(0, len(log) - LINES),
                ids_of(verdict, ids),
            )
        )
    return tuple(rows)


def _shown(result: TrialResult, verdict: Verdict, exchange: Exchange) -> Shown:
    request = exchange.request
    line = words.one_line(f"{request.method} {request.target}: {exchange.summary}", 160)
    return Shown(line, transcript(exchange), curl_of(result, verdict, exchange))


@cache
def environment() -> Environment:
    """What renders a page of ours: everything is escaped, and made printable before."""
    made = Environment(
        loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined, finalize=_finalize,
        trim_blocks=True, lstrip_blocks=True, keep_trailing_newline=True,
    )  # fmt: skip
    made.filters["prose"] = _prose
    return made


def _finalize(value: Any) -> Any:
    """Make plain text printable before it is escaped; markup of our own (escaped already) passes."""
    return words.printable(value) if type(value) is str else value


def _prose(text: str) -> Markup:
    """Escaped text in which words between backticks are set as code."""
    parts = [escape(part) for part in words.printable(text).split("`")]
    if len(parts) % 2 == 0:
        return Markup("`").join(parts)
    return Markup().join(Markup("<code>{}</code>").format(part) if i % 2 else part for i, part in enumerate(parts))


@cache
def asset(name: str) -> Markup:
    """A file of our own, safe to stand in the page as it is."""
    return Markup((TEMPLATES / name).read_text("utf-8"))  # noqa: S704  our own style sheet and script, no subject's text


def policy_of(css: str, script: str) -> str:
    """The content security policy of a page that has this style sheet and this script, and nothing else."""
    style, code = (base64.b64encode(hashlib.sha256(x.encode()).digest()).decode() for x in (css, script))
    return (
        f"default-src 'none'; img-src data:; style-src 'sha256-{style}'; script-src 'sha256-{code}'; "
        "base-uri 'none'; form-action 'none'"
    )
