"""The HTML page in a real browser: it filters, searches, expands, runs nothing foreign, and fits a phone."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from support.visits import SIZES, Visit

from seatrial.conformance.verdict import Level, Word
from seatrial.reports.html import report_html
from seatrial.reports.scrub import scrub

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from playwright.sync_api import Browser

    from seatrial.conformance.result import TrialResult

    Open = Callable[..., "Visit"]

SCHEMES = ("light", "dark")


@pytest.fixture
def visit(open_page: Callable[..., Visit]) -> Open:
    """Opens the report of a trial."""
    return lambda result, scheme="light", size="desk", anchor="": open_page(
        report_html(scrub(result)), scheme, size, anchor
    )


def of(result: TrialResult, **wanted: object) -> set[str]:
    return {v.clause for v in result.verdicts if all(getattr(v, k) == x for k, x in wanted.items())}


def test_the_page_loads_nothing_and_complains_of_nothing(visit: Open, any_trial: TrialResult):
    seen = visit(any_trial)
    assert [url.rpartition("/")[2] for url in seen.requests] == ["report.html"]
    assert seen.complaints == []


def test_nothing_that_a_subject_said_is_run(visit: Open, hostile: TrialResult):
    seen = visit(hostile)
    seen.page.evaluate("document.querySelectorAll('details').forEach(d => { d.open = true; })")
    seen.page.locator("#search").fill("<script>window.pwned = 1</script>")
    assert seen.page.evaluate("typeof window.pwned") == "undefined"
    assert seen.page.locator("script").count() == 1
    assert seen.page.locator("img, iframe, object, embed, base, form[action]").count() == 0
    assert seen.complaints == []
    assert len(seen.requests) == 1


@pytest.mark.parametrize("size", SIZES)
def test_nothing_is_wider_than_the_screen(visit: Open, any_trial: TrialResult, size: str):
    page = visit(any_trial, size=size).page
    page.evaluate("document.querySelectorAll('details').forEach(d => { d.open = true; })")
    assert page.evaluate("document.documentElement.scrollWidth") <= SIZES[size][0]


def test_the_page_follows_the_colour_scheme(visit: Open, certified: TrialResult):
    grounds = {s: visit(certified, s).page.evaluate("getComputedStyle(document.body).backgroundColor") for s in SCHEMES}
    assert grounds == {"light": "rgb(252, 252, 250)", "dark": "rgb(16, 22, 28)"}


def test_a_verdict_chip_filters_and_a_second_one_widens(visit: Open, warned: TrialResult):
    seen = visit(warned)
    seen.page.get_by_role("button", name="warn 2").click()
    assert set(seen.shown()) == of(warned, word=Word.WARN)
    seen.page.get_by_role("button", name=re.compile(r"^untested \d+$")).click()
    assert set(seen.shown()) == of(warned, word=Word.WARN) | of(warned, word=Word.UNTESTED)
    assert seen.page.locator("#shown").inner_text() == f"{len(seen.shown())} of {len(warned.verdicts)} clauses"


def test_level_and_area_narrow_together(visit: Open, loopback: TrialResult):
    seen = visit(loopback)
    seen.page.get_by_label("Level", exact=True).select_option("MUST")
    seen.page.get_by_label("Area", exact=True).select_option("ping")
    assert set(seen.shown()) == {c for c in of(loopback, level=Level.MUST) if c.startswith("ping.")}
    assert seen.page.locator(".area:not([hidden])").count() == 1


def test_a_search_finds_ids_texts_and_transcripts(visit: Open, warned: TrialResult):
    seen = visit(warned)
    search = seen.page.get_by_label("Search the clauses")
    search.fill("ping.answers-200")
    assert "ping.answers-200" in seen.shown()
    search.fill("Internal Server Error POST")
    assert seen.shown() == ["invocations.refuses-malformed"]
    search.fill("no such words anywhere")
    assert seen.shown() == []
    assert seen.page.get_by_text("No clause fits the filter.").is_visible()
    seen.page.get_by_role("button", name="Reset").click()
    assert len(seen.shown()) == len(warned.verdicts)


def test_a_clause_expands_to_its_transcript_and_curl_line(visit: Open, warned: TrialResult):
    seen = visit(warned)
    row = seen.page.locator('[id="c-invocations.refuses-malformed"]')
    row.locator("> summary").click()
    assert row.get_by_text("html-error-page").is_visible()
    row.locator(".exchange > summary").first.click()
    assert "< HTTP/1.1 500" in row.locator("pre").first.inner_text()
    assert row.locator(".exchange .copyable code").first.inner_text().startswith("curl ")


def test_a_link_to_a_hidden_clause_opens_it(visit: Open, loopback: TrialResult):
    seen = visit(loopback)
    seen.page.get_by_label("Search the clauses").fill("image.architecture")
    seen.page.locator(".finding a.id").first.click()
    row = seen.page.locator('[id="c-port.not-loopback"]')
    row.locator(".detail").wait_for(state="visible")
    assert row.get_attribute("open") is not None


def test_an_address_with_a_clause_opens_it_at_once(visit: Open, loopback: TrialResult):
    seen = visit(loopback, anchor="#c-ping.answers-200")
    seen.page.locator('[id="c-ping.answers-200"] .detail').wait_for(state="visible")


def test_everything_can_be_reached_by_the_keyboard(visit: Open, warned: TrialResult):
    seen = visit(warned)
    seen.page.keyboard.press("/")
    seen.page.keyboard.type("steady")
    assert seen.shown() == ["invocations.steady"]
    seen.page.keyboard.press("Escape")
    assert len(seen.shown()) == len(warned.verdicts)
    seen.page.get_by_role("button", name="warn 2").focus()
    seen.page.keyboard.press("Space")
    assert len(seen.shown()) == 2
    seen.page.locator(".clause:not([hidden]) > summary").first.focus()
    seen.page.keyboard.press("Enter")
    assert seen.page.locator(".clause[open]").count() == 1


def test_all_shown_clauses_expand_and_collapse_at_once(visit: Open, certified: TrialResult):
    seen = visit(certified)
    seen.page.get_by_role("button", name="Expand all").click()
    assert seen.page.locator(".clause[open]").count() == len(certified.verdicts)
    seen.page.get_by_role("button", name="Collapse all").click()
    assert seen.page.locator(".clause[open]").count() == 0


def test_printing_opens_what_is_broken_and_leaves_the_filter_out(visit: Open, warned: TrialResult):
    page = visit(warned).page
    page.emulate_media(media="print")
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert page.locator(".clause[open]").count() == 2
    assert not page.locator(".filter").is_visible()
    assert page.pdf()[:5] == b"%PDF-"


def test_without_scripts_the_page_still_tells_everything(browser: Browser, loopback: TrialResult, tmp_path: Path):
    path = tmp_path / "report.html"
    path.write_bytes(report_html(loopback))
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(path.as_uri())
    assert not page.locator(".filter").is_visible()
    page.locator('[id="c-port.not-loopback"] > summary').click()
    assert page.locator('[id="c-port.not-loopback"] .detail').is_visible()
    context.close()
