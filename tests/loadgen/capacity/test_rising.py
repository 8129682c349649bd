"""Whether requests in flight keep rising, on queues whose load is known."""

from __future__ import annotations

import numpy as np
import pytest
from support.queues import served

from seatrial.loadgen.capacity import rising


def in_flight(
    random: np.random.Generator, load: float, capacity: float, seconds: int, *, fixed: bool = False
) -> list[int]:
    """The length of an M/M/1 (or M/D/1) queue at the end of each second."""
    count = int(load * capacity * seconds) + 1
    arrivals = np.cumsum(random.exponential(1 / (load * capacity), count))
    work = np.full(count, 1 / capacity) if fixed else random.exponential(1 / capacity, count)
    leaves = served(arrivals, work)
    return [int((arrivals <= at).sum() - (leaves <= at).sum()) for at in range(1, seconds + 1)]


def ever(series: list[int]) -> bool:
    """Asked every second while the run goes on."""
    return any(rising(series[:seen]) for seen in range(1, len(series) + 1))


@pytest.mark.parametrize("capacity", [5.0, 200.0, 2000.0])
@pytest.mark.parametrize("load", [0.5, 0.8, 0.9])
def test_a_server_below_its_capacity_does_not_rise_however_often_one_asks(capacity: float, load: float):
    random = np.random.default_rng(1)
    assert sum(ever(in_flight(random, load, capacity, 20)) for _ in range(40)) <= 1


@pytest.mark.parametrize(("capacity", "load", "seconds"), [(5.0, 2.0, 40), (200.0, 1.2, 20), (2000.0, 1.1, 10)])
def test_a_server_past_its_capacity_rises(capacity: float, load: float, seconds: int):
    random = np.random.default_rng(2)
    assert sum(ever(in_flight(random, load, capacity, seconds)) for _ in range(20)) >= 18


def test_even_arrivals_and_even_work_are_told_at_once():
    assert rising([0, 20, 40, 60, 80])
    assert not rising([0, 20, 40, 60])


def test_a_level_that_was_reached_is_no_climb():
    assert not rising([0, 40, 41, 40, 42, 40, 41, 40])
    assert not rising([100, 101, 103, 104, 106, 107, 109])


def test_a_few_more_than_a_few_are_no_climb():
    assert not rising([0, 2, 4, 6, 8, 9])


def test_a_pipe_that_fills_with_slow_answers_is_no_climb():
    # 10 a second, each takes 12 s: 120 are in flight once it is full.
    filling = [min(10 * at, 120) for at in range(1, 21)]
    assert rising(filling[:10])
    assert not rising(filling[:10], fill=12)
    assert not rising(filling, fill=12)


def test_nothing_yet_is_no_climb():
    assert not rising([])
