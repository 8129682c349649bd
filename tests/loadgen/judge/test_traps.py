"""Warnings about figures that are true and mean something else than a reader thinks."""

from __future__ import annotations

import numpy as np
from support.observations import NS, Run, notes, steady, streamed

from seatrial.loadgen.judge import judge
from seatrial.loadgen.measure import measure
from seatrial.loadgen.plan import Load
from seatrial.loadgen.record import Flag
from seatrial.loadgen.result import Verdict


def warnings(run: Run) -> str:
    observed = run.observed()
    result = judge(measure(observed), observed)
    assert result.verdict is Verdict.MET
    return "\n".join(result.warnings)


def test_a_pool_that_never_gets_warm():
    fresh = steady(1000, flags=dict.fromkeys(range(1000), Flag.KERNEL), connecting_us=dict.fromkeys(range(1000), 40))
    assert "100 % of the later requests opened a connection of their own, which took 40.0 µs each" in warnings(fresh)


def test_connections_that_are_opened_at_the_begin_are_no_trap():
    assert warnings(steady(1000, flags=dict.fromkeys(range(200), Flag.KERNEL))) == ""


def test_a_clock_that_was_set():
    observed = steady(1000).observed()
    observed.records.last[500:] -= 2 * NS
    observed.records.first[500:] -= 2 * NS
    result = judge(measure(observed), observed)
    assert any("500 receive stamps lay outside" in each for each in result.warnings)
    assert result.service is not None
    assert result.service.low > 0


def test_tokens_in_lumps():
    run = streamed(steady(400), [50.0] * 400, [[10.0] * 9] * 400, coalesced=400)
    assert "10.0 % of the token events came in one read" in warnings(run)
    assert "in one read" not in warnings(streamed(steady(400), [50.0] * 400, [[10.0] * 9] * 400, coalesced=10))


def test_too_few_samples_for_a_tail():
    assert "300 samples do not bound p99 from above: 368 would" in warnings(steady(300))
    assert warnings(steady(368)) == ""


def test_a_long_garbage_collection():
    assert "up to 44.0 ms" in warnings(steady(1000, notes=(notes(gc_pauses=np.array([44_000_000])),)))
    assert warnings(steady(1000, notes=(notes(gc_pauses=np.array([900_000])),))) == ""


def test_a_closed_loop_can_fall_into_them_too():
    run = Run(np.arange(50) / 100, 9.9, 0.0, load=Load(concurrency=1, requests=50))
    assert "50 samples do not bound p99" in warnings(run)
