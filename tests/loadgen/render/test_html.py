"""The HTML page as text: self-contained, escaped, whole. What needs a browser is in `test_browser.py`."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from seatrial.loadgen.render.capacity_html import Probe, capacity_html
from seatrial.loadgen.render.html import TEMPLATES, html_report
from seatrial.loadgen.render.scrub import scrub

if TYPE_CHECKING:
    from seatrial.loadgen.observed import Observed
    from seatrial.loadgen.result import Result

    Runs = dict[str, tuple[Result, Observed]]


def page_of(run: tuple[Result, Observed]) -> str:
    return html_report(scrub(run[0]), run[1]).decode()


def test_the_page_names_verdict_objectives_errors_and_the_command(runs: Runs):
    page = page_of(runs["missed"])
    for part in (
        "<h1>Missed</h1>", "p99&lt;200ms, seen 1.41 s", "MISSED</span>", "response time p99", "server error",
        "503 {&#34;error&#34;: &#34;overloaded&#34;}", "loadgen -rps 200 -d 60 -e http://127.0.0.1:8080/invocations",
        "exit 1: an objective is missed", "Send error", "kernel: receive times",
    ):  # fmt: skip
        assert part in page


def test_an_unfit_client_is_told_before_any_figure(runs: Runs):
    page = page_of(runs["invalid"])
    assert page.index("give the client more cores with --workers") < page.index('id="h-latency"')
    assert "<h1>Invalid</h1>" in page


def test_a_partial_run_is_marked(runs: Runs):
    page = page_of(runs["interrupted"])
    assert "<h1>Interrupted</h1>" in page
    assert "partial: the run was interrupted" in page


def test_the_page_refers_to_nothing_that_would_be_loaded(any_run: tuple[Result, Observed]):
    page = page_of(any_run)
    markup = re.sub(r"<style>.*?</style>", "", page, flags=re.DOTALL)
    assert re.findall(r'<[^>]*\s(?:src|srcset|data|poster|action|style|on\w+)\s*=\s*"[^"]*"[^>]*>', markup) == []
    assert set(re.findall(r'<link [^>]*href="([^"]*)"', markup)) == {"data:,"}
    assert re.findall(r"<(?:script|img|iframe|object|embed|base|a)\b", markup) == []
    assert "default-src &#39;none&#39;" in markup
    assert "unsafe-inline" not in markup


def test_control_characters_are_written_out(runs: Runs):
    page = page_of(runs["hostile"])
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202e\u2066]", page)
    assert r"\x1b[31mred" in page


def test_a_page_stays_small_enough_to_send(any_run: tuple[Result, Observed]):
    assert len(page_of(any_run)) < 300_000


def luminance(colour: str) -> float:
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_can_be_read_and_lines_be_seen_on_every_ground(scheme: str):
    css = (TEMPLATES / "load.css").read_text("utf-8")
    blocks = re.findall(r":root \{([^}]*--ink[^}]*)\}", css)
    colours = dict(re.findall(r"--([\w_]+): (#[0-9a-f]{6})", blocks[0 if scheme == "light" else 1]))
    for ground in ("paper", "raised", "well"):
        for ink in ("ink", "soft", "quiet", "accent", "fail", "warn", "pass", "invalid"):
            assert contrast(colours[ink], colours[ground]) >= 4.5, f"{ink} on {ground}, {scheme}"
    for line in ("accent", "service", "quiet", "fail", "pass", "observed"):
        assert contrast(colours[line], colours["paper"]) >= 3, f"{line}, {scheme}"


def test_every_colour_of_the_style_sheet_is_defined_and_used():
    css = (TEMPLATES / "load.css").read_text("utf-8")
    defined, used = set(re.findall(r"--([\w-]+):", css)), set(re.findall(r"var\(--([\w-]+)", css))
    assert used <= defined
    assert defined - used == set()


def test_every_class_of_a_page_is_known_to_the_style_sheet(runs: Runs):
    css = (TEMPLATES / "load.css").read_text("utf-8")
    known = set(re.findall(r"\.([a-z][\w-]*)", css))
    pages = [page_of(run) for run in runs.values()]
    pages.append(
        capacity_html([Probe(1, 1, 2, kept=True), Probe(2, 9, 9, kept=False)], target="t", slos=[], capacity=1).decode()
    )
    used = {name for page in pages for text in re.findall(r' class="([^"]+)"', page) for name in text.split()}
    assert used - known == set()
