"""Redrawing a run: its scatter is the true one, also where neighbours correlate."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.signal import lfilter

from seatrial.loadgen.compare.bootstrap import redraw


def waiting(random: np.random.Generator, count: int, factor: float) -> np.ndarray:
    """Latencies, µs, whose logarithm remembers the one before."""
    noise = lfilter([1.0], [1.0, -factor], random.standard_normal(count + 500))[500:]
    return np.rint(5000 * np.exp(0.3 * noise * np.sqrt(1 - factor**2))).astype(np.int64)


@pytest.mark.parametrize("factor", [0.0, 0.9])
def test_redrawn_runs_scatter_as_repeated_runs_do(factor: float):
    random = np.random.default_rng(5)
    runs = [waiting(random, 4000, factor) for _ in range(150)]
    true = {
        "mean": np.std([run.mean() for run in runs]),
        "p50": np.std([np.quantile(run, 0.5) for run in runs]),
        "p90": np.std([np.quantile(run, 0.9) for run in runs]),
    }
    drawn = [redraw(run, (0.5, 0.9), random, draws=200) for run in runs[:12]]
    for at, (name, scatter) in enumerate(true.items()):
        found = np.mean([each[at].draws.std() for each in drawn])  # type: ignore[union-attr]
        assert found == pytest.approx(scatter, rel=0.25), name


def test_every_sample_is_drawn_as_often_as_every_other():
    series = np.zeros(1000, np.int64)
    series[[0, 999]] = 1_000_000
    random = np.random.default_rng(1)
    (mean,) = redraw(series, (), random, draws=4000)
    assert mean.draws is not None
    assert mean.draws.mean() == pytest.approx(2000, rel=0.1)


def test_the_values_are_those_of_the_samples():
    mean, median, tail = redraw(np.arange(1, 10_001), (0.5, 0.99), np.random.default_rng(1), draws=10)
    assert (mean.value, median.value, tail.value) == (5000.5, 5000, 9900)


def test_too_few_samples_are_not_redrawn():
    random = np.random.default_rng(1)
    assert redraw(np.arange(9), (0.5,), random)[1].draws is None
    samples = random.permutation(300)
    mean, median, tail = redraw(samples, (0.5, 0.99), random, draws=50)
    assert mean.draws is not None
    assert median.draws is not None
    assert tail.draws is None, "three samples beyond p99 are no tail"


def test_a_drift_through_the_whole_run_is_one_sample():
    assert redraw(np.arange(5000), (), np.random.default_rng(1))[0].draws is None


def test_samples_that_do_not_vary_do_not_scatter():
    mean, median = redraw(np.full(500, 7), (0.5,), np.random.default_rng(1), draws=20)
    assert mean.draws is not None
    assert median.draws is not None
    assert set(mean.draws) == set(median.draws) == {7.0}
