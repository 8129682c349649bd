"""MSER-5: what is a warm-up, and what is not."""

from __future__ import annotations

import numpy as np
import pytest
from support.observations import Run, steady

from seatrial.loadgen.measure import measure
from seatrial.loadgen.measure.steady import mser5
from seatrial.loadgen.plan import Load, Ramp


def noise(count: int, seed: int = 1) -> np.ndarray:
    return np.random.default_rng(seed).lognormal(1.6, 0.3, count)


def test_mser5_finds_where_a_transient_ends():
    series = noise(5000) + np.where(np.arange(5000) < 700, 30.0, 0.0)
    assert mser5((series * 1e6).astype(np.int64)) == pytest.approx(700, abs=30)


def test_a_slow_head_is_told_with_the_warm_up_that_cuts_it():
    service = noise(1000) + np.where(np.arange(1000) < 230, 80.0, 0.0)
    (warning,) = measure(steady(1000, service_ms=service).observed()).warnings
    assert "the first 2.3 s are not steady" in warning
    assert "--warmup 3 leaves them out" in warning


def test_a_warm_up_that_was_too_short_is_added_to():
    service = noise(1200) + np.where(np.arange(1200) < 430, 80.0, 0.0)
    run = Run(np.arange(1200) / 100, service, load=Load(rate=100, requests=1000, warmup_s=2.0))
    (warning,) = measure(run.observed()).warnings
    assert "--warmup 5 leaves them out" in warning


@pytest.mark.parametrize("seed", range(20))
def test_steady_noise_is_left_alone(seed: int):
    assert measure(steady(1000, service_ms=noise(1000, seed)).observed()).warnings == ()


@pytest.mark.parametrize("begin", [150, 300, 450, 800])
def test_a_stall_on_the_way_is_no_warm_up(begin: int):
    service = noise(1000)
    service[begin : begin + 60] += np.linspace(600, 0, 60)
    assert measure(steady(1000, service_ms=service).observed()).warnings == ()


def test_a_queue_that_only_grows_reaches_no_steady_state():
    service = noise(1000) + np.arange(1000)
    (warning,) = measure(steady(1000, service_ms=service).observed()).warnings
    assert "no steady state was reached" in warning


def test_few_samples_say_nothing():
    service = np.where(np.arange(60) < 20, 500.0, 5.0)
    assert measure(steady(60, service_ms=service).observed()).warnings == ()


def test_a_ramp_is_not_expected_to_be_steady():
    run = Run(np.arange(1000) / 100, noise(1000) + np.arange(1000), load=Load(ramp=Ramp(50, 150), duration_s=10))
    assert measure(run.observed()).warnings == ()
