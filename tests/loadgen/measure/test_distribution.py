from __future__ import annotations

import numpy as np

from seatrial.loadgen.measure.distribution import distribution


def test_every_figure_of_a_known_series():
    found = distribution(np.random.default_rng(1).permutation(np.arange(1, 1001)) * 1_000_000)
    assert found is not None
    assert (found.count, found.low, found.high, found.mean) == (1000, 1.0, 1000.0, 500.5)
    assert {name: point.value for name, point in found.points.items()} == {
        "p50": 500.0, "p90": 900.0, "p95": 950.0, "p99": 990.0, "p99.9": 999.0,
    }  # fmt: skip
    assert (found.points["p50"].interval.low, found.points["p50"].interval.high) == (469.0, 532.0)
    assert found.points["p99.9"].interval.high is None
    assert found.unit == "ms"


def test_nothing_has_no_distribution():
    assert distribution(np.zeros(0, np.int64)) is None


def test_one_sample_is_every_percentile_and_bounds_none():
    found = distribution(np.array([7_000_000]))
    assert found is not None
    assert {point.value for point in found.points.values()} == {7.0}
    assert found.points["p99"].interval.high is None
    assert found.cdf == ((7.0, 1.0),)


def test_a_stall_widens_the_tail_and_leaves_the_median_sure():
    random = np.random.default_rng(5)
    series = random.normal(5e6, 1e5, 10_000).astype(np.int64)
    series[4000:4200] = np.linspace(2e9, 0, 200)
    found = distribution(series)
    assert found is not None
    median, tail = found.points["p50"], found.points["p99"]
    assert median.interval.low is not None
    assert median.interval.high is not None
    assert median.interval.high - median.interval.low < 0.02
    assert tail.interval.high is None, "one event cannot bound a percentile that it makes"
    assert tail.value > 500


def test_the_curve_has_at_most_400_points_rises_and_ends_with_all():
    samples = np.random.default_rng(2).lognormal(15, 1, 200_000).astype(np.int64)
    found = distribution(samples)
    assert found is not None
    values, shares = zip(*found.cdf, strict=True)
    assert 300 < len(found.cdf) <= 400
    assert list(values) == sorted(set(values))
    assert list(shares) == sorted(shares)
    assert (values[-1], shares[-1]) == (found.high, 1.0)
    for value, share in found.cdf[::37]:
        assert np.mean(samples <= value * 1e6 + 0.5) == share
    beyond = [share for share in shares if share > 0.99]
    assert len(beyond) > 40, "the tail is where people look"
