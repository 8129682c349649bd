"""`performance.html`: one self-contained page, which loads nothing, runs nothing and works from a file."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seatrial.reports import words
from seatrial.reports.html import asset, environment, policy_of
from seatrial.reports.performance.columns import memory

if TYPE_CHECKING:
    from seatrial.reports.performance.view import View

__all__ = ["performance_html"]


def performance_html(view: View) -> bytes:
    """The page."""
    css = asset("report.css") + asset("performance.css")
    page = environment().get_template("performance.html.j2").render(
        performance=view, result=view.performance, words=words, memory=memory, css=css, policy=policy_of(css, ""),
    )  # fmt: skip
    return page.encode("utf-8")
