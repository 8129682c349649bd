"""Every token is counted, and stamped when the server wrote it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from truth.log import percentile
from truth.match import found, marked_bodies
from truth.observe import Seen, observe
from truth.serve import serve

if TYPE_CHECKING:
    from pathlib import Path

    from truth.log import Log, Times

MS = 1_000_000
TOKENS = 25


@pytest.fixture(scope="module")
def streamed(tmp_path_factory: pytest.TempPathFactory) -> tuple[Seen, Log]:
    file = marked_bodies(tmp_path_factory.mktemp("streams") / "bodies", 40)
    with serve(tokens=TOKENS, ttft_ms=40, itl_ms=8) as truth:
        seen = observe("-e", f"{truth.url}/stream", "-n", "40", "-rps", "25", "--dataset", str(file))
        return seen, truth.stop()


def read_and_written(streamed: tuple[Seen, Log]) -> tuple[Times, Times]:
    """Arrival and write of each token, shape (streams, TOKENS) both, the same stream in the same row."""
    seen, log = streamed
    tokens = seen.observed.tokens
    read = tokens.stamp.reshape(-1, TOKENS)[np.argsort(tokens.row)]
    order = np.argsort(log.token_request, kind="stable")
    written = log.token_written[order].reshape(-1, TOKENS)[1:]
    arrived = found(seen.records, log).arrived
    return read, written[np.argsort(np.argsort(arrived))]


def test_every_token_of_every_stream_is_counted(streamed: tuple[Seen, Log]):
    seen, log = streamed
    streams = seen.result.streams
    assert streams is not None
    assert streams.count == seen.result.requests.succeeded == 40
    assert streams.tokens == len(log.token_written) - TOKENS == 40 * TOKENS
    assert (found(seen.records, log).tokens == TOKENS).all()


def test_each_token_carries_the_time_at_which_it_was_written(streamed: tuple[Seen, Log]):
    read, written = read_and_written(streamed)
    late = (read - written) / MS
    assert late.min() > -0.1, "read before it was written"
    assert np.median(late) < 0.5
    assert np.percentile(late, 90) < 4, "half of the time between two tokens"


def test_time_to_first_token_is_that_of_the_server(streamed: tuple[Seen, Log]):
    seen, log = streamed
    _, written = read_and_written(streamed)
    streams = seen.result.streams
    assert streams is not None
    service = (written[:, 0] - found(seen.records, log).arrived) / MS
    response = (written[:, 0] - seen.records.intended) / MS
    assert streams.ttft_service.points["p50"].value == pytest.approx(percentile(service, 50), abs=1.0)
    assert streams.ttft.points["p50"].value == pytest.approx(percentile(response, 50), abs=1.0)
    assert np.median(service) >= 40


def test_gaps_between_tokens_are_those_of_the_server(streamed: tuple[Seen, Log]):
    seen, _ = streamed
    _, written = read_and_written(streamed)
    streams = seen.result.streams
    assert streams is not None
    assert streams.itl is not None
    assert streams.tpot is not None
    assert streams.itl.count == 40 * (TOKENS - 1)
    assert streams.itl.points["p50"].value == pytest.approx(percentile(np.diff(written).ravel() / MS, 50), abs=0.5)
    pace = (written[:, -1] - written[:, 0]) / (TOKENS - 1) / MS
    assert streams.tpot.points["p50"].value == pytest.approx(percentile(pace, 50), abs=0.5)


def test_tokens_that_come_all_at_once_are_all_counted(tmp_path: Path):
    with serve(tokens=50, ttft_ms=5, itl_ms=0) as truth:
        file = marked_bodies(tmp_path / "bodies", 20)
        seen = observe("-e", f"{truth.url}/stream", "-n", "20", "-rps", "100", "--dataset", str(file))
    streams = seen.result.streams
    assert streams is not None
    assert streams.tokens == 20 * 50
    assert seen.result.requests.succeeded == 20


@pytest.mark.parametrize(
    ("choice", "fault"),
    [("truncate=1", "truncated"), ("error_at=3", "stream error"), ("no_done=1", "truncated")],
)
def test_a_stream_that_does_not_end_well_is_no_success(tmp_path: Path, choice: str, fault: str):
    with serve(tokens=8, ttft_ms=2, itl_ms=1) as truth:
        file = marked_bodies(tmp_path / "bodies", 12)
        url = f"{truth.url}/stream?{choice}&every=2"
        seen = observe("-e", url, "-n", "12", "-rps", "100", "--dataset", str(file))
        log = truth.stop()
    bad = found(seen.records, log).id.size // 2
    assert [(each.name, each.count) for each in seen.result.faults] == [(fault, bad)]
    assert seen.result.requests.succeeded == 12 - bad
