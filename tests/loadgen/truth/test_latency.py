"""What is reported of latency is what the server did, counted from when each request was due."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from truth.log import percentile
from truth.match import found, marked_bodies
from truth.observe import observe
from truth.serve import serve

from seatrial.loadgen.record import Flag

if TYPE_CHECKING:
    from pathlib import Path

MS = 1_000_000
PERCENTILES = {"p50": 50, "p90": 90, "p95": 95, "p99": 99}


@pytest.mark.parametrize("connections", [1000, 15])
def test_a_stall_is_counted_from_the_intended_times(tmp_path: Path, connections: int):
    with serve(delay_ms=5, stall_at=0.7, stall_for=0.6) as truth:
        file = marked_bodies(tmp_path / "bodies", 200)
        words = ("-d", "2", "-rps", "100", "--max-connections", str(connections))
        seen = observe("-e", truth.url, *words, "--dataset", str(file))
        log = truth.stop()
    requests = found(seen.records, log)
    intended = seen.observed.origin + np.arange(200) * 10 * MS
    response = (requests.last - intended) / MS
    assert percentile(response, 90) > 250, "three in ten requests were due in the stall"
    reported = seen.result.response
    assert reported is not None
    for name, share in PERCENTILES.items():
        assert reported.points[name].value == pytest.approx(percentile(response, share), rel=0.02, abs=1.0), name
    assert reported.high == pytest.approx(response.max(), rel=0.02, abs=1.0)
    begin, end = log.stall
    inside = (intended > begin) & (intended < end)
    due, in_time = inside.sum(), (requests.arrived[inside] < end).sum()
    assert due == pytest.approx((end - begin) / (10 * MS), abs=1)
    assert (requests.last[inside] >= end).all()
    assert in_time > due - 10 if connections > 60 else in_time <= connections, "as many as there were connections for"


def test_waiting_for_a_connection_is_in_the_response_time_and_not_in_the_service_time(tmp_path: Path):
    with serve(delay_ms=20) as truth:
        file = marked_bodies(tmp_path / "bodies", 60)
        seen = observe("-e", truth.url, "-n", "60", "-rps", "200", "--max-connections", "2", "--dataset", str(file))
        log = truth.stop()
    requests = found(seen.records, log)
    service, response = seen.result.service, seen.result.response
    assert service is not None
    assert response is not None
    waited = (requests.last - seen.records.intended) / MS
    served = (requests.last - requests.arrived) / MS
    assert service.points["p50"].value == pytest.approx(percentile(served, 50), abs=2.0)
    assert response.points["p50"].value == pytest.approx(percentile(waited, 50), rel=0.02, abs=1.0)
    assert response.points["p50"].value > 5 * service.points["p50"].value
    assert ((seen.records.flags & Flag.WAITED) > 0).sum() == seen.result.fitness.connection_waits > 40
    assert seen.result.fitness.connections == len(log.connections) - 1 == 2


def test_first_and_last_byte_are_those_that_the_server_wrote(tmp_path: Path):
    with serve(delay_ms=5, pause_ms=20) as truth:
        file = marked_bodies(tmp_path / "bodies", 60)
        seen = observe("-e", truth.url, "-n", "60", "-rps", "100", "--dataset", str(file))
        log = truth.stop()
    requests = found(seen.records, log)
    for ours, theirs in ((seen.records.first, requests.first), (seen.records.last, requests.last)):
        late = (ours - theirs) / MS
        assert late.min() > -0.1, "read before it was written"
        assert np.median(late) < 0.5
    assert np.median(seen.records.last - seen.records.first) >= 19 * MS


def test_opening_a_connection_is_told_apart(tmp_path: Path):
    with serve(delay_ms=1, close=1) as truth:
        file = marked_bodies(tmp_path / "bodies", 40)
        seen = observe("-e", truth.url, "-n", "40", "-rps", "100", "--dataset", str(file))
        log = truth.stop()
    assert len(found(seen.records, log)) == 40
    assert len(log.connections) - 1 == seen.result.fitness.connections == 40
    assert (seen.records.connecting > 0).all()
    assert not (seen.records.flags & Flag.REUSED).any()
