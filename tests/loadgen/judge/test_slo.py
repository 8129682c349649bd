"""Objectives as they are written: what is read from them, and what is refused in one sentence."""

from __future__ import annotations

import pytest

from seatrial.loadgen.mistakes import UsageError
from seatrial.loadgen.slo import Metric, parse_slo, parse_slos


@pytest.mark.parametrize(
    ("text", "metric", "statistic", "share", "limit"),
    [
        ("p99<200ms", "response", "p99", 0.99, 200e6),
        ("p50<=20ms", "response", "p50", 0.5, 20e6),
        ("p99.9<1.5s", "response", "p99.9", 0.999, 1.5e9),
        ("  P99 < 200 MS ", "response", "p99", 0.99, 200e6),
        ("p99≤200ms", "response", "p99", 0.99, 200e6),
        ("ttft:p95<500ms", "ttft", "p95", 0.95, 500e6),
        ("itl:p99<50ms", "itl", "p99", 0.99, 50e6),
        ("tpot:mean<0.02s", "tpot", "mean", None, 20e6),
        ("e2e:max<2min", "e2e", "max", None, 120e9),
        ("service:p99<850us", "service", "p99", 0.99, 850e3),
        ("service:p99<850µs", "service", "p99", 0.99, 850e3),
        ("mean<10ms", "response", "mean", None, 10e6),
        ("errors<0.1%", "errors", "", None, 0.001),
        ("errors<0.001", "errors", "", None, 0.001),
        ("errors<=0%", "errors", "", None, 0.0),
        ("rate>=99%", "rate", "", None, 0.99),
        ("goodput>95%", "goodput", "", None, 0.95),
        ("throughput>100", "throughput", "", None, 100),
        ("throughput>=1e3/s", "throughput", "", None, 1000),
        ("tokens/s>1000", "tokens/s", "", None, 1000),
    ],
)
def test_an_objective_is_read(text: str, metric: str, statistic: str, share: float | None, limit: float):
    slo = parse_slo(text, open_loop=True)
    assert (slo.metric, slo.statistic) == (Metric(metric), statistic)
    assert slo.share == (pytest.approx(share) if share else None)
    assert slo.limit == pytest.approx(limit)
    assert slo.text == text.strip()


def test_a_closed_loop_bounds_the_service_time():
    assert parse_slo("p99<200ms", open_loop=False).metric is Metric.SERVICE
    assert parse_slo("p99<200ms", open_loop=True).metric is Metric.RESPONSE


def test_the_limit_itself_is_kept_only_where_the_sign_says_so():
    assert not parse_slo("p99<200ms", open_loop=True).holds(200e6)
    assert parse_slo("p99<=200ms", open_loop=True).holds(200e6)
    assert not parse_slo("rate>99%", open_loop=True).holds(0.99)
    assert parse_slo("rate>=99%", open_loop=True).holds(0.99)


def test_without_any_objective_fewer_than_one_request_in_a_hundred_may_fail():
    (slo,) = parse_slos((), open_loop=True)
    assert (slo.text, slo.limit) == ("errors<1%", 0.01)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("p101<200ms", "between p0 and p100"),
        ("p100<200ms", "max"),
        ("p0<1ms", "between p0 and p100"),
        ("p99<-5ms", "negative"),
        ("p99<0ms", "never hold"),
        ("p99<=0ms", "never hold"),
        ("errors<-1%", "negative"),
        ("errors<0%", "never hold"),
        ("errors<200%", "more than all"),
        ("errors<5", "more than all"),
        ("errors>1%", "write <"),
        ("errors<5ms", "unit is %"),
        ("rate>100%", "never hold"),
        ("rate<99%", "write >"),
        ("p99>200ms", "write <"),
        ("p99<200", "us, ms, s or min"),
        ("p99<20%", "us, ms, s or min"),
        ("p99<200h", "us, ms, s or min"),
        ("throughput>5ms", "no unit"),
        ("latency:p99<5ms", "'latency'"),
        ("errors:p99<1%", "'errors'"),
        ("median<5ms", "'median'"),
        ("ttft<5ms", "ttft:p99"),
        ("p99", "no objective"),
        ("p99=5ms", "no objective"),
        ("p99<fast", "no objective"),
        ("", "no objective"),
    ],
)
def test_what_cannot_hold_or_be_read_is_refused_with_what_there_is(text: str, says: str):
    with pytest.raises(UsageError) as mistake:
        parse_slo(text, open_loop=True)
    assert says in str(mistake.value)
    assert repr(text) in str(mistake.value)
    assert "goodput>95%" in str(mistake.value), "the ways to write one"
    assert "\n" not in str(mistake.value)


@pytest.mark.parametrize("text", ["response:p99<5ms", "rate>=99%"])
def test_what_needs_intended_times_is_refused_in_a_closed_loop(text: str):
    with pytest.raises(UsageError, match="closed loop"):
        parse_slo(text, open_loop=False)
