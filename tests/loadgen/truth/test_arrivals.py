"""The load that arrives is the load that was asked for, by the server's own log."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from truth.log import dispersion, percentile
from truth.match import found, marked_bodies, of_the_run
from truth.observe import Seen, observe
from truth.serve import serve

from seatrial.loadgen.result import Verdict

if TYPE_CHECKING:
    from pathlib import Path

    from truth.log import Log

MS = 1_000_000
TRIES = 4


def run(file: Path, *words: str, count: int, delay_ms: float = 1) -> tuple[Seen, Log]:
    """One run with marked bodies against a server of its own."""
    with serve(delay_ms=delay_ms) as truth:
        seen = observe("-e", truth.url, "--dataset", str(marked_bodies(file, count)), *words)
        return seen, truth.stop()


def fit_run(folder: Path, *words: str, count: int) -> tuple[Seen, Log]:
    """The first of a few runs that does not call itself INVALID; the last of them where the machine is that busy."""
    for _ in range(TRIES):
        seen, log = run(folder / "bodies", *words, count=count)
        if seen.result.verdict is not Verdict.INVALID:
            break
    return seen, log


@pytest.fixture(scope="module")
def even(tmp_path_factory: pytest.TempPathFactory) -> tuple[Seen, Log]:
    return run(tmp_path_factory.mktemp("even") / "bodies", "-d", "1", "-rps", "400", count=400)


def test_every_request_that_was_due_arrives_exactly_once(even: tuple[Seen, Log]):
    seen, log = even
    assert len(of_the_run(log)) == len(seen.records.intended) == 400
    assert (found(seen.records, log).status == 200).all()
    assert seen.result.requests.due == seen.result.requests.sent == seen.result.requests.succeeded == 400


def test_they_arrive_in_the_order_and_at_the_times_of_the_sends(even: tuple[Seen, Log]):
    seen, log = even
    arrived = found(seen.records, log).arrived
    assert np.array_equal(np.argsort(arrived, kind="stable"), np.argsort(seen.records.sent, kind="stable"))
    way = arrived - seen.records.sent
    assert way.min() >= -0.05 * MS, "nothing arrives before it was sent, but for the drift between two clocks"
    assert np.median(way) < 0.5 * MS


def test_nothing_is_sent_before_its_time_and_the_schedule_is_even(even: tuple[Seen, Log]):
    records = even[0].records
    assert np.array_equal(records.intended - records.intended[0], np.round(np.arange(400) * 1e9 / 400))
    assert (records.sent >= records.intended).all()


def test_the_reported_send_error_is_what_the_server_saw(even: tuple[Seen, Log]):
    seen, log = even
    error = (found(seen.records, log).arrived - seen.records.intended) / MS
    reported = seen.result.fitness.send_error
    assert reported is not None
    for name, share in (("p50", 50), ("p99", 99)):
        truth = percentile(error, share)
        assert reported.points[name].value == pytest.approx(truth, rel=0.2, abs=0.3), name


def test_constant_arrivals_are_evenly_spread_or_the_run_is_refused(tmp_path: Path):
    seen, log = fit_run(tmp_path, "-d", "2", "-rps", "400", count=800)
    assert dispersion(of_the_run(log).arrived) < 0.1 or seen.result.verdict is Verdict.INVALID


def test_poisson_arrivals_are_as_random_as_poisson_is_or_the_run_is_refused(tmp_path: Path):
    words = ("-d", "2", "-rps", "400", "--arrivals", "poisson", "--seed", "11")
    seen, log = fit_run(tmp_path, *words, count=1000)
    assert 0.8 < dispersion(seen.records.intended) < 1.2
    assert 0.8 < dispersion(of_the_run(log).arrived) < 1.2 or seen.result.verdict is Verdict.INVALID


def test_two_workers_send_the_schedule_of_one(tmp_path: Path):
    words = ("-n", "100", "-rps", "400", "--arrivals", "poisson", "--seed", "9")
    (one, first), (two, second) = (
        run(tmp_path / workers, *words, "--workers", workers, count=100) for workers in ("1", "2")
    )
    assert np.array_equal(one.records.intended - one.observed.origin, two.records.intended - two.observed.origin)
    assert np.array_equal(found(one.records, first).received, found(two.records, second).received)
    assert len(two.observed.notes) == 2


def test_a_closed_loop_keeps_no_more_than_its_number_in_flight(tmp_path: Path):
    seen, log = run(tmp_path / "bodies", "-n", "300", "-c", "8", count=300, delay_ms=5)
    requests = found(seen.records, log)
    events = np.concatenate([np.stack([requests.arrived, np.ones(300, np.int64)], axis=1),
                             np.stack([requests.last, -np.ones(300, np.int64)], axis=1)])  # fmt: skip
    in_flight = np.cumsum(events[np.argsort(events[:, 0], kind="stable")][:, 1])
    assert in_flight.max() == 8
    assert len(log.connections) == 8 + 1
    assert seen.result.requests.succeeded == 300
