"""The badge."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from seatrial.conformance.verdict import Grade, Level, Word
from seatrial.reports.badge import COLOURS, badge_svg

if TYPE_CHECKING:
    from seatrial.conformance.result import TrialResult


@pytest.mark.parametrize("grade", list(Grade))
def test_each_grade_has_a_badge_in_its_colour_that_loads_nothing(certified: TrialResult, grade: Grade):
    svg = badge_svg(replace(certified, grade=grade)).decode()
    root = ET.fromstring(svg)  # noqa: S314  our own file
    assert root.find("{http://www.w3.org/2000/svg}title").text.startswith(f"seatrial: {grade}")
    assert COLOURS[grade] in svg
    assert svg.count("http") == 1  # the name space


def test_a_checked_subject_shows_how_many_musts_were_kept(certified: TrialResult):
    kept = certified.count(Word.PASS, Level.MUST)
    assert f"checked · {kept} MUSTs" in badge_svg(replace(certified, grade=Grade.CHECKED)).decode()
