"""Numbers, counts and outcomes in words; untrusted text made harmless."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seatrial.conformance.verdict import ExitCode, Grade, Level
from seatrial.reports import words

if TYPE_CHECKING:
    from seatrial.conformance.result import TrialResult


@pytest.mark.parametrize(
    ("number", "text"), [(0.0042, "0.004 s"), (1.94, "1.9 s"), (119.9, "119.9 s"), (125.2, "2 min 05 s")]
)
def test_seconds_are_told_as_people_read_them(number: float, text: str):
    assert words.seconds(number) == text


@pytest.mark.parametrize(
    ("number", "text"),
    [(12, "12 B"), (4_096, "4 kB"), (48_300_000, "48.3 MB"), (612_400_000, "612 MB"), (2 * 10**9, "2.0 GB")],
)
def test_sizes_are_told_in_decimal_units(number: float, text: str):
    assert words.size(number) == text


def test_a_count_agrees_with_its_noun():
    assert (words.many(1, "clause"), words.many(58, "clause")) == ("1 clause", "58 clauses")


@given(st.text())
def test_printable_text_holds_no_control_character_and_no_direction_mark(text: str):
    shown = words.printable(text)
    assert not [c for c in shown if c not in "\n\t" and (ord(c) < 0x20 or 0x7F <= ord(c) < 0xA0 or c in "\u202e\u2066")]
    shown.encode("utf-8")


@given(st.text(alphabet=st.characters(categories=("L", "N", "Zs"))))
def test_ordinary_text_is_left_as_it_is(text: str):
    assert words.printable(text) == text


@given(st.text(), st.integers(1, 40))
def test_one_line_is_one_line_of_at_most_its_width(text: str, width: int):
    line = words.one_line(text, width)
    assert len(line) <= width
    assert "\n" not in line


def test_every_exit_code_of_a_trial_is_explained():
    fallback = words.exit_meaning(99)
    assert all(words.exit_meaning(code) != fallback for code in ExitCode)


def test_a_moment_is_written_out_and_what_is_none_is_left_alone():
    assert words.moment("2026-11-23T12:00:00+00:00") == "23 November 2026, 12:00 UTC"
    assert words.moment("yesterday") == "yesterday"


def test_each_grade_has_its_own_sentence(trials: dict[str, TrialResult]):
    musts = sum(v.level is Level.MUST for v in trials["certified"].verdicts)
    assert words.sentence(trials["loopback"]) == f"1 MUST of {musts} is broken."
    assert trials["certified"].grade is Grade.CERTIFIED
    kept = f"Every MUST in reach holds: {musts - 1} of {musts - 1}; 1 is out of reach here."
    assert words.sentence(trials["certified"]) == kept
    assert "2 SHOULDs are broken." in words.sentence(trials["warned"])
