from __future__ import annotations

import numpy as np
import pytest
from support.observations import Run, steady

from seatrial.loadgen.fault import Fault
from seatrial.loadgen.measure import measure
from seatrial.loadgen.plan import Load


def test_each_second_against_a_plain_loop():
    random = np.random.default_rng(8)
    due = np.sort(random.uniform(0, 5, 700))
    service, late = random.lognormal(4, 1, 700), random.exponential(0.3, 700)
    run = Run(
        due, service, late, load=Load(rate=140, duration_s=5), fault=dict.fromkeys(range(0, 700, 50), Fault.TIMEOUT)
    )
    observed = run.observed()
    records = observed.records
    series = measure(observed).series
    assert [second.at for second in series] == list(range(len(series)))
    for second in series:
        begin = observed.counted_from + second.at * 10**9
        inside = [records.intended, records.sent, records.done]
        due_in, sent_in, done_in = ((begin <= times) & (times < begin + 10**9) for times in inside)
        good = records.fault == 0
        assert second.due == due_in.sum()
        assert second.sent == sent_in.sum()
        assert (second.succeeded, second.failed) == ((done_in & good).sum(), (done_in & ~good).sum())
        end = min(begin + 10**9, observed.ended)
        assert second.in_flight == ((records.intended <= end) & (records.done > end)).sum()
        latency = np.sort((records.last - records.intended)[due_in & good]) / 1e6
        if len(latency):
            assert second.p50 == pytest.approx(np.quantile(latency, 0.5, method="inverted_cdf"))
            assert second.p99 == pytest.approx(np.quantile(latency, 0.99, method="inverted_cdf"))
        else:
            assert second.p50 is None
    assert sum(second.due for second in series) == 700
    assert sum(second.succeeded + second.failed for second in series) == 700


def test_a_queue_that_grows_is_seen_in_flight():
    # 100 a second are due, 50 a second are answered.
    due = np.arange(1000) / 100
    series = measure(steady(1000, service_ms=(due * 1000) + 20).observed()).series
    assert [second.in_flight for second in series[:10]] == pytest.approx([50 * n for n in range(1, 11)], abs=3)


def test_a_second_in_which_nothing_was_due_has_no_latency():
    series = measure(Run([0.1, 3.2], 5.0, load=Load(rate=1, duration_s=4)).observed()).series
    assert [second.p50 for second in series] == [pytest.approx(5.05), None, None, pytest.approx(5.05)]
    assert [second.send_error for second in series][1:3] == [None, None]


def test_a_closed_loop_has_no_send_error():
    series = measure(Run(np.arange(100) / 100, 5.0, 0.0, load=Load(concurrency=1, duration_s=1)).observed()).series
    assert {second.send_error for second in series} == {None}
