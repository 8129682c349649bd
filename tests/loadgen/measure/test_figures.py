"""The figures of whole runs against truths worked out by hand."""

from __future__ import annotations

import json

import numpy as np
import pytest
from support.observations import Run, notes, steady

from seatrial.loadgen.fault import Fault
from seatrial.loadgen.measure import measure
from seatrial.loadgen.measure.words import load_words, per_cent, time
from seatrial.loadgen.mistakes import UsageError
from seatrial.loadgen.plan import Arrivals, Load, Ramp
from seatrial.loadgen.record import Flag
from seatrial.loadgen.result import Verdict


def test_response_counts_from_the_intended_time_and_service_from_the_send():
    # The server stalls for 2 s: everything due meanwhile is sent late by a client with one connection.
    due = np.arange(1000) / 100
    late = np.where((due >= 4) & (due < 6), (6 - due) * 1000, 0.0)
    result = measure(steady(1000, late_ms=late).observed())
    assert result.service is not None
    assert result.response is not None
    assert result.service.high == pytest.approx(5.0)
    assert result.response.high == pytest.approx(2005.0)
    # A fifth of the schedule waited between 2005 and 15 ms: the 90th percentile lies in the middle of it.
    assert result.response.points["p90"].value == pytest.approx(1005, abs=11)
    assert result.response.points["p50"].value == pytest.approx(5.0)


def test_a_closed_loop_has_no_response_time_and_no_asked_rate():
    result = measure(Run(np.arange(100) * 0.01, 10.0, 0.0, load=Load(concurrency=1, requests=100)).observed())
    assert result.response is None
    assert result.rate.asked is None
    assert result.fitness.send_error is None
    assert result.fitness.kept is None
    assert result.rate.answered == pytest.approx(100, rel=0.001)
    assert result.facts.concurrency == 1
    assert result.samples[0].metric == "service"


def test_percentiles_are_of_successes_only_and_failures_are_counted_apart():
    fault = dict.fromkeys(range(10), Fault.TIMEOUT) | dict.fromkeys(range(10, 13), Fault.SERVER_ERROR)
    service = np.where(np.arange(1000) < 13, 60_000.0, 5.0)
    told = notes(examples={int(Fault.SERVER_ERROR): '503 {"error": "overloaded"}'})
    result = measure(steady(1000, service_ms=service, fault=fault, unsent=[20], notes=(told,)).observed())
    assert result.service is not None
    assert (result.service.count, result.service.high) == (986, 5.0)
    assert [(each.name, each.count, each.example) for each in result.faults] == [
        ("timeout", 10, ""),
        ("server error", 3, '503 {"error": "overloaded"}'),
        ("unsent", 1, ""),
    ]
    assert result.statuses == {"200": 986, "503": 3}
    assert (result.requests.sent, result.requests.failed, result.requests.unsent) == (999, 14, 1)


def test_a_failure_without_a_text_is_told_by_its_status():
    result = measure(steady(100, fault={1: Fault.CLIENT_ERROR}).observed())
    assert result.faults[0].example == "400"


def test_goodput_counts_what_kept_every_latency_objective():
    service = np.where(np.arange(1000) < 100, 250.0, 5.0)
    run = steady(1000, service_ms=service, slos=("p99<200ms",), fault={999: Fault.BAD_BODY})
    goodput = measure(run.observed()).goodput
    assert goodput.share == pytest.approx(0.899)
    assert goodput.rate == pytest.approx(89.9)
    assert goodput.interval.low is not None
    assert goodput.interval.high is not None
    assert goodput.interval.low < 0.899 < goodput.interval.high
    # The hundred came in a row: one event, not a hundred, and the interval says so.
    assert goodput.interval.high - goodput.interval.low > 0.2


def test_goodput_takes_the_objective_furthest_out_and_no_mean():
    service = np.where(np.arange(1000) % 2, 100.0, 5.0)
    result = measure(steady(1000, service_ms=service, slos=("p50<20ms", "p99<200ms", "mean<10ms")).observed())
    assert result.goodput.share == 1.0


def test_goodput_looks_at_each_metric():
    run = steady(1000, late_ms=30.0, slos=("response:p99<20ms", "service:p99<10ms"))
    assert measure(run.observed()).goodput.share == 0.0
    run = steady(1000, late_ms=30.0, slos=("service:p99<10ms",))
    assert measure(run.observed()).goodput.share == 1.0


