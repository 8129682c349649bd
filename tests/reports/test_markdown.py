"""`summary.md`: on one screen, and safe on a page that renders Markdown and HTML."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from seatrial.reports.markdown import code, markdown_summary
from seatrial.reports.scrub import scrub

if TYPE_CHECKING:
    from seatrial.conformance.result import TrialResult


def rendered(result: TrialResult) -> str:
    return MarkdownIt("commonmark", {"html": True}).enable("table").render(markdown_summary(scrub(result)).decode())


def test_the_grade_and_the_root_cause_come_first(loopback: TrialResult):
    text = markdown_summary(loopback).decode()
    assert text.startswith("## ❌ Not certified: `abalone:1.4`\n")
    assert "**FAIL `port.not-loopback`** MUST" in text
    assert "cause: `the server listens on 127.0.0.1:8080 inside the container`, proven: `socket table of pid 7`" in text
    assert f"hides {loopback.diagnoses[0].hides} clauses" in text


def test_the_missing_option_stands_before_the_warnings(warned: TrialResult):
    text = markdown_summary(warned).decode()
    assert text.index("`--trial-slow-sample FILE`: 2 clauses untested") < text.index("### Warnings")


def test_every_clause_stands_in_the_table(any_trial: TrialResult):
    rows = re.findall(r"^\| ([a-z ]+) \| `([^`]+)` \| [A-Z]+ \|$", markdown_summary(any_trial).decode(), re.MULTILINE)
    assert [clause for _, clause in rows] == [v.clause for v in any_trial.verdicts]


def test_a_summary_fits_the_page_of_a_build_job(any_trial: TrialResult):
    assert len(markdown_summary(scrub(any_trial))) < 200_000  # GitHub shows at most 1 MiB a step


def test_nothing_that_a_subject_says_becomes_markup(hostile: TrialResult):
    page = rendered(hostile)
    tags = set(re.findall(r"<\s*/?\s*([a-zA-Z]+)", page))
    allowed = {
        "h",
        "p",
        "code",
        "strong",
        "ul",
        "li",
        "table",
        "thead",
        "tbody",
        "tr",
        "th",
        "td",
        "details",
        "summary",
    }
    assert {t.rstrip("0123456789") for t in tags} <= allowed | {"blockquote"}


@given(st.text(min_size=1))
def test_a_code_span_holds_whatever_it_is_given(text: str):
    page = MarkdownIt("commonmark", {"html": True}).render("x " + code(text))
    assert re.fullmatch(r"<p>x (<code>[^<]*</code>|\(nothing\))</p>\n", page, re.DOTALL)


@pytest.mark.parametrize("text", ["`", "``", "a`b``c", "``` `"])
def test_backticks_inside_do_not_end_a_code_span(text: str):
    page = MarkdownIt("commonmark").render(code(text))
    assert text.strip() in page
