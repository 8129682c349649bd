"""The search, against simulated servers whose knee is known from theory."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from support.observations import Run
from support.queues import served

from seatrial.loadgen.capacity import Ending, Standing, Trial, draw, find_capacity, table, trial_of
from seatrial.loadgen.judge import judge
from seatrial.loadgen.measure import measure
from seatrial.loadgen.mistakes import UsageError
from seatrial.loadgen.plan import Load
from seatrial.loadgen.result import Interval

Work = Callable[[np.random.Generator, int], np.ndarray]


def exponential(mean: float) -> Work:
    return lambda random, count: random.exponential(mean, count)


def fixed(mean: float) -> Work:
    return lambda _, count: np.full(count, mean)


def simulated(
    work: Work, slo: str, *, servers: int = 1, even: bool = False, seed: int = 1
) -> Callable[[float, float], Trial]:
    """A runner on a simulated server: Poisson arrivals unless they are even."""
    random = np.random.default_rng(seed)

    def run(rate: float, seconds: float) -> Trial:
        drawn = np.cumsum(random.exponential(1 / rate, int(rate * seconds * 1.3) + 50))
        due = np.arange(max(int(rate * seconds), 1)) / rate if even else drawn[drawn < seconds]
        leaves = served(due, work(random, len(due)), servers)
        load = Load(rate=rate, duration_s=seconds)
        observed = Run(due, (leaves - due) * 1000, 0.0, load=load, slos=(slo,)).observed()
        return trial_of(rate, seconds, judge(measure(observed), observed))

    return run


@pytest.mark.parametrize("seed", range(4))
def test_the_knee_of_an_m_m_1_server_is_found(seed: int):
    # Time in the system is exponential with rate capacity - load: its p99 is ln(100) / (capacity - load).
    found = find_capacity(simulated(exponential(1 / 200), "p99<100ms", seed=seed), start=10, seconds=20)
    knee = 200 - math.log(100) / 0.1
    assert found.ending is Ending.FOUND
    assert found.rate == pytest.approx(knee, rel=0.1)
    assert found.rate is not None
    assert found.interval.low is not None
    assert found.interval.high is not None
    assert 0.5 * knee < found.interval.low <= found.rate < found.interval.high < 1.8 * knee
    assert found.interval.low < 1.08 * knee
    assert found.interval.high > 0.92 * knee
    assert found.failed is not None
    assert found.failed / found.rate <= 1.051


def test_the_knee_of_an_m_d_1_server_is_found():
    # The truth from one long simulation of its own: the load at which p99 reaches 40 ms with 5 ms of work each.
    random = np.random.default_rng(99)

    def tail(rate: float) -> float:
        due = np.cumsum(random.exponential(1 / rate, 400_000))
        return float(np.quantile(served(due, np.full(len(due), 0.005)) - due, 0.99))

    loads = np.arange(130, 196, 2.0)
    knee = float(np.interp(0.040, np.maximum.accumulate([tail(rate) for rate in loads]), loads))
    found = find_capacity(simulated(fixed(0.005), "p99<40ms"), start=10, seconds=20)
    assert found.rate == pytest.approx(knee, rel=0.08)


def test_the_knee_of_an_m_m_c_server_is_found():
    # Erlang C: P(wait > t) = C * exp(-(c*mu - load) * t). Objective: p99 of the response below 150 ms, c = 8, mu = 25.
    servers, mu, limit = 8, 25.0, 0.15

    def beyond(load: float) -> float:
        offered = load / mu
        terms = [offered**k / math.factorial(k) for k in range(servers)]
        last = offered**servers / math.factorial(servers) * servers / (servers - offered)
        wait = last / (sum(terms) + last)
        spare = servers * mu - load
        if abs(spare - mu) < 1e-9:
            return float("nan")
        # Wait plus own work: 1-C of exp(mu), C of the sum of exp(spare) and exp(mu).
        own = math.exp(-mu * limit)
        both = (spare * own - mu * math.exp(-spare * limit)) / (spare - mu)
        return (1 - wait) * own + wait * both

    # Work alone is beyond 150 ms in 2.35 % of cases: the objective is on p95.
    loads = np.arange(100.5, 199, 0.7)
    knee = float(np.interp(0.05, [beyond(load) for load in loads], loads))
    found = find_capacity(simulated(exponential(1 / mu), "p95<150ms", servers=servers), start=20, seconds=20)
    assert found.rate == pytest.approx(knee, rel=0.08)


def test_an_even_load_on_an_even_server_is_kept_to_its_very_capacity():
    found = find_capacity(simulated(fixed(0.005), "p99<50ms", even=True), start=10, seconds=10, precision=0.01)
    assert found.rate == pytest.approx(200, rel=0.015)
    assert found.rate is not None
    assert found.rate <= 201


def test_a_start_that_is_too_high_is_halved_until_it_holds():
    found = find_capacity(simulated(fixed(0.005), "p99<50ms", even=True), start=5000, seconds=5)
    assert found.ending is Ending.FOUND
    assert found.rate == pytest.approx(200, rel=0.06)


def test_a_search_takes_few_runs():
    seen: list[Trial] = []
    find_capacity(simulated(fixed(0.005), "p99<50ms", even=True), start=10, seconds=10, watch=seen.append)
    assert len(seen) < 14


def scripted(standing: Callable[[float, float], Standing], *, holds: bool = False) -> Callable[[float, float], Trial]:
    def run(rate: float, seconds: float) -> Trial:
        found = standing(rate, seconds)
        kept = found is Standing.KEPT or (found is Standing.UNDECIDED and holds)
        return Trial(rate, seconds, found, kept, f"because of {found}", rate, 1.0, Interval(0.9, 1.0), 5.0, 10.0)

    return run


def test_an_undecided_step_is_run_longer():
    def standing(rate: float, seconds: float) -> Standing:
        if rate > 50:
            return Standing.FAILED
        return Standing.KEPT if seconds >= 20 else Standing.UNDECIDED

    found = find_capacity(scripted(standing), start=40, seconds=10)
    assert [each.seconds for each in found.trials if each.rate == 40] == [10, 20]
    assert found.interval.low is not None
    assert 47 < found.interval.low <= 50


def test_a_step_that_stays_undecided_goes_by_what_was_seen_and_does_not_count_as_shown():
    def standing(rate: float, _: float) -> Standing:
        return Standing.KEPT if rate <= 50 else Standing.UNDECIDED if rate < 120 else Standing.FAILED

    found = find_capacity(scripted(standing, holds=True), start=50, seconds=10)
    assert found.rate is not None
    assert 114 < found.rate < 120
    assert found.interval.low == 50
    assert found.interval.high is not None
    assert 120 <= found.interval.high < 126
    assert max(each.seconds for each in found.trials) == 40


def test_a_client_that_is_not_fit_ends_the_search_and_says_so():
    found = find_capacity(scripted(lambda rate, _: Standing.KEPT if rate < 300 else Standing.UNFIT), start=100)
    assert (found.ending, found.ending.exit_code) == (Ending.CLIENT, 3)
    assert found.rate == 200
    assert [each.rate for each in found.trials] == [100, 200, 400, 400, 400]
    assert found.words.startswith("the client, not the server, is the limit: because of unfit")
    assert "200 requests a second keep the objectives" in found.words


def test_what_disturbed_the_client_for_a_moment_does_not_end_the_search():
    tried: list[float] = []

    def standing(rate: float, _: float) -> Standing:
        tried.append(rate)
        if rate == 200 and tried.count(rate) < 3:
            return Standing.UNFIT
        return Standing.KEPT if rate < 300 else Standing.FAILED

    found = find_capacity(scripted(standing), start=100)
    assert (found.ending, tried.count(200)) == (Ending.FOUND, 3)
    assert found.rate is not None
    assert 280 < found.rate < 300


def test_a_server_that_keeps_nothing():
    found = find_capacity(scripted(lambda *_: Standing.FAILED), start=64)
    assert (found.ending, found.ending.exit_code, found.rate) == (Ending.NOTHING, 1, None)
    assert len(found.trials) == 13
    assert found.words.startswith("not even 0.01562 requests a second")


def test_the_highest_rate_that_may_be_tried():
    found = find_capacity(scripted(lambda *_: Standing.KEPT), start=100, most=300)
    assert [each.rate for each in found.trials] == [100, 200, 300]
    assert (found.ending, found.rate, found.ending.exit_code) == (Ending.MOST, 300, 0)
    assert "the capacity is higher" in found.words


def test_ctrl_c_ends_the_search_with_what_is_known():
    found = find_capacity(scripted(lambda rate, _: Standing.KEPT if rate < 300 else Standing.INTERRUPTED), start=100)
    assert (found.ending, found.ending.exit_code, found.rate) == (Ending.INTERRUPTED, 130, 200)


@pytest.mark.parametrize("wrong", [{"start": 0}, {"precision": 0}, {"precision": 1}, {"seconds": 0}, {"most": 0.5}])
def test_what_cannot_be_searched_is_refused(wrong: dict[str, float]):
    with pytest.raises(UsageError, match="--find-capacity"):
        find_capacity(scripted(lambda *_: Standing.KEPT), **wrong)


def test_the_result_is_json():
    found = find_capacity(simulated(fixed(0.005), "p99<50ms", even=True), start=50, seconds=5)
    data = json.loads(json.dumps(found.to_json(), allow_nan=False))
    assert data["rate"] == found.rate
    assert len(data["trials"]) == len(found.trials)
    assert data["words"] == found.words


def test_latency_against_rate_is_drawn():
    found = find_capacity(simulated(fixed(0.005), "p99<50ms", even=True), start=50, seconds=5)
    lines = draw(found, width=40, height=8)
    text = "\n".join(lines)
    assert text.count("●") + text.count("○") + text.count("◐") >= 4
    # The slowest stands in the first row, and to the right of the quickest in the last.
    assert "○" in lines[1]
    assert "●" in lines[8]
    assert lines[1].index("○") > lines[8].index("●")
    assert "5.00 ms" in lines[8]
    assert all(len(line) <= 52 for line in lines)
    rows = table(found)
    assert len(rows) == len(found.curve) + 1
    assert [float(row.split()[0]) for row in rows[1:]] == sorted(each.rate for each in found.curve)


def test_one_point_is_no_curve():
    found = find_capacity(scripted(lambda *_: Standing.UNFIT), start=50)
    assert draw(found) == []
    assert found.rate is None
    assert "no rate kept the objectives" in found.words


def test_the_longest_run_of_a_rate_stands_for_it():
    kept = scripted(lambda *_: Standing.KEPT)(10, 5)
    found = find_capacity(scripted(lambda *_: Standing.KEPT), start=10, most=10)
    both = replace(found, trials=(replace(kept, seconds=20, p99=1.0), replace(kept, seconds=5, p99=2.0)))
    assert [each.p99 for each in both.curve] == [1.0]
