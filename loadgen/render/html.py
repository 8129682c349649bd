"""`--html`: one self-contained page for people, which loads nothing, runs nothing and works from a file.

It tells everything without a script: what the pointer is on is told by the style sheet alone. What a server said is
untrusted: jinja2 escapes every value, control characters are written out, and a content security policy allows only
the page's own style sheet, by its digest.
"""

from __future__ import annotations

import base64
import hashlib
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from seatrial.loadgen.render import words
from seatrial.loadgen.render.charts import load_charts
from seatrial.loadgen.render.client import client_facts
from seatrial.loadgen.render.rows import rows_of

if TYPE_CHECKING:
    from seatrial.loadgen.observed import Observed
    from seatrial.loadgen.result import Distribution, Result

__all__ = ["html_report", "page"]

TEMPLATES = Path(__file__).parent / "templates"


def html_report(result: Result, run: Observed | None = None) -> bytes:
    """Return the page of a run.

    Args:
        result: the finished run, secrets masked.
        run: its rows; without them the charts show whole seconds.
    """
    return page(
        "load.html.j2",
        result=result,
        charts={chart.id: chart for chart in load_charts(result, rows_of(run) if run is not None else None, run)},
        latencies=_latencies(result),
        streams=_streams(result),
        client=client_facts(result),
    )


def page(template: str, **values: Any) -> bytes:
    """Return a page of ours, its style sheet inside.

    Args:
        template: its file in `templates/`.
        values: what it shows.
    """
    css = Markup((TEMPLATES / "load.css").read_text("utf-8"))  # noqa: S704  our own style sheet, nobody else's text
    digest = base64.b64encode(hashlib.sha256(css.encode()).digest()).decode()
    policy = f"default-src 'none'; img-src data:; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    text = _environment().get_template(template).render(**values, words=words, css=css, policy=policy)
    return text.encode("utf-8")


def _latencies(result: Result) -> list[tuple[str, str, Distribution]]:
    told = [("service time", "from the send", result.service)]
    told.append(("response time", "from the intended time", result.response))
    return [(name, since, found) for name, since, found in told if found is not None]


def _streams(result: Result) -> list[tuple[str, str, Distribution]]:
    streams = result.streams
    if streams is None:
        return []
    since = "from the intended time" if result.facts.open_loop else "from the send"
    told = [
        ("TTFT", f"to the first token, {since}", streams.ttft),
        ("TTFT", "to the first token, from the send", streams.ttft_service if result.facts.open_loop else None),
        ("ITL", "between token events", streams.itl),
        ("TPOT", "mean gap of a stream", streams.tpot),
        ("end to end", f"to the last token, {since}", streams.end_to_end),
    ]
    return [(name, means, found) for name, means, found in told if found is not None]


@cache
def _environment() -> Environment:
    return Environment(
        loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined, finalize=_finalize,
        trim_blocks=True, lstrip_blocks=True, keep_trailing_newline=True,
    )  # fmt: skip


def _finalize(value: Any) -> Any:
    """Make plain text printable before it is escaped; markup of our own (escaped already) passes."""
    return words.printable(value) if type(value) is str else value
