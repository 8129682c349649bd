"""The engine against a server with a log of its own: what is sent, over which connection, how failures are named."""

from __future__ import annotations

import time
from collections import Counter
from typing import TYPE_CHECKING

import numpy as np
import pytest
from support.ports import free_port
from support.tls import certificate
from truth.serve import serve

from seatrial.loadgen.answers.status import faults_of_statuses
from seatrial.loadgen.engine.core import Engine, Share
from seatrial.loadgen.fault import Fault
from seatrial.loadgen.record import Flag, Records
from seatrial.loadgen.target.factory import build_traffic
from seatrial.loadgen.target.parse import parse_target

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from truth.serve import Truth

NS = 1_000_000_000
BODY = b'{"instances": [[1.0, 2.0]]}'


@pytest.fixture(scope="module")
def truth() -> Iterator[Truth]:
    with serve(delay_ms=1, idle_ms=300) as running:
        yield running


def drive(
    url: str, *, requests: int = 20, rate: float = 500.0, concurrency: int | None = None, body: bytes = BODY,
    connections: int = 100, timeout_s: float = 5.0, keeps: bool = False, portable: bool = False, insecure: bool = False,
) -> tuple[Records, Engine]:  # fmt: skip
    """Run an engine in this process."""
    records = Records.allocate(requests)
    traffic = build_traffic(parse_target(url, insecure=insecure), [body], ["application/json"], keeps=keeps)
    share = Share(range(requests), concurrency, connections, round(timeout_s * NS))
    engine = Engine(traffic, records, share, fault_of_status=faults_of_statuses(), portable=portable)
    origin = time.monotonic_ns()
    if concurrency is None:
        records.intended[:] = origin + (np.arange(requests) * (NS / rate)).astype(np.int64)
    engine.prepare()
    engine.run(origin, origin + 60 * NS)
    return records, engine


def faults(records: Records) -> Counter[str]:
    return Counter(Fault(int(fault)).name for fault in records.fault)


@pytest.mark.parametrize("portable", [False, True], ids=["epoll", "portable"])
def test_five_times_of_a_request_are_in_their_order(truth: Truth, portable: bool):
    records, _ = drive(f"{truth.url}/invocations", portable=portable)
    assert faults(records) == {"NONE": 20}
    assert (records.intended <= records.sent).all()
    assert (records.sent < records.first).all()
    assert (records.first <= records.last).all()
    assert (records.last <= records.done).all()
    assert (records.flags & Flag.KERNEL).all()


def test_a_free_connection_is_used_again_and_its_opening_is_kept_apart(truth: Truth):
    records, engine = drive(f"{truth.url}/invocations", requests=10, concurrency=1)
    assert engine.opened == 1
    assert (records.connecting > 0).tolist() == [True] + [False] * 9
    assert ((records.flags & Flag.REUSED) > 0).tolist() == [False] + [True] * 9


def test_requests_overlap_where_the_server_is_slow(truth: Truth):
    _, engine = drive(f"{truth.url}/invocations?delay_ms=200", requests=10, rate=100.0)
    assert engine.opened == 10


