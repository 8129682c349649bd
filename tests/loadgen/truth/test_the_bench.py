"""The bench fails where a floor is missed, and says which."""

from __future__ import annotations

import numpy as np
from bench.load.figure import Figure, median, spread
from bench.load.table import as_json, as_markdown, broken

MET = Figure("send error, p50", 0.06, "ms", 0.135, 0.0675, "seen")
SHORT = Figure("memory", 60.0, "MB", 64.0, 48.0, "seen")
MISSED = Figure("highest rate, ours / theirs", 2.0, "times", 2.5, 4.0, "seen", most=False)
ABSENT = Figure("CPU, ours / theirs", None, "times", 4.0, 2.5, "theirs is not installed here")
PLAIN = Figure("added to any token", 0.02, "ms")


def test_a_figure_says_how_far_it_came():
    words = {figure.what: figure.verdict for figure in (MET, SHORT, MISSED, ABSENT, PLAIN)}
    assert list(words.values()) == ["goal", "floor, **not the goal**", "**below the floor**", "not measured", ""]


def test_only_what_is_below_its_floor_breaks_the_bench():
    groups = [("One", [MET, SHORT]), ("Two", [MISSED, ABSENT, PLAIN])]
    assert broken(groups) == ["below the floor: highest rate, ours / theirs: 2 times, floor ≥ 2.5 times"]
    assert broken(groups[:1]) == []


def test_a_figure_of_numpy_is_judged_like_any_other():
    assert not Figure("start", np.float64(1.1), "s", 1.0, 0.4).kept  # type: ignore[arg-type]  # it is a float
    assert median([np.float64(1.0), np.float64(3.0)]) == 2.0


def test_the_table_has_a_line_for_each_figure_and_its_reason():
    text = as_markdown([("One", [MET, ABSENT])], rounds=3)
    lines = [line for line in text.splitlines() if line.startswith("| ") and "---" not in line]
    assert lines[1:] == [
        "| send error, p50 | 0.06 ms | ≤ 0.135 ms | ≤ 0.0675 ms | goal | seen |",
        "| CPU, ours / theirs |  | ≤ 4 times | ≤ 2.5 times | not measured | theirs is not installed here |",
    ]


def test_the_json_carries_the_same():
    text = as_json([("One", [SHORT])], rounds=3)
    assert '"value": 60.0' in text
    assert '"verdict": "floor, not the goal"' in text


def test_several_rounds_are_told_with_their_least_and_greatest():
    assert spread([3.0, 1.0, 2.0]) == "2 (1 to 3)"
    assert spread([2.0]) == "2"
