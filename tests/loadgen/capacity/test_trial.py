"""What a judged run says about its rate."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from support.observations import Run, notes, steady

from seatrial.loadgen.capacity import Standing, Trial, trial_of
from seatrial.loadgen.judge import judge
from seatrial.loadgen.measure import measure
from seatrial.loadgen.plan import Load
from seatrial.loadgen.record import Flag


def trial(run: Run, *, stopped: bool = False) -> Trial:
    observed = run.observed()
    return trial_of(100.0, 10.0, judge(measure(observed), observed), stopped=stopped)


def test_objectives_that_are_met_and_shown_keep_the_rate():
    found = trial(steady(1000, slos=("p99<10ms",)))
    assert (found.standing, found.holds) == (Standing.KEPT, True)
    assert found.reason == "p99<10ms: 5.05 ms"
    assert (found.p50, found.p99, found.answered) == (5.05, 5.05, 100.0)
    assert found.goodput == 1.0
    assert found.in_flight == (1,) * 9 + (0,)


def test_an_objective_that_is_missed_and_shown_fails_it():
    found = trial(steady(1000, service_ms=20.0, slos=("p99<10ms",)))
    assert (found.standing, found.holds) == (Standing.FAILED, False)
    assert found.reason.startswith("p99<10ms")


def test_what_the_samples_cannot_show_is_undecided_either_way():
    service = np.full(1000, 5.0)
    service[::115] = 50.0
    met = trial(steady(1000, service_ms=service, slos=("p99<10ms",)))
    assert (met.standing, met.holds) == (Standing.UNDECIDED, True)
    service = np.full(1000, 5.0)
    service[::90] = 50.0
    missed = trial(steady(1000, service_ms=service, slos=("p99<10ms",)))
    assert (missed.standing, missed.holds) == (Standing.UNDECIDED, False)


def test_a_queue_that_rises_fails_even_where_latencies_are_still_good():
    found = trial(steady(1000, service_ms=20 + np.arange(1000) * 2.0, slos=("p99<10s",)))
    assert (found.standing, found.reason) == (Standing.FAILED, "requests in flight kept rising")


def test_slow_answers_that_only_fill_the_pipe_do_not_fail():
    assert trial(steady(1500, service_ms=8000.0, slos=("p99<10s",))).standing is Standing.KEPT


def test_a_run_that_was_cut_short_because_it_rose_has_failed_and_was_not_interrupted():
    run = steady(1000, interrupted=True, ended_s=4.0)
    assert trial(run, stopped=True).standing is Standing.FAILED
    assert trial(run).standing is Standing.INTERRUPTED


def test_a_client_that_is_not_fit_says_nothing_about_the_server():
    found = trial(steady(1000, notes=(notes(cpu=np.full(10, 0.99)),)))
    assert (found.standing, found.holds) == (Standing.UNFIT, False)
    assert "99.0 % of its core" in found.reason


def starving(service: np.ndarray | float, late: np.ndarray) -> Run:
    waited = {int(row): Flag.WAITED | Flag.REUSED for row in np.flatnonzero(late > 1)}
    load = Load(rate=100, requests=1000, max_connections=50)
    return steady(1000, load=load, service_ms=service, late_ms=late, flags=waited, notes=(notes(waiting_most=400),))


def test_a_server_that_takes_every_connection_has_failed():
    late = np.maximum(np.arange(1000) * 10.0 - 1000, 0)
    assert trial(starving(np.minimum(20 + np.arange(1000) * 10.0, 1000), late)).standing is Standing.FAILED


def test_too_few_connections_are_not_the_servers_limit():
    found = trial(starving(1000.0, np.maximum(np.arange(1000) * 10.0 - 500, 0)))
    assert found.standing is Standing.UNFIT
    assert "--max-connections" in found.reason


def test_a_server_that_answers_nothing_well_fails():
    run = steady(1000)
    assert trial(replace(run, unsent=(), fault=dict.fromkeys(range(1000), 11))).standing is Standing.FAILED  # type: ignore[arg-type]
