"""Every request that was due is accounted for, and each failure has its own name."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from truth.match import found, marked_bodies, of_the_run
from truth.observe import observe
from truth.serve import serve

from seatrial.loadgen.record import Flag

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    ("choice", "names"),
    [
        ("drop=1", {"reset on reuse", "reset"}),
        ("reset=1", {"reset on reuse", "reset"}),
        ("truncate=1", {"truncated"}),
        ("truncate=1&chunked=1", {"truncated"}),
        ("garbage=1", {"bad http"}),
        ("status=500", {"server error"}),
        ("status=429", {"client error"}),
        ("status=302", {"redirect"}),
    ],
)
def test_each_failure_has_its_name_and_its_number(tmp_path: Path, choice: str, names: set[str]):
    with serve(delay_ms=1) as truth:
        file = marked_bodies(tmp_path / "bodies", 45)
        url = f"{truth.url}/invocations?{choice}&every=3"
        seen = observe("-e", url, "-n", "45", "-rps", "200", "--dataset", str(file))
        log = truth.stop()
    requests = found(seen.records, log)
    assert {each.name for each in seen.result.faults} <= names
    assert sum(each.count for each in seen.result.faults) == seen.result.requests.failed == 15
    third = np.isin(requests.received, of_the_run(log).received[1::3])  # counted with the one before the run
    assert np.array_equal(seen.records.fault > 0, third), "those that the server treated so, and no others"
    assert np.array_equal(seen.records.status[~third], requests.status[~third])


def test_a_reset_on_a_kept_connection_is_told_from_one_on_a_fresh_one(tmp_path: Path):
    with serve(delay_ms=1) as truth:
        file = marked_bodies(tmp_path / "bodies", 12)
        url = f"{truth.url}/invocations?drop=1&every=2"
        seen = observe("-e", url, "-n", "12", "-c", "1", "--dataset", str(file))
        log = truth.stop()
    requests = found(seen.records, log)
    earlier = np.array([(requests.connection[:k] == requests.connection[k]).any() for k in range(12)])
    dropped = requests.status == 0
    named = {each.name: each.count for each in seen.result.faults}
    assert named.get("reset on reuse", 0) == (dropped & earlier).sum()
    assert named.get("reset", 0) == (dropped & ~earlier).sum()
    assert dropped.sum() == 6


def test_a_connection_that_the_server_closed_while_it_was_idle_is_not_used_again(tmp_path: Path):
    with serve(delay_ms=1, idle_ms=50) as truth:
        file = marked_bodies(tmp_path / "bodies", 10)
        seen = observe("-e", truth.url, "-n", "10", "-rps", "5", "--dataset", str(file))
        log = truth.stop()
    assert seen.result.requests.succeeded == len(found(seen.records, log)) == 10
    assert seen.result.fitness.connections == len(log.connections) - 1 == 10
    assert not (seen.records.flags & Flag.REUSED).any()


def test_due_is_sent_and_unsent_together_and_nothing_is_dropped(tmp_path: Path):
    with serve(delay_ms=400) as truth:
        file = marked_bodies(tmp_path / "bodies", 50)
        words = ("-d", "1", "-rps", "50", "--max-connections", "2", "--timeout", ".5s")
        seen = observe("-e", truth.url, *words, "--dataset", str(file))
        log = truth.stop()
    requests, records = seen.result.requests, seen.records
    assert requests.due == 50
    assert requests.sent == len(of_the_run(log)) == (records.sent > 0).sum()
    assert requests.unsent == (records.sent == 0).sum() > 0
    assert requests.sent + requests.unsent == requests.due
    assert requests.succeeded + requests.failed == requests.due
    unsent = next(each for each in seen.result.faults if each.name == "unsent")
    assert unsent.count == requests.unsent
    assert (records.done > 0).all(), "of each it is known when it was given up"


def test_no_answer_in_time_is_a_timeout(tmp_path: Path):
    with serve(delay_ms=10) as truth:
        file = marked_bodies(tmp_path / "bodies", 20)
        url = f"{truth.url}/invocations?pause_ms=5000&every=4"
        seen = observe("-e", url, "-n", "20", "-rps", "50", "--timeout", ".3s", "--dataset", str(file))
        log = truth.stop()
    assert [(each.name, each.count) for each in seen.result.faults] == [("timeout", 5)]
    assert len(found(seen.records, log)) == 20
    assert (log.connections.closed_by == 1).sum() >= 5, "the client left the connections that were too slow"