def test_no_more_connections_than_allowed_and_none_is_dropped(truth: Truth):
    records, engine = drive(f"{truth.url}/invocations?delay_ms=30", requests=12, rate=1000.0, connections=2)
    assert engine.opened == 2
    assert faults(records) == {"NONE": 12}
    assert ((records.flags & Flag.WAITED) > 0).sum() == 10
    waited = (records.sent - records.intended)[2:]
    assert (np.diff(waited) >= -NS // 1000).all(), "those that waited longest go first"


def test_a_closed_loop_keeps_its_number_and_stops_at_its_requests(truth: Truth):
    records, engine = drive(f"{truth.url}/invocations", requests=50, concurrency=4)
    assert engine.opened == 4
    assert faults(records) == {"NONE": 50}
    order = np.argsort(records.intended, kind="stable")
    for row in order[4:]:
        before = (records.sent < records.sent[row]) & (records.last > records.sent[row])
        assert before.sum() <= 3, "four at a time, this one among them"


@pytest.mark.parametrize(
    ("query", "fault", "status"),
    [
        ("status=404", Fault.CLIENT_ERROR, 404),
        ("status=503", Fault.SERVER_ERROR, 503),
        ("status=302", Fault.REDIRECT, 302),
        ("drop=1", Fault.RESET, 0),
        ("reset=1", Fault.RESET, 0),
        ("truncate=1", Fault.TRUNCATED, 200),
        ("garbage=1", Fault.BAD_HTTP, 0),
    ],
)
def test_each_kind_of_failure_has_its_name(truth: Truth, query: str, fault: Fault, status: int):
    records, _ = drive(f"{truth.url}/invocations?{query}", requests=3, rate=100.0)
    assert faults(records) == {fault.name: 3}
    assert (records.status == status).all()
    assert (records.done > 0).all()


def test_a_failure_is_explained_by_the_first_of_its_kind(truth: Truth):
    _, engine = drive(f"{truth.url}/invocations?status=503", requests=2)
    assert engine.notes.examples[Fault.SERVER_ERROR].startswith("HTTP/1.1 503")


@pytest.mark.parametrize("portable", [False, True])
def test_a_closed_loop_goes_on_soon_after_a_failure_and_does_not_spin(truth: Truth, portable: bool):
    records, _ = drive(f"{truth.url}/invocations?reset=1", requests=20, concurrency=1, portable=portable)
    pauses = (records.sent[1:] - records.done[:-1]) / 1e6
    assert pauses.min() > 0.9
    assert np.median(pauses) < 20, "housekeeping comes every 100 ms only"


def test_a_request_without_an_answer_in_time_is_ended(truth: Truth):
    records, engine = drive(f"{truth.url}/invocations?delay_ms=5000", requests=3, rate=100.0, timeout_s=0.3)
    assert faults(records) == {"TIMEOUT": 3}
    assert engine.opened == 3, "what a late answer might still come over is not used again"


def test_nothing_listens():
    records, _ = drive(f"http://127.0.0.1:{free_port()}/", requests=5)
    assert faults(records) == {"REFUSED": 5}
    assert (records.sent == 0).all()


def test_a_refused_closed_loop_does_not_spin():
    begun = time.monotonic()
    records, _ = drive(f"http://127.0.0.1:{free_port()}/", requests=8, concurrency=4)
    assert faults(records) == {"REFUSED": 8}
    assert time.monotonic() - begun > 0.05


def test_a_close_after_each_answer_is_followed(truth: Truth):
    records, engine = drive(f"{truth.url}/invocations?close=1", requests=6, rate=100.0)
    assert faults(records) == {"NONE": 6}
    assert engine.opened == 6


def test_a_chunked_answer_is_whole_and_kept(truth: Truth):
    records, engine = drive(f"{truth.url}/invocations?chunked=1", requests=2, keeps=True)
    assert faults(records) == {"NONE": 2}
    assert [len(b"".join(answer.chunks)) for answer in engine.answers] == [64, 64]
    assert all(answer.media for answer in engine.answers)


def test_pieces_of_a_stream_carry_their_own_times(truth: Truth):
    _, engine = drive(f"{truth.url}/stream?tokens=5&ttft_ms=30&itl_ms=30", requests=1, keeps=True)
    stamps = engine.answers[0].stamps
    gaps = np.diff(stamps) / 1e6
    assert len(stamps) >= 5
    assert gaps.max() > 20


def test_a_body_larger_than_the_socket_takes_goes_out_whole(truth: Truth):
    large = b"[" + b"1," * 4_000_000 + b"1]"
    before = len(truth.log().requests)
    records, _ = drive(f"{truth.url}/invocations", requests=2, body=large, timeout_s=30)
    assert faults(records) == {"NONE": 2}
    assert truth.log().requests.received[before:].tolist() == [len(large)] * 2


@pytest.mark.parametrize("keeps", [False, True])
def test_tls_is_spoken_with_the_kernels_stamps(tmp_path: Path, keeps: bool):
    cert, key = certificate(tmp_path)
    with serve(delay_ms=1, cert=cert, key=key) as secure:
        records, engine = drive(f"{secure.url}/invocations", requests=10, concurrency=1, insecure=True, keeps=keeps)
    assert faults(records) == {"NONE": 10}
    assert (records.flags & Flag.KERNEL).all()
    assert engine.opened == 1
    assert len(engine.answers) == (10 if keeps else 0)


def test_a_certificate_that_does_not_hold_is_a_failure_of_its_own(tmp_path: Path):
    cert, key = certificate(tmp_path)
    with serve(delay_ms=1, cert=cert, key=key) as secure:
        records, engine = drive(f"{secure.url}/invocations", requests=2)
    assert faults(records) == {"TLS": 2}
    assert "certificate" in engine.notes.examples[Fault.TLS]
