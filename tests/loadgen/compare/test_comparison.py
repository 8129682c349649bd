"""Faster, slower, or no difference that can be shown: on runs whose difference is known."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest
from scipy.signal import lfilter
from support.observations import Run, steady, streamed

from seatrial.loadgen.compare import Change, Comparison, compare
from seatrial.loadgen.compare.text import told
from seatrial.loadgen.fault import Fault
from seatrial.loadgen.judge import judge
from seatrial.loadgen.measure import measure
from seatrial.loadgen.mistakes import UsageError
from seatrial.loadgen.plan import Load

if TYPE_CHECKING:
    from seatrial.loadgen.result import Result


def result(run: Run) -> Result:
    observed = run.observed()
    return judge(measure(observed), observed)


def noisy(seed: int, scale: float = 1.0, *, count: int = 3000, factor: float = 0.8) -> Run:
    """100 a second for half a minute; latencies around 5 ms that remember the one before."""
    random = np.random.default_rng(seed)
    noise = lfilter([1.0], [1.0, -factor], random.standard_normal(count + 100))[100:]
    return steady(count, service_ms=scale * 5 * np.exp(0.3 * noise * np.sqrt(1 - factor**2)))


def changes(found: Comparison) -> dict[str, Change]:
    return {each.quantity: each.shown for each in found.differences}


def test_a_run_that_is_a_fifth_slower_is_slower():
    found = compare(result(noisy(1)), result(noisy(2, 1.2)))
    assert (found.words, found.exit_code) == ("slower", 1)
    for name in ("mean", "p50", "p90"):
        assert changes(found)[name] is Change.WORSE
    (mean,) = [each for each in found.differences if each.quantity == "mean"]
    assert mean.change == pytest.approx(0.2, abs=0.05)
    assert mean.interval.low is not None
    assert mean.interval.high is not None
    assert 0 < mean.interval.low < 0.2 < mean.interval.high < 0.4


def test_the_other_way_round_it_is_faster():
    found = compare(result(noisy(2, 1.2)), result(noisy(1)))
    assert (found.words, found.exit_code) == ("faster", 0)
    assert found.worse == ()


@pytest.mark.parametrize("factor", [0.0, 0.8, 0.97])
def test_two_runs_of_the_same_server_hardly_ever_differ_however_its_answers_correlate(factor: float):
    results = [result(noisy(seed, factor=factor)) for seed in range(100, 112)]
    pairs = zip(results[::2], results[1::2], strict=True)
    found = [compare(one, other, threshold=0.01, draws=1000) for one, other in pairs]
    assert sum(each.words != "no difference can be shown" for each in found) <= 1


def test_a_difference_below_the_threshold_is_shown_and_does_not_matter():
    one, other = result(noisy(1, count=10_000, factor=0.0)), result(noisy(2, 1.03, count=10_000, factor=0.0))
    assert compare(one, other, threshold=0.01).words == "slower"
    found = compare(one, other, threshold=0.08)
    assert found.words == "no difference can be shown"
    assert changes(found)["p50"] is Change.SAME


def test_few_samples_show_nothing_rather_than_anything():
    found = compare(result(noisy(1, count=40)), result(noisy(2, 1.5, count=40)))
    assert changes(found)["p99"] is Change.UNSHOWN
    assert "too few samples" in told(found)


def test_a_tail_alone_can_be_slower():
    one, other = noisy(1, factor=0.0), noisy(2, factor=0.0)
    tail = np.where(np.random.default_rng(3).random(3000) < 0.03, 60.0, np.asarray(other.service_ms))
    found = compare(result(one), result(replace(other, service_ms=tail)))
    assert changes(found)["p99"] is Change.WORSE
    assert changes(found)["p50"] is not Change.WORSE
    assert "p99" in told(found).splitlines()[-1]


def test_failures_that_were_not_there_before_make_it_worse():
    failing = replace(noisy(2), fault=dict.fromkeys(range(0, 3000, 100), Fault.SERVER_ERROR))
    found = compare(result(noisy(1)), result(failing))
    (errors,) = [each for each in found.differences if each.quantity == "errors"]
    assert errors.shown is Change.WORSE
    assert errors.change == pytest.approx(0.01)
    assert found.exit_code == 1
    assert "+1.00 pp" in told(found)


def test_one_failure_is_not_yet_a_difference():
    found = compare(result(noisy(1)), result(replace(noisy(2), fault={5: Fault.TIMEOUT})))
    assert changes(found)["errors"] is not Change.WORSE


def test_failures_in_one_clump_show_less():
    spread = replace(noisy(2), fault=dict.fromkeys(range(0, 3000, 250), Fault.TIMEOUT))
    clump = replace(noisy(2), fault=dict.fromkeys(range(1000, 1012), Fault.TIMEOUT))
    assert changes(compare(result(noisy(1)), result(spread)))["errors"] is Change.WORSE
    assert changes(compare(result(noisy(1)), result(clump)))["errors"] is not Change.WORSE


def closed(seed: int, mean: float) -> Run:
    service = np.random.default_rng(seed).normal(mean, mean / 10, 3000)
    due = np.concatenate([[0.0], np.cumsum(service)[:-1] / 1000])
    return Run(due, service - 0.05, 0.0, load=Load(concurrency=1, requests=3000))


def test_the_throughput_of_a_closed_loop_is_compared_and_more_is_better():
    found = compare(result(closed(1, 10.0)), result(closed(2, 8.0)))
    (throughput,) = [each for each in found.differences if each.quantity == "throughput"]
    assert throughput.shown is Change.BETTER
    assert throughput.change == pytest.approx(0.25, abs=0.02)
    assert found.words == "faster"


def test_first_tokens_and_gaps_are_compared_on_their_own():
    random = np.random.default_rng(1)

    def run(gap: float) -> Run:
        return streamed(steady(800), random.normal(50, 3, 800).tolist(), random.normal(gap, 1, (800, 8)).tolist())

    found = compare(result(run(10.0)), result(run(13.0)))
    assert changes(found)["ttft p50"] is not Change.WORSE
    assert changes(found)["itl p50"] is Change.WORSE


def test_the_same_draws_come_out_of_the_same_files():
    one, other = result(noisy(1)), result(noisy(2))
    assert compare(one, other) == compare(one, other)


@pytest.mark.parametrize(
    ("other", "says"),
    [
        (steady(1000, rate=120.0), "100 requests a second, then 120"),
        (Run(np.arange(1000) / 100, 9.0, 0.0, load=Load(concurrency=1, requests=1000)), "open loop, then closed loop"),
        (replace(steady(1000), load=Load(rate=100, requests=1000, burstiness=5, arrivals="burst")), "rhythm"),  # type: ignore[arg-type]
    ],
)
def test_runs_under_different_loads_are_refused(other: Run, says: str):
    with pytest.raises(UsageError, match="different loads") as mistake:
        compare(result(steady(1000)), result(other))
    assert says in str(mistake.value)
    assert "--force" in str(mistake.value)


def test_runs_with_different_requests_are_refused_unless_forced():
    one, other = result(noisy(1)), result(noisy(2))
    other = replace(other, facts=replace(other.facts, payload="prompts of 100 tokens"))
    with pytest.raises(UsageError, match="prompts of 100 tokens"):
        compare(one, other)
    found = compare(one, other, force=True)
    assert "payload" in found.remarks[0]
    assert "note: the loads differ" in told(found)


def test_the_same_rate_for_longer_is_the_same_load():
    compare(result(noisy(1)), result(noisy(2, count=2000)))


def test_an_invalid_run_is_refused_even_by_force():
    with pytest.raises(UsageError, match="second run is INVALID"):
        compare(result(noisy(1)), result(replace(noisy(2), late_ms=30.0)), force=True)


def test_a_run_that_only_failed_cannot_be_compared():
    failed = steady(1000, fault=dict.fromkeys(range(1000), Fault.SERVER_ERROR))
    with pytest.raises(UsageError, match="share no latency samples"):
        compare(result(noisy(1)), result(failed))


def test_an_interrupted_run_is_compared_with_a_remark():
    cut = replace(noisy(2), interrupted=True, ended_s=25.0)
    assert "second run was interrupted" in compare(result(noisy(1)), result(cut)).remarks[0]
