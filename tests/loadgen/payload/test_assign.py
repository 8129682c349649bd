"""Which payload each request sends."""

from __future__ import annotations

import numpy as np
import pytest

from seatrial.loadgen.mistakes import UsageError
from seatrial.loadgen.payload import Order, Payloads


def some(count: int, **columns: object) -> Payloads:
    bodies = tuple(b"%d" % index for index in range(count))
    return Payloads(bodies, ("text/plain",) * count, np.ones(count), "some", **columns)  # type: ignore[arg-type]


def test_requests_take_the_payloads_in_turn():
    assert some(3).assign(7, 0).tolist() == [0, 1, 2, 0, 1, 2, 0]
    assert some(3).assign(7, 0).dtype == np.uint32


def test_a_random_order_is_that_of_its_seed():
    payloads = some(50, order=Order.RANDOM)
    assert payloads.assign(400, 1).tolist() == payloads.assign(400, 1).tolist()
    assert payloads.assign(400, 1).tolist() != payloads.assign(400, 2).tolist()
    assert set(payloads.assign(4000, 1).tolist()) == set(range(50))


def test_a_longer_run_begins_like_a_shorter_one():
    payloads = some(5, order=Order.RANDOM, weights=np.array([1.0, 2, 3, 4, 5]))
    assert payloads.assign(1000, 7)[:100].tolist() == payloads.assign(100, 7).tolist()


def test_weights_are_kept_and_a_weight_of_zero_is_never_drawn():
    drawn = some(4, order=Order.RANDOM, weights=np.array([0.0, 3, 1, 0])).assign(20_000, 3)
    counts = np.bincount(drawn, minlength=4)
    assert counts[0] == counts[3] == 0
    assert counts[1] / counts[2] == pytest.approx(3, rel=0.1)


def test_a_trace_calls_payloads_by_index():
    assert some(3).assign(3, 0, np.array([2, 0, 2], np.uint32)).tolist() == [2, 0, 2]


def test_a_trace_calls_payloads_by_their_ids():
    assert some(3, ids=("7", "short", "9")).assign(3, 0, ["short", "7", "short"]).tolist() == [1, 0, 1]
    assert some(3, ids=("7", "8", "9")).assign(2, 0, np.array([9, 7], np.uint32)).tolist() == [2, 0]


def test_a_trace_that_names_an_unknown_payload_is_told_with_its_request():
    with pytest.raises(UsageError, match=r"--trace: request 2 sends payload '5', which is none of .* \(0, 1, 2\)"):
        some(3).assign(3, 0, np.array([0, 5, 1], np.uint32))


def test_columns_of_different_lengths_are_no_payloads():
    with pytest.raises(ValueError, match="one entry a body"):
        Payloads((b"a", b"b"), ("text/plain",), np.ones(2), "two")
