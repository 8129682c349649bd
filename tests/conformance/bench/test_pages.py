"""What people read of a benchmark: the page, the charts, the Markdown."""

from __future__ import annotations

import dataclasses
import re
from typing import TYPE_CHECKING

from seatrial.reports.performance.charts import HEIGHT, WIDTH, charts_of
from seatrial.reports.performance.html import performance_html
from seatrial.reports.performance.markdown import performance_markdown
from seatrial.reports.performance.view import view_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from support.visits import Visit

    from seatrial.conformance.bench.result import Performance

HOSTILE = "<script>alert(1)</script>\x1b[2J"


def test_every_point_of_a_chart_lies_in_its_box(performance: Performance) -> None:
    charts = charts_of(performance)
    assert len(charts) == 4
    for chart in charts:
        marks = [*chart.upward, *chart.across, *(point for line in chart.lines for point in line.points)]
        assert all(0 <= mark.x <= WIDTH and 0 <= mark.y <= HEIGHT for mark in marks)
        assert chart.upward[0].label == "0"


def test_a_chart_is_to_scale(performance: Performance) -> None:
    chart = next(chart for chart in charts_of(performance) if chart.title.startswith("Requests a second"))
    bottom, top = chart.upward[0], chart.upward[-1]
    full = float(top.label.replace(",", ""))
    for step, point in zip(performance.steps, chart.lines[0].points, strict=True):
        assert step.figures is not None
        height = (bottom.y - point.y) / (bottom.y - top.y) * full
        assert abs(height - step.figures.requests_per_second) < full / 100


def test_nothing_that_a_subject_is_called_is_markup(performance: Performance) -> None:
    hostile = dataclasses.replace(performance, subject=HOSTILE, notes=(HOSTILE,))
    page = performance_html(view_of(hostile)).decode()
    assert "<script" not in page
    assert "\x1b" not in page
    text = "\n".join(performance_markdown(hostile))
    assert re.search(r"`[^`]*<script>", text)
    assert "\x1b" not in text


def test_the_page_works_in_a_browser_and_loads_nothing(
    performance: Performance, open_page: Callable[..., Visit]
) -> None:
    visit = open_page(performance_html(view_of(performance)))
    assert visit.page.locator("table.runs tbody tr").count() == 2
    assert visit.page.locator("figure.plot svg").count() == 4
    colour = visit.page.locator("path.curve").first.evaluate("path => getComputedStyle(path).stroke")
    assert colour not in {"none", ""}
    assert visit.complaints == []
