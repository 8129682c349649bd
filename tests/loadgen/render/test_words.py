"""Numbers are told in units that people read, and never rounded into a lie."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from seatrial.loadgen.render.words import (
    between,
    cost_told,
    duration,
    headline,
    many,
    moment,
    ms,
    one_line,
    per_second,
    printable,
    quantity,
    sentence,
    share,
)  # fmt: skip
from seatrial.loadgen.result import Cost, Interval

if TYPE_CHECKING:
    from seatrial.loadgen.observed import Observed
    from seatrial.loadgen.result import Result


@pytest.mark.parametrize(
    ("value", "told"),
    [
        (None, "-"),
        (0.0, "0 µs"),
        (0.0624, "62.4 µs"),
        (0.9994, "999 µs"),
        (0.99951, "1.00 ms"),
        (5.0804, "5.08 ms"),
        (99.94, "99.9 ms"),
        (99.96, "100 ms"),
        (999.4, "999 ms"),
        (999.6, "1.00 s"),
        (1910, "1.91 s"),
        (119_400, "119 s"),
        (125_000, "2 min 05 s"),
        (7_260_000, "2 h 01 min"),
        (-0.012, "-12.0 µs"),
        (-1500, "-1.50 s"),
    ],
)
def test_a_time_keeps_three_digits_and_its_unit(value: float, told: str):
    assert ms(value) == told


@pytest.mark.parametrize(
    ("rate", "told"),
    [
        (None, "-"),
        (0, "0/s"),
        (0.5, "0.500/s"),
        (200, "200/s"),
        (199.98, "200.0/s"),
        (1099.5, "1,099.5/s"),
        (12043.4, "12,043/s"),
    ],
)
def test_a_rate_without_decimals_is_exactly_that_rate(rate: float, told: str):
    assert per_second(rate) == told


@pytest.mark.parametrize(
    ("part", "told"),
    [
        (0, "0 %"), (1, "100 %"), (0.00001, "< 0.01 %"), (0.0012, "0.12 %"), (0.883, "88.3 %"), (0.9988, "99.88 %"),
        (0.999999, "> 99.99 %"), (1.000001, "> 100 %"), (1.2, "120.0 %"),
    ],
)  # fmt: skip
def test_a_share_is_whole_only_where_it_is(part: float, told: str):
    assert share(part) == told


@pytest.mark.parametrize(
    ("low", "high", "told"),
    [
        (4.98, 5.12, "4.98 … 5.12 ms"),
        (0.9, 5.12, "900 µs … 5.12 ms"),
        (1850, None, "1.85 s … ?"),
        (None, 2.0, "? … 2.00 ms"),
        (None, None, "not bounded"),
        (130_000, 140_000, "2 min 10 s … 2 min 20 s"),
    ],
)
def test_an_interval_says_where_it_has_no_end(low: float, high: float, told: str):
    assert between(Interval(low, high)) == told


def test_other_units_stand_behind_their_numbers():
    assert quantity(12.345, "tokens") == "12.3 tokens"
    assert duration(31.22) == "31.2 s"
    assert many(1, "process", "processes") == "1 process"
    assert many(12_000, "request") == "12,000 requests"


def test_what_a_server_said_cannot_move_the_cursor():
    assert printable("\x1b[31m\u202e\udc80") == r"\x1b[31m\u202e\udc80"
    assert one_line("a\nb\t c" + "x" * 90, 10) == "a b cxxxx…"


def test_a_moment_is_told_as_people_write_it():
    assert moment("2026-11-23T12:00:00+00:00") == "23 November 2026, 12:00 UTC"
    assert moment("some day") == "some day"


def test_every_verdict_has_a_word_and_a_sentence(runs: dict[str, tuple[Result, Observed]]):
    told = {name: (headline(result), sentence(result)) for name, (result, _) in runs.items() if name != "hostile"}
    assert told["met"] == ("Met", "All 2 objectives are met.")
    assert told["missed"] == ("Missed", "1 of 3 objectives is missed: p99<200ms, seen 1.41 s.")
    assert told["nothing"][1].startswith("The objective is missed: errors<1%, seen 100 %")
    assert told["invalid"][0] == "Invalid"
    assert "say nothing about the server" in told["invalid"][1]
    assert told["interrupted"][0] == "Interrupted"
    assert told["interrupted"][1].startswith("Partial: ended by the user")


def test_a_cost_that_nothing_can_be_divided_by_is_not_told_as_zero():
    assert "nothing was answered" in cost_told(Cost(1.5, "USD", None, None, "--price-per-hour"))
    assert "0.0002 USD a million" in cost_told(Cost(1.5, "USD", 0.0002, None, "--price-per-hour"))
