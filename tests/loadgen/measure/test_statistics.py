"""The statistics against independent truths: another implementation, known series, and simulated coverage."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats
from scipy.signal import lfilter

from seatrial.loadgen.measure.statistics import (
    binomial_cdf,
    clean_samples,
    correlation_time,
    effective_samples,
    percentile,
    percentile_interval,
    wilson,
)


def autoregressive(random: np.random.Generator, factor: float, count: int) -> np.ndarray:
    """x[t] = factor * x[t-1] + noise: its correlation time is (1 + factor) / (1 - factor)."""
    return np.asarray(lfilter([1.0], [1.0, -factor], random.standard_normal(count + 2000))[2000:])


@pytest.mark.parametrize("share", [0.5, 0.9, 0.95, 0.99, 0.999])
@pytest.mark.parametrize("count", [1, 2, 9, 10, 100, 999, 1000])
def test_a_percentile_is_the_least_sample_with_that_share_at_or_below(count: int, share: float):
    samples = np.sort(np.random.default_rng(count).integers(0, 10**9, count))
    assert percentile(samples, share) == np.quantile(samples, share, method="inverted_cdf")


def test_a_percentile_does_not_trip_over_binary_fractions():
    assert percentile(np.arange(1, 101), 0.07) == 7
    assert percentile(np.arange(1, 1001), 0.999) == 999


@pytest.mark.parametrize("factor", [0.0, 0.5, 0.9, 0.98])
def test_the_correlation_time_of_a_known_series_is_found(factor: float):
    random = np.random.default_rng(7)
    known = (1 + factor) / (1 - factor)
    for count in (40_000, 300_000):  # below and above the length from which bins are used
        found = np.mean([correlation_time(autoregressive(random, factor, count)) for _ in range(5)])
        assert found == pytest.approx(known, rel=0.12)


def test_the_effective_number_predicts_how_far_means_scatter():
    random = np.random.default_rng(3)
    series = [autoregressive(random, 0.9, 5000) for _ in range(200)]
    scatter = np.std([each.mean() for each in series])
    predicted = np.mean([each.std() / np.sqrt(effective_samples(each)) for each in series])
    assert predicted == pytest.approx(scatter, rel=0.15)


def test_independent_samples_are_worth_what_they_are():
    samples = np.random.default_rng(1).exponential(size=20_000)
    assert 0.9 < effective_samples(samples) / 20_000 <= 1.0


def test_alternating_samples_are_worth_no_more_than_they_are():
    assert effective_samples(np.tile([1.0, 9.0], 500)) == 1000


def test_samples_that_do_not_vary_are_worth_what_they_are():
    assert effective_samples(np.full(1000, 5)) == 1000
    assert effective_samples(np.zeros(0)) == 0


def test_a_drift_from_first_to_last_is_worth_hardly_anything():
    assert effective_samples(np.arange(10_000)) < 10


def test_one_stall_is_hardly_more_than_one_event():
    beyond = np.zeros(10_000, np.bool_)
    beyond[4000:4200] = True
    assert effective_samples(beyond) < 10_000 / 100


@pytest.mark.parametrize(
    ("most", "count", "share"), [(0, 299, 0.01), (5, 100, 0.05), (9_950, 10**6, 0.01), (3, 3, 0.2)]
)
def test_binomial_probabilities_agree_with_scipy(most: int, count: int, share: float):
    assert binomial_cdf(most, count, share) == pytest.approx(stats.binom.cdf(most, count, share), abs=1e-8)


def test_binomial_probabilities_have_their_ends():
    assert binomial_cdf(-1, 10, 0.5) == 0
    assert binomial_cdf(10, 10, 0.5) == 1
    assert binomial_cdf(0, 10, 0.0) == 1
    assert binomial_cdf(9, 10, 1.0) == 0


@pytest.mark.parametrize("share", [0.5, 0.9, 0.99, 0.999])
@pytest.mark.parametrize("count", [5, 100, 368, 5000, 1_000_000])
def test_the_ranks_of_an_interval_are_the_binomial_ones(count: int, share: float):
    low, high = percentile_interval(count, count, share)
    assert (low or 0) == stats.binom.ppf(0.025, count, share)
    above = int(stats.binom.ppf(0.975, count, share)) + 1
    assert high == (above if above <= count else None)


def test_correlation_widens_the_interval():
    alone, together = percentile_interval(10_000, 10_000, 0.9), percentile_interval(10_000, 100, 0.9)
    assert None not in (*alone, *together)
    assert together[1] - together[0] > 8 * (alone[1] - alone[0])  # type: ignore[operator]


def test_a_tail_that_no_sample_bounds_has_no_upper_end():
    assert percentile_interval(367, 367, 0.99)[1] is None
    assert percentile_interval(368, 368, 0.99)[1] == 368


def test_intervals_hold_the_truth_in_nineteen_runs_of_twenty_even_where_neighbours_correlate():
    random = np.random.default_rng(11)
    spread = 1 / np.sqrt(1 - 0.9**2)
    held, runs = {0.5: 0, 0.9: 0, 0.99: 0}, 200
    for _ in range(runs):
        series = autoregressive(random, 0.9, 4000)
        ordered = np.sort(series)
        for share in held:
            value = ordered[round(share * 4000) - 1]
            low, high = percentile_interval(4000, effective_samples(series > value), share)
            truth = stats.norm.ppf(share) * spread
            held[share] += (low is None or ordered[low - 1] <= truth) and (high is None or truth <= ordered[high - 1])
    for share, times in held.items():
        assert times / runs > 0.89, f"p{share}"
    # The interval that takes neighbours for independent misses far more often: the test can tell.
    low, high = percentile_interval(4000, 4000, 0.5)
    assert low is not None
    assert high is not None
    naive = 0
    for _ in range(runs):
        ordered = np.sort(autoregressive(random, 0.9, 4000))
        naive += bool(ordered[low - 1] <= 0 <= ordered[high - 1])
    assert naive / runs < 0.7


def test_wilson_agrees_with_scipy():
    for hits, count in ((0, 10), (3, 10), (10, 10), (995, 1000)):
        known = stats.binomtest(hits, count).proportion_ci(method="wilson")
        assert wilson(hits, count) == pytest.approx((known.low, known.high))
    assert wilson(0, 0) == (0.0, 1.0)


def test_the_well_known_numbers_of_clean_samples():
    assert clean_samples(0.99) == 299
    assert clean_samples(0.99, 0.99) == 459
    assert clean_samples(0.999) == 2995
