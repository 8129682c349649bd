from __future__ import annotations

import numpy as np
import pytest
from support.observations import counted, steady, streamed

from seatrial.loadgen.cost import price_of
from seatrial.loadgen.measure import measure
from seatrial.loadgen.mistakes import UsageError


def test_a_million_requests_at_the_rate_of_the_run():
    cost = measure(steady(1000, plan={"price_per_hour": 3.6}).observed()).cost
    assert cost is not None
    # 100 a second are 360,000 an hour for 3.60.
    assert cost.per_million_requests == pytest.approx(10.0, rel=0.001)
    assert cost.per_million_tokens is None
    assert cost.source == "--price-per-hour"


def test_a_million_tokens_at_the_rate_of_the_run():
    run = streamed(steady(100, plan={"price_per_hour": 3.6}), [50.0] * 100, [[10.0] * 9] * 100)
    result = measure(run.observed())
    assert result.cost is not None
    assert result.streams is not None
    assert result.streams.tokens == 1000
    per_hour = result.streams.tokens_per_second * 3600
    assert result.cost.per_million_tokens == pytest.approx(3.6 / per_hour * 1e6)


def test_a_million_tokens_of_whole_answers():
    result = measure(counted(steady(100, plan={"price_per_hour": 3.6}), [7] * 50).observed())
    assert (result.streams, result.output_tokens and result.output_tokens.count) == (None, 350)
    assert result.cost is not None
    # 100 a second, every other of seven tokens: 350 tokens a second.
    assert result.cost.per_million_tokens == pytest.approx(3.6 / (350 * 3600) * 1e6, rel=0.01)


def test_a_list_price_is_told_with_where_it_was_read():
    cost = measure(steady(1000, plan={"instance_type": "ml.g5.2xlarge"}).observed()).cost
    assert cost is not None
    assert cost.per_hour == 1.515
    assert "us-east-1" in cost.source
    assert "2026" in cost.source


def test_a_price_that_is_given_wins_over_the_list():
    plan = {"instance_type": "ml.g5.2xlarge", "price_per_hour": 1.0}
    cost = measure(steady(100, plan=plan).observed()).cost
    assert cost is not None
    assert cost.per_hour == 1.0


def test_without_answers_there_is_no_price_of_one():
    cost = measure(steady(10, unsent=range(10), plan={"price_per_hour": 1.0}).observed()).cost
    assert cost is not None
    assert cost.per_million_requests is None


def test_without_a_price_there_is_no_cost():
    assert measure(steady(10).observed()).cost is None


@pytest.mark.parametrize(("asked", "close"), [("ml.g5.2xl", "ml.g5.2xlarge"), ("g6.12xlarge", "ml.g6.12xlarge")])
def test_an_unknown_type_is_refused_with_the_closest(asked: str, close: str):
    with pytest.raises(UsageError) as mistake:
        price_of(asked)
    assert close in str(mistake.value)
    assert "--price-per-hour" in str(mistake.value)
    assert np.char.count(str(mistake.value), "\n") == 0
