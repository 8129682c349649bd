"""Verdicts: when a run is no measurement, whose fault it is, and what the process exits with."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from support.observations import Run, notes, steady

from seatrial.loadgen.fault import Fault
from seatrial.loadgen.judge import judge
from seatrial.loadgen.measure import measure
from seatrial.loadgen.plan import Load
from seatrial.loadgen.record import Flag
from seatrial.loadgen.result import Complaint, Result, Verdict


def judged(run: Run) -> Result:
    observed = run.observed()
    return judge(measure(observed), observed)


def complaint(run: Run) -> Complaint:
    result = judged(run)
    assert result.verdict is Verdict.INVALID
    (found,) = result.complaints
    return found


def test_a_fit_client_and_a_good_server_meet_the_default_objective():
    result = judged(steady(1000))
    assert (result.verdict, result.verdict.exit_code) == (Verdict.MET, 0)
    assert [each.text for each in result.objectives] == ["errors<1%"]
    assert result.complaints == ()
    assert result.warnings == ()


def test_a_missed_objective_exits_with_1():
    result = judged(steady(1000, slos=("p99<2ms",)))
    assert (result.verdict, result.verdict.exit_code) == (Verdict.MISSED, 1)


def test_a_client_that_sends_late_makes_the_run_invalid():
    found = complaint(steady(1000, late_ms=np.where(np.arange(1000) % 50, 0.05, 3.0)))
    assert "send error" in found.limit
    assert "3.00 ms late" in found.seen
    assert "--workers" in found.cure
    assert found.cause == "client"


def test_late_sends_are_measured_against_what_is_measured():
    late = np.where(np.arange(1000) % 50, 0.05, 3.0)
    assert judged(steady(1000, late_ms=late, service_ms=200.0)).verdict is Verdict.MET
    assert judged(steady(1000, late_ms=late, service_ms=59.0)).verdict is Verdict.INVALID


def test_less_than_a_millisecond_late_is_fit_for_any_server():
    late = np.where(np.arange(1000) % 50, 0.05, 0.9)
    assert judged(steady(1000, late_ms=late, service_ms=0.5)).verdict is Verdict.MET


def test_one_late_send_in_two_hundred_does_not_spoil_a_p99():
    assert judged(steady(1000, late_ms=np.where(np.arange(1000) % 200, 0.05, 30.0))).verdict is Verdict.MET


def test_the_time_that_connecting_took_is_not_the_clients_lateness():
    fresh = dict.fromkeys(range(1000), 20_000)
    run = steady(1000, late_ms=20.05, connecting_us=fresh, flags=dict.fromkeys(range(1000), Flag.KERNEL))
    result = judged(run)
    assert result.verdict is Verdict.MET
    assert any("opened a connection of their own" in each for each in result.warnings)
    assert any("time that connections took to open" in each for each in result.warnings)


def test_a_core_without_a_rest_for_three_seconds_is_invalid():
    found = complaint(steady(1000, notes=(notes(), notes(cpu=np.array([0.5, 0.9, 0.9, 0.9, 0.5])))))
    assert "85 %" in found.limit
    assert "engine process 2" in found.seen
    assert "90.0 %" in found.seen
    assert "--workers" in found.cure


def test_a_busy_second_alone_is_not():
    result = judged(steady(1000, notes=(notes(cpu=np.array([1.0, 0.2, 0.2, 0.2, 1.0])),)))
    assert result.verdict is Verdict.MET
    assert result.fitness.cpu == (1.0,)


def test_a_short_run_is_judged_by_the_mean_of_its_seconds():
    assert judged(steady(200, notes=(notes(cpu=np.array([0.95, 0.9])),))).verdict is Verdict.INVALID
    assert judged(steady(50, notes=(notes(cpu=np.zeros(0)),))).verdict is Verdict.MET


def test_a_rate_that_the_client_could_not_keep_is_invalid_and_its_own_doing():
    # 2 % slower than asked for: the last ones leave 200 ms late, in a run whose answers take seconds.
    found = complaint(steady(1000, late_ms=np.arange(1000) * 0.2, service_ms=9000.0))
    assert "99 %" in found.limit
    assert "the client fell behind" in found.seen
    assert (found.cause, "--workers" in found.cure) == ("client", True)


def starved(service: np.ndarray | float, late: np.ndarray) -> Run:
    """100 a second over 50 connections: what was late had waited for one of them."""
    waited = {int(row): Flag.WAITED | Flag.REUSED for row in np.flatnonzero(late > 1)}
    load = Load(rate=100, requests=1000, max_connections=50)
    return steady(1000, load=load, service_ms=service, late_ms=late, flags=waited, notes=(notes(waiting_most=400),))


def test_connections_that_a_slow_server_holds_are_the_servers_doing():
    # It answers 50 a second: the service time grows until all 50 connections are taken, and everything queues here.
    late = np.maximum(np.arange(1000) * 10.0 - 1000, 0)
    service = np.minimum(20 + np.arange(1000) * 10.0, 1000)
    found = complaint(starved(service, late))
    assert found.cause == "server"
    assert "all 50 connections were taken" in found.seen
    assert "service time rose from" in found.seen
    assert "the server, not this client, fell behind" in found.cure


def test_too_few_connections_for_a_server_that_is_steady_are_the_plans_doing():
    # Every answer takes a second: 100 a second hold 100 connections, and 50 were allowed.
    found = complaint(starved(1000.0, np.maximum(np.arange(1000) * 10.0 - 500, 0)))
    assert found.cause == "connections"
    assert "the service time stayed at 1.00 s" in found.seen
    assert "--max-connections" in found.cure
    assert "about 100 at a time" in found.cure


def test_requests_that_were_never_sent_are_a_line_of_their_own():
    result = judged(steady(1000, unsent=range(900, 1000)))
    assert result.verdict is Verdict.INVALID
    assert [each.limit for each in result.complaints] == [
        "at least 99 % of the asked rate",
        "every due request is sent",
    ]
    assert "100 of 1,000 due requests were never sent" in result.complaints[1].seen


def test_a_few_unsent_requests_are_errors_and_a_warning():
    result = judged(steady(1000, unsent=[5]))
    assert result.verdict is Verdict.MET
    assert any("1 of 1,000 due requests were never sent" in each for each in result.warnings)


def test_unsent_for_want_of_a_connection_is_told_from_unsent_for_want_of_time():
    run = steady(1000, unsent=range(900, 1000), notes=(notes(waiting_most=100),))
    assert {each.cause for each in judged(run).complaints} == {"connections"}
    assert {each.cause for each in judged(replace(run, notes=(notes(),))).complaints} == {"client"}


def test_a_few_requests_of_a_short_run_need_no_split_millisecond():
    # The last of ten requests leaves 2 ms after the schedule's end: that is no rate of 90 %.
    assert judged(steady(10, rate=10.0, late_ms=2.0, service_ms=500.0)).verdict is Verdict.MET


@pytest.mark.parametrize("fault", [Fault.REFUSED, Fault.UNREACHABLE, Fault.TLS, Fault.CONNECT_TIMEOUT])
def test_a_server_that_nobody_reaches_misses_and_does_not_make_the_client_unfit(fault: Fault):
    result = judged(steady(1000, fault=dict.fromkeys(range(1000), fault)))
    assert (result.verdict, result.complaints) == (Verdict.MISSED, ())
    assert result.objectives[0].seen == "100 % (1,000 of 1,000)"


def test_a_server_that_only_fails_misses_even_where_sends_were_late():
    run = steady(1000, late_ms=3.0, fault=dict.fromkeys(range(1000), Fault.SERVER_ERROR))
    assert judged(run).verdict is Verdict.MISSED


def test_an_engine_that_broke_makes_the_run_invalid():
    found = complaint(steady(1000, notes=(notes(), notes(failure="MemoryError: no more"))))
    assert "engine 2 broke: MemoryError" in found.seen


def test_a_closed_loop_may_use_its_whole_core_and_says_what_that_means():
    busy = notes(cpu=np.full(10, 0.98))
    run = Run(np.arange(1000) / 100, 9.9, 0.0, load=Load(concurrency=1, requests=1000), notes=(busy,))
    result = judged(run)
    assert (result.verdict, result.complaints) == (Verdict.MET, ())
    assert any(each.startswith("client-bound: throughput is a lower bound") for each in result.warnings)


def test_an_interrupted_run_is_interrupted_whatever_else_it_is():
    run = steady(1000, ended_s=5.0, interrupted=True, late_ms=30.0, slos=("p99<1ms",))
    observed = run.observed()
    result = judge(measure(observed), observed)
    assert (result.verdict, result.verdict.exit_code) == (Verdict.INTERRUPTED, 130)
    assert result.facts.partial
    assert result.complaints
    assert not result.objectives[0].met


def test_invalid_comes_before_missed():
    result = judged(steady(1000, late_ms=30.0, slos=("p99<1ms",)))
    assert (result.verdict, result.verdict.exit_code) == (Verdict.INVALID, 3)
