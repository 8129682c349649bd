"""When requests are due, worked out before the run."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from truth.log import dispersion

from seatrial.loadgen.mistakes import UsageError
from seatrial.loadgen.plan import Arrivals, Load, Ramp
from seatrial.loadgen.schedule import NS, make_schedule

LONG = 60.0


def gaps(load: Load) -> np.ndarray:
    return np.diff(make_schedule(load).times) / NS


def test_a_constant_rate_is_due_at_even_times_from_the_first_moment():
    schedule = make_schedule(Load(requests=5, rate=0.5))
    assert schedule.times.tolist() == [0, 2 * NS, 4 * NS, 6 * NS, 8 * NS]
    assert schedule.end == 8 * NS


def test_a_duration_gives_as_many_as_fit_and_waits_out_its_end():
    schedule = make_schedule(Load(duration_s=2.0, rate=10.0))
    assert len(schedule.times) == 20
    assert schedule.end == 2 * NS


@pytest.mark.parametrize("arrivals", [Arrivals.CONSTANT, Arrivals.POISSON, Arrivals.GAMMA, Arrivals.BURST])
def test_every_rhythm_keeps_the_rate(arrivals: Arrivals):
    times = make_schedule(Load(duration_s=LONG, rate=200.0, arrivals=arrivals, seed=7)).times
    assert len(times) == pytest.approx(200 * LONG, rel=0.06)
    assert (np.diff(times) >= 0).all()
    assert times[-1] < LONG * NS


def test_poisson_gaps_spread_as_much_as_their_mean_and_constant_ones_do_not():
    poisson = gaps(Load(requests=20_000, rate=100.0, arrivals=Arrivals.POISSON, seed=3))
    assert poisson.std() / poisson.mean() == pytest.approx(1.0, abs=0.05)
    assert gaps(Load(requests=2000, rate=100.0)).std() < 1e-8


def test_gamma_gaps_below_one_are_burstier_than_poisson():
    bursty = gaps(Load(requests=20_000, rate=100.0, arrivals=Arrivals.GAMMA, burstiness=0.25, seed=3))
    assert bursty.std() / bursty.mean() == pytest.approx(2.0, abs=0.15)


def test_a_burst_is_due_at_one_moment():
    times = make_schedule(Load(requests=30, rate=10.0, arrivals=Arrivals.BURST, burstiness=10)).times
    assert np.unique(times).tolist() == [0, NS, 2 * NS]


def test_dispersion_of_arrivals_is_that_of_the_rhythm():
    even = make_schedule(Load(duration_s=LONG, rate=1000.0)).times
    random = make_schedule(Load(duration_s=LONG, rate=1000.0, arrivals=Arrivals.POISSON)).times
    assert dispersion(even) < 0.1
    assert 0.9 < dispersion(random) < 1.1


def test_a_ramp_moves_its_rate_in_steps_of_a_second():
    times = make_schedule(Load(duration_s=10.0, ramp=Ramp(10.0, 100.0))).times
    counts = np.bincount(times // NS, minlength=10)
    assert counts.tolist() == pytest.approx(np.linspace(10, 100, 10), abs=1.5)


def test_a_seed_draws_the_same_times_again_and_another_one_others():
    load = Load(requests=100, rate=5.0, arrivals=Arrivals.POISSON, seed=1)
    other = Load(requests=100, rate=5.0, arrivals=Arrivals.POISSON, seed=2)
    assert (make_schedule(load).times == make_schedule(load).times).all()
    assert (make_schedule(load).times != make_schedule(other).times).any()


def test_a_warm_up_comes_on_top_and_before():
    schedule = make_schedule(Load(requests=10, rate=10.0, warmup_s=2.0))
    assert schedule.warmup == 2 * NS
    assert (schedule.times < 2 * NS).sum() == 20
    assert (schedule.times >= 2 * NS).sum() == 10


def test_more_than_a_run_can_hold_is_refused():
    with pytest.raises(UsageError, match="more than one run can record"):
        make_schedule(Load(duration_s=1e9, rate=1000.0))


@settings(deadline=None, max_examples=40)
@given(st.integers(1, 8), st.integers(1, 400), st.sampled_from([Arrivals.CONSTANT, Arrivals.POISSON, Arrivals.GAMMA]))
def test_the_slices_of_all_workers_are_the_schedule(workers: int, requests: int, arrivals: Arrivals):
    times = make_schedule(Load(requests=requests, rate=50.0, arrivals=arrivals, seed=5)).times
    joined = np.sort(np.concatenate([times[worker::workers] for worker in range(workers)]), kind="stable")
    assert (joined == times).all()
