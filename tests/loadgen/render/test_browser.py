"""The load report in a real browser: it runs nothing, loads nothing, fits a phone, and tells what is pointed at."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from support.visits import SIZES, Visit

from seatrial.loadgen.render.capacity_html import Probe, capacity_html
from seatrial.loadgen.render.html import html_report
from seatrial.loadgen.render.scrub import scrub

if TYPE_CHECKING:
    from collections.abc import Callable

    from seatrial.loadgen.observed import Observed
    from seatrial.loadgen.result import Result

    Runs = dict[str, tuple[Result, Observed]]
    Open = Callable[..., "Visit"]


@pytest.fixture
def visit(open_page: Open) -> Open:
    """Opens a page."""
    return open_page


def page_of(run: tuple[Result, Observed]) -> bytes:
    return html_report(scrub(run[0]), run[1])


@pytest.mark.parametrize("name", ["missed", "streamed", "nothing", "hostile"])
def test_a_page_loads_nothing_runs_nothing_and_is_no_wider_than_the_screen(visit: Open, runs: Runs, name: str):
    seen = visit(page_of(runs[name]))
    assert [url.rpartition("/")[2] for url in seen.requests] == ["report.html"]
    assert seen.complaints == []
    assert seen.page.evaluate("typeof window.pwned") == "undefined"
    assert seen.page.locator("script, img, iframe, object, embed").count() == 0
    for width, height in SIZES.values():
        seen.page.set_viewport_size({"width": width, "height": height})
        assert seen.page.evaluate("document.documentElement.scrollWidth") <= width


def test_no_cell_of_a_table_is_squeezed_into_a_column_of_letters(visit: Open, runs: Runs):
    for name in ("missed", "streamed", "invalid"):
        page = visit(page_of(runs[name]), size="phone").page
        tall = page.evaluate("Math.max(...[...document.querySelectorAll('tr')].map(row => row.offsetHeight))")
        assert tall < 150, f"a row of the {name} run is {tall} pixels tall"


def test_the_page_follows_the_colour_scheme(visit: Open, runs: Runs):
    grounds = {
        scheme: visit(page_of(runs["few"]), scheme).page.evaluate("getComputedStyle(document.body).backgroundColor")
        for scheme in ("light", "dark")
    }
    assert grounds == {"light": "rgb(252, 252, 250)", "dark": "rgb(16, 22, 28)"}


def test_words_beside_an_axis_do_not_lie_on_one_another(visit: Open, runs: Runs):
    for name in ("missed", "streamed", "few"):
        page = visit(page_of(runs[name]), size="phone").page
        overlaps = page.evaluate(
            """() => [...document.querySelectorAll('.plot .axis, .plot .drawing')].flatMap(svg => {
                 const words = [...svg.querySelectorAll(':scope > text')];
                 const boxes = words.map(word => [word.textContent, word.getBoundingClientRect()]);
                 const across = (x, y) => x.left < y.right && y.left < x.right;
                 const down = (x, y) => x.top < y.bottom - 2 && y.top < x.bottom - 2;
                 return boxes.flatMap(([a, x], i) => boxes.slice(i + 1)
                   .filter(([, y]) => across(x, y) && down(x, y)).map(([b]) => `${a} | ${b}`));
               })"""
        )
        assert overlaps == []


def test_every_line_lies_inside_its_chart(visit: Open, runs: Runs):
    page = visit(page_of(runs["missed"])).page
    outside = page.evaluate(
        """() => [...document.querySelectorAll('.marks path')].filter(path => {
             const mine = path.getBoundingClientRect(), chart = path.ownerSVGElement.getBoundingClientRect();
             return mine.left < chart.left - 4 || mine.right > chart.right + 4 || mine.top < chart.top - 4
               || mine.bottom > chart.bottom + 4;
           }).length"""
    )
    assert page.locator(".marks path").count() > 8
    assert outside == 0


def test_pointing_at_a_chart_tells_its_values(visit: Open, runs: Runs):
    page = visit(page_of(runs["missed"])).page
    column = page.locator("#chart-latency .read").filter(has_text="max 2.01 s")
    assert column.count() == 1
    assert not column.locator("text").is_visible()
    column.locator("rect").hover()
    column.locator("text").wait_for(state="visible")
    assert page.locator(".read text:visible").count() == 1


def test_the_page_can_be_printed(visit: Open, runs: Runs):
    page = visit(page_of(runs["few"])).page
    page.emulate_media(media="print")
    assert page.pdf()[:5] == b"%PDF-"


@pytest.mark.parametrize("size", SIZES)
def test_the_page_of_a_capacity_fits_and_complains_of_nothing(visit: Open, size: str):
    probes = [Probe(100.0 * n, 5.0 + n, 2.0**n, kept=n < 8) for n in range(1, 12)]
    page = capacity_html(probes, target="http://127.0.0.1:8080", slos=["p99<200ms"], capacity=700)
    seen = visit(page, size=size)
    assert seen.complaints == []
    assert seen.page.evaluate("document.documentElement.scrollWidth") <= SIZES[size][0]
    assert seen.page.locator("line.knee").count() == 1