def test_workload_is_summed_over_the_payloads_that_were_answered():
    observed = steady(100, workload=(1.0, 10.0), fault={1: Fault.TIMEOUT}).observed()
    observed.records.payload[:50] = 1
    # 49 answered ones of 10 and 50 of 1, in the second of the schedule.
    window = measure(observed).facts.window_s
    assert measure(observed).workload_per_second * window == pytest.approx(540)


def test_the_client_is_described():
    told = notes(
        cpu=np.array([0.2, 0.9, 0.3]), gc_pauses=np.array([1_000_000, 7_000_000]), connections=12,
        lag=np.array([10_000, 30_000], np.int64),
    )  # fmt: skip
    run = steady(
        1000, late_ms=0.25, notes=(told, notes()), flags={5: Flag.WAITED | Flag.REUSED},
        connecting_us={0: 300, 1: 500},
    )  # fmt: skip
    fitness = measure(run.observed()).fitness
    assert fitness.cpu == (0.9, 0.05)
    assert (fitness.gc_pauses, fitness.gc_longest_ms) == (2, 7.0)
    assert (fitness.connection_waits, fitness.connections) == (1, 16)
    assert fitness.send_error is not None
    assert fitness.send_error.points["p50"].value == 0.25
    assert fitness.connect is not None
    assert (fitness.connect.low, fitness.connect.high) == (0.3, 0.5)
    assert fitness.loop_lag is not None
    assert fitness.loop_lag.count == 102


def test_the_cpu_of_the_warm_up_is_left_out():
    told = notes(cpu=np.array([0.99, 0.1, 0.2]))
    run = Run(np.arange(300) / 100, load=Load(rate=100, requests=200, warmup_s=1), notes=(told,))
    assert measure(run.observed()).fitness.cpu == (0.2,)


def test_one_process_without_kernel_stamps_makes_the_runs_clock_the_callbacks():
    assert measure(steady(10, notes=(notes(), notes(clock="callback"))).observed()).facts.clock == "callback"
    assert measure(steady(10, notes=(notes(), notes())).observed()).facts.clock == "kernel"


def test_half_the_rate_is_half_the_rate():
    # 1,000 requests asked for in 10 s took 20.
    late = np.arange(1000) * 10.0
    result = measure(steady(1000, late_ms=late).observed())
    assert result.fitness.kept == pytest.approx(0.5, abs=0.01)
    assert result.rate.sent == pytest.approx(50, rel=0.01)


def test_a_connection_refused_was_tried_in_time():
    result = measure(steady(100, fault=dict.fromkeys(range(100), Fault.REFUSED)).observed())
    assert result.fitness.kept == 1.0
    assert result.requests.sent == 0
    assert result.service is None


def test_nobody_has_judged_what_is_only_measured():
    assert measure(steady(100).observed()).verdict is Verdict.INVALID


def test_the_result_is_json_without_nan():
    text = json.dumps(measure(steady(1000).observed()).to_json(), allow_nan=False)
    assert json.loads(text)["requests"]["due"] == 1000


@pytest.mark.parametrize(
    ("load", "words"),
    [
        (Load(requests=1000, rate=0.5), "1,000 requests, 0.5 a second, constant, open loop"),
        (Load(duration_s=60, rate=200, arrivals=Arrivals.POISSON), "60 s, 200 a second, poisson, open loop"),
        (Load(duration_s=60, concurrency=64), "60 s, 64 at a time, closed loop"),
        (Load(duration_s=60, ramp=Ramp(10, 100)), "60 s, constant, 10 to 100 a second, open loop"),
        (
            Load(requests=10, rate=1, arrivals=Arrivals.GAMMA, burstiness=0.5),
            "10 requests, 1 a second, gamma of shape 0.5, open loop",
        ),
    ],
)
def test_the_load_in_words(load: Load, words: str):
    assert load_words(load) == words


def test_numbers_as_people_read_them():
    assert [time(ns) for ns in (500, 85_000, 4_560_000, 182e6, 1.239e9)] == [
        "500 ns", "85.0 µs", "4.56 ms", "182 ms", "1.24 s",
    ]  # fmt: skip
    assert [per_cent(share) for share in (0, 1, 0.5, 0.0004, 0.99961)] == [
        "0 %",
        "100 %",
        "50.0 %",
        "0.040 %",
        "99.961 %",
    ]


def test_an_instance_type_that_nobody_knows_is_refused():
    with pytest.raises(UsageError, match=r"ml\.g5\.2xlarge"):
        measure(steady(10, plan={"instance_type": "ml.g5.2xlarg"}).observed())
