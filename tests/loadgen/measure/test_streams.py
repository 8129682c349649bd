"""Token times: first token, gaps, pace, last token, ragged and vectorised."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from support.observations import steady, streamed

from seatrial.loadgen.fault import Fault
from seatrial.loadgen.measure import measure
from seatrial.loadgen.measure.ragged import ragged
from seatrial.loadgen.measure.rows import rows_of
from seatrial.loadgen.measure.samples import unpack
from seatrial.loadgen.plan import Load
from seatrial.loadgen.record import Tokens


def test_every_figure_of_three_streams():
    run = streamed(steady(3, late_ms=[0.0, 0.0, 40.0]), [50, 60, 70], [[10, 10, 10], [20], []])
    streams = measure(run.observed()).streams
    assert streams is not None
    assert streams.count == 3
    assert (streams.ttft.low, streams.ttft.points["p50"].value, streams.ttft.high) == (50, 60, 110)
    assert streams.ttft_service.high == 70
    assert streams.itl is not None
    assert (streams.itl.count, streams.itl.low, streams.itl.high) == (4, 10, 20)
    assert streams.tpot is not None
    assert (streams.tpot.count, streams.tpot.low, streams.tpot.high) == (2, 10, 20)
    assert (streams.end_to_end.low, streams.end_to_end.high) == (80, 110)
    assert streams.tokens == 7


def test_a_closed_loop_counts_the_first_token_from_the_send():
    run = replace(streamed(steady(2, late_ms=5.0), [50, 50], [[1], [1]]), load=Load(concurrency=2, requests=2))
    streams = measure(run.observed()).streams
    assert streams is not None
    assert streams.ttft.high == 50


def test_streams_of_failed_and_warm_up_requests_are_left_out():
    run = streamed(steady(4), [900, 50, 50, 900], [[900], [10], [10], [900]])
    run = replace(run, fault={3: Fault.STREAM_ERROR}, load=Load(rate=100, requests=3, warmup_s=0.01))
    streams = measure(run.observed()).streams
    assert streams is not None
    assert streams.count == 2
    assert streams.itl is not None
    assert streams.itl.high == 10
    assert streams.ttft.high == pytest.approx(50.05)


def test_an_event_of_several_tokens_counts_them_all():
    observed = streamed(steady(1), [50], [[10, 10]]).observed()
    tokens = replace(observed.tokens, count=np.array([1, 5, 5]))
    streams = measure(replace(observed, tokens=tokens)).streams
    assert streams is not None
    assert streams.tokens == 11
    assert streams.tpot is not None
    assert streams.tpot.low == 2.0


def test_streams_may_stand_in_any_order_and_some_may_be_empty():
    random = np.random.default_rng(4)
    lengths = random.integers(0, 20, 200)
    firsts, gaps = random.integers(40, 60, 200), [random.integers(1, 30, max(n - 1, 0)) for n in lengths]
    run = streamed(steady(200), firsts.tolist(), [each.tolist() for each in gaps])
    observed = run.observed()
    # The same streams, shuffled, with those of length 0 emptied: as several workers leave them behind.
    parts = np.split(observed.tokens.stamp, observed.tokens.offset[1:-1])
    order = random.permutation(200)
    kept = [parts[row] if lengths[row] else parts[row][:0] for row in order]
    table = Tokens(
        order.astype(np.int64),
        np.concatenate([[0], np.cumsum([len(each) for each in kept])]).astype(np.int64),
        np.concatenate(kept),
        np.ones(sum(len(each) for each in kept), np.int64),
    )
    found = ragged(rows_of(observed), table)
    filled = np.flatnonzero(lengths)
    assert found.row.tolist() == filled.tolist()
    assert (found.first - found.sent).tolist() == (firsts[filled] * 1_000_000).tolist()
    assert found.gaps.tolist() == (np.concatenate([gaps[row] for row in filled]) * 1_000_000).tolist()
    assert sorted(found.gaps_by_arrival.tolist()) == sorted(found.gaps.tolist())
    several = [row for row in filled if lengths[row] > 1]
    assert found.pace.tolist() == np.rint([gaps[row].mean() * 1e6 for row in several]).tolist()


def test_a_run_without_streams_has_none():
    assert measure(steady(10).observed()).streams is None


def test_streams_that_all_failed_are_none():
    run = replace(streamed(steady(1), [50], [[10]]), fault={0: Fault.TRUNCATED})
    assert measure(run.observed()).streams is None


def test_a_pause_of_all_streams_at_once_is_few_events():
    # 100 streams side by side; twice all of them stop for 100 ms, in the middle of their 100 tokens.
    gaps = np.full(99, 10.0)
    gaps[30] = gaps[60] = 100.0
    run = streamed(steady(100, rate=1e5), [50.0] * 100, [gaps.tolist()] * 100)
    itl = measure(run.observed()).streams.itl  # type: ignore[union-attr]
    assert itl is not None
    assert itl.count == 9900
    assert itl.effective < 9900 / 10
    assert itl.points["p99"].value == 100.0


def test_goodput_of_streams_looks_inside_each():
    gaps = [[10] * 100, [10] * 98 + [90] * 2, [10] * 99 + [90], []]
    for slo, share in (("itl:p99<50ms", 0.75), ("itl:max<50ms", 0.5), ("tpot:p90<10.5ms", 0.5), ("ttft:p99<50ms", 0.0)):
        run = replace(streamed(steady(4), [55] * 4, gaps), slos=(slo,))
        assert measure(run.observed()).goodput.share == share, slo


def test_a_request_without_a_stream_keeps_no_stream_objective():
    run = replace(streamed(steady(4), [55] * 2, [[10], [10]]), slos=("ttft:p99<100ms",))
    assert measure(run.observed()).goodput.share == 0.5


def test_samples_of_first_tokens_and_gaps_are_kept_for_comparing():
    run = streamed(steady(3, late_ms=0.0), [50, 60, 70], [[10, 10, 10], [20], []])
    samples = {each.metric: unpack(each).tolist() for each in measure(run.observed()).samples}
    assert samples["ttft"] == [50_000, 60_000, 70_000]
    assert sorted(samples["itl"]) == [10_000, 10_000, 10_000, 20_000]
    assert list(samples) == ["response", "ttft", "itl"]
