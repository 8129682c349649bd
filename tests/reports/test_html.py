"""The HTML page as text: self-contained, escaped, readable. What needs a browser is in `test_browser.py`."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from seatrial.conformance.verdict import Word
from seatrial.reports.html import TEMPLATES, report_html
from seatrial.reports.repro import replay_ids
from seatrial.reports.scrub import scrub

if TYPE_CHECKING:
    from seatrial.conformance.result import TrialResult


def page_of(result: TrialResult) -> str:
    return report_html(scrub(result)).decode()


def test_the_page_names_grade_cause_cure_and_replay(loopback: TrialResult):
    page = page_of(loopback)
    for part in (
        "<h1>Not certified</h1>",
        "the server listens on 127.0.0.1:8080 inside the container",
        "bind 0.0.0.0 (gunicorn: --bind 0.0.0.0:8080)",
        f"{loopback.count(Word.UNTESTED) - 1} clauses</b> untested",
        f"seatrial replay {next(iter(replay_ids(loopback).values()))}",
        "The boot: what /ping answered",
    ):
        assert part in page


def test_every_clause_has_a_place_that_can_be_linked_to(any_trial: TrialResult):
    page = page_of(any_trial)
    assert re.findall(r'<details class="clause" id="c-([^"]+)"', page) == sorted_by_area(any_trial)
    for target in set(re.findall(r'href="#c-([^"]+)"', page)):
        assert f'id="c-{target}"' in page


def sorted_by_area(result: TrialResult) -> list[str]:
    areas: dict[str, list[str]] = {}
    for verdict in result.verdicts:
        areas.setdefault(verdict.clause.partition(".")[0], []).append(verdict.clause)
    return [clause for some in areas.values() for clause in some]


def test_the_page_refers_to_nothing_that_would_be_loaded(any_trial: TrialResult):
    page = page_of(any_trial)
    markup = re.sub(r"<(style|script)>.*?</\1>", "", page, flags=re.DOTALL)
    loads = re.findall(r'<[^>]*\s(?:src|srcset|data|poster|action|style|on\w+)\s*=\s*"[^"]*"[^>]*>', markup)
    assert loads == []
    assert set(re.findall(r'<link [^>]*href="([^"]*)"', markup)) == {"data:,"}
    assert "default-src &#39;none&#39;" in markup
    assert "unsafe-inline" not in markup


def test_links_lead_to_the_catalogue_s_own_pages_only(hostile: TrialResult):
    known = {source.url for _, source in hostile.sources}
    for url in re.findall(r'<a href="([^"#][^"]*)"', page_of(hostile)):
        assert url.partition("#")[0] in known


def test_words_between_backticks_are_set_as_code(warned: TrialResult):
    assert "Write <code>ENV PYTHONUNBUFFERED=1</code> in the Dockerfile" in page_of(warned)


def test_control_characters_are_written_out(hostile: TrialResult):
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202e\u2066]", page_of(hostile))
    assert r"\x1b[31mred" in page_of(hostile)


def test_what_is_untested_is_told_with_its_reason(certified: TrialResult):
    assert certified.count(Word.UNTESTED) == 1
    assert "Out of reach of this launcher" in page_of(certified)


def luminance(colour: str) -> float:
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_can_be_read_on_every_ground(scheme: str):
    css = (TEMPLATES / "report.css").read_text("utf-8")
    blocks = re.findall(r":root \{([^}]*--ink[^}]*)\}", css)
    colours = dict(re.findall(r"--([\w_]+): (#[0-9a-f]{6})", blocks[0 if scheme == "light" else 1]))
    for ground in ("paper", "raised", "well"):
        for ink in ("ink", "soft", "quiet", "accent", "fail", "warn", "pass"):
            assert contrast(colours[ink], colours[ground]) >= 4.5, f"{ink} on {ground}, {scheme}"
