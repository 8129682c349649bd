"""What counts: warm-up, interruption, order, unused rows, stamps that cannot be."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from support.observations import NS, ORIGIN, Run, steady

from seatrial.loadgen.fault import Fault
from seatrial.loadgen.measure import measure
from seatrial.loadgen.measure.rows import rows_of
from seatrial.loadgen.plan import Arrivals, Load, Ramp


def test_the_warm_up_is_in_no_figure():
    service = np.where(np.arange(300) < 100, 900.0, 5.0)
    run = Run(np.arange(300) / 100, service, load=Load(rate=100, requests=200, warmup_s=1.0), fault={3: Fault.TIMEOUT})
    result = measure(run.observed())
    assert result.requests.due == 200
    assert result.service is not None
    assert result.service.high == 5.0
    assert result.faults == ()
    assert result.statuses == {"200": 200}
    assert len(result.samples) == 1
    assert result.samples[0].count == 200
    assert sum(second.due for second in result.series) == 200
    assert result.facts.window_s == pytest.approx(2.0)
    assert result.rate.answered == pytest.approx(100.0)


def test_what_the_warm_up_left_under_way_is_still_in_flight():
    service = np.where(np.arange(300) == 99, 5000.0, 5.0)
    result = measure(Run(np.arange(300) / 100, service, load=Load(rate=100, requests=200, warmup_s=1.0)).observed())
    assert [second.in_flight for second in result.series[:2]] == [2, 1]


def test_rows_that_were_not_due_when_the_run_was_interrupted_do_not_count():
    run = steady(1000, ended_s=4.0, interrupted=True)
    observed = run.observed()
    late = observed.records.intended > observed.ended
    for column in ("sent", "first", "last", "done", "status"):
        getattr(observed.records, column)[late] = 0
    result = measure(observed)
    assert result.requests == dataclasses.replace(result.requests, due=401, sent=401, succeeded=401, failed=0, unsent=0)
    assert result.facts.partial
    assert result.rate.sent == pytest.approx(100, rel=0.01)
    assert result.fitness.kept == 1.0


def test_a_row_that_was_under_way_at_the_interruption_is_named_so():
    run = steady(100, ended_s=0.995, interrupted=True, fault={99: Fault.INTERRUPTED})
    result = measure(run.observed())
    assert [(each.name, each.count) for each in result.faults] == [("interrupted", 1)]


def test_a_row_that_nobody_closed_is_no_success():
    observed = steady(100).observed()
    observed.records.done[98:] = observed.records.last[98:] = 0
    observed.records.sent[99] = 0
    result = measure(observed)
    assert result.requests.succeeded == 98
    assert {each.name: each.count for each in result.faults} == {"interrupted": 1, "unsent": 1}


def test_rows_of_a_closed_loop_that_no_request_used_are_not_there():
    observed = Run(np.arange(50) / 100, late_ms=0.0, load=Load(concurrency=1, duration_s=0.5)).observed()
    observed.records.intended[40:] = 0
    assert len(rows_of(observed)) == 40


def test_rows_are_taken_in_the_order_in_which_they_were_due():
    observed = steady(100, service_ms=np.arange(1, 101)).observed()
    shuffled = np.random.default_rng(1).permutation(100)
    mixed = dataclasses.replace(observed, records=observed.records.take(shuffled))
    assert rows_of(mixed).service.tolist() == rows_of(observed).service.tolist()


def test_a_receive_stamp_from_before_the_send_gives_way_to_the_clients_own_clock():
    observed = steady(100).observed()
    observed.records.last[7] = observed.records.sent[7] - 3 * NS
    observed.records.last[8] = observed.records.done[8] + 3 * NS
    rows = rows_of(observed)
    assert rows.disordered.nonzero()[0].tolist() == [7, 8]
    assert rows.service[7] == rows.service[8] == 5_020_000


def test_lateness_of_the_clients_own_leaves_out_connecting_and_waiting():
    run = steady(4, late_ms=[2.0, 2.0, 900.0, 0.1], connecting_us={1: 1900}, flags={2: 3})
    rows = rows_of(run.observed())
    assert rows.own_lateness.tolist() == [2_000_000, 100_000, 100_000]
    assert rows.send_error.tolist() == [2_000_000, 2_000_000, 900_000_000, 100_000]


def test_nothing_at_all_is_measured_without_a_division_by_it():
    result = measure(Run([], load=Load(rate=10, duration_s=1)).observed())
    assert result.requests.due == 0
    assert result.response is None
    assert result.series == ()
    assert result.fitness.kept is None


@pytest.mark.parametrize(
    ("load", "due", "asked"),
    [
        (Load(rate=100, requests=200), np.arange(200) / 100, 100.0),
        (Load(rate=100, requests=200, arrivals=Arrivals.BURST, burstiness=50), np.arange(200) // 50 / 2, 100.0),
        (Load(rate=2, requests=1), [0.0], 2.0),
        (Load(ramp=Ramp(10, 30), duration_s=10), np.linspace(0, 9.99, 200), 20.0),
    ],
)
def test_a_rate_that_was_kept_is_said_to_be_kept(load: Load, due: object, asked: float):
    rate = measure(Run(due, load=load).observed()).rate  # type: ignore[arg-type]
    assert rate.asked == pytest.approx(asked)
    assert rate.sent == pytest.approx(asked)
    assert rate.answered == pytest.approx(asked, rel=0.01)


def test_the_begin_of_a_run_is_told_as_wall_clock():
    assert ORIGIN > 0
    assert measure(steady(10).observed()).facts.started == "2023-11-14T22:13:20.000+00:00"
