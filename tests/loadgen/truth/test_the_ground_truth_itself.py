"""The two forms of the ground truth do what they were told, and their logs say what they did."""

from __future__ import annotations

import http.client
import shutil
import socket
import time
from contextlib import ExitStack
from typing import TYPE_CHECKING

import numpy as np
import pytest
from truth.log import dispersion, read
from truth.serve import Form, Truth, serve

if TYPE_CHECKING:
    from collections.abc import Iterator

FORMS = [Form.TWIN, *([Form.C] if shutil.which("cc") else [])]
LATE = 50.0
"""Milliseconds by which a busy machine may be late; being early is never allowed."""


@pytest.fixture(scope="module", params=FORMS, ids=lambda form: form.name)
def truth(request: pytest.FixtureRequest) -> Iterator[Truth]:
    with serve(request.param, delay_ms=5) as running:
        yield running


def post(port: int, path: str, **headers: str) -> tuple[int, bytes]:
    """One request on a connection of its own."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    try:
        connection.request("POST", path, body=b"0123456789", headers=headers)
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


def test_an_answer_is_written_at_its_delay_after_the_arrival(truth: Truth):
    assert post(truth.port, "/invocations?delay_ms=20&reply_bytes=100", **{"X-Id": "41"}) == (200, b"{}".ljust(100))
    requests = truth.log().requests
    assert requests.id[-1] == 41
    assert (requests.status[-1], requests.sent[-1], requests.received[-1]) == (200, 100, 10)
    assert 20 <= (requests.first[-1] - requests.arrived[-1]) / 1e6 < 20 + LATE
    assert requests.first[-1] == requests.last[-1]


def test_the_arrival_is_that_of_the_last_byte(truth: Truth):
    with truth_socket(truth.port) as connection:
        before = time.monotonic_ns()
        connection.sendall(b"POST /invocations?delay_ms=0 HTTP/1.1\r\nContent-Length: 4\r\n\r\n12")
        until_read(truth)
        between = time.monotonic_ns()
        connection.sendall(b"34")
        assert connection.recv(1000).startswith(b"HTTP/1.1 200 OK\r\n")
    requests = truth.log().requests
    assert before <= requests.begun[-1] <= between <= requests.arrived[-1] <= requests.first[-1]


def truth_socket(port: int) -> socket.socket:
    return socket.create_connection(("127.0.0.1", port), 20)


def until_read(truth: Truth) -> None:
    """A second connection's answer comes after what the first had sent was read."""
    truth.log()


def test_the_second_half_comes_after_its_pause(truth: Truth):
    assert post(truth.port, "/invocations?pause_ms=30&chunked=1") == (200, b"{}".ljust(64))
    requests = truth.log().requests
    assert 30 <= (requests.last[-1] - requests.arrived[-1]) / 1e6 - 5 < 30 + LATE
    assert requests.last[-1] - requests.first[-1] > 0


def test_a_status_may_be_chosen_by_the_query_or_by_a_header(truth: Truth):
    assert post(truth.port, "/invocations?status=503")[0] == 503
    assert post(truth.port, "/invocations", **{"X-Truth": "status=429"})[0] == 429
    assert truth.log().requests.status[-2:].tolist() == [503, 429]


@pytest.mark.parametrize(
    ("choice", "mistake"),
    [
        ("drop=1", http.client.RemoteDisconnected),
        ("reset=1", ConnectionResetError),
        ("garbage=1", http.client.BadStatusLine),
        ("truncate=1", http.client.IncompleteRead),
        ("truncate=1&chunked=1", http.client.IncompleteRead),
    ],
)
def test_an_odd_choice_is_what_a_client_meets(truth: Truth, choice: str, mistake: type[Exception]):
    with pytest.raises(mistake):
        post(truth.port, f"/invocations?{choice}")
    connections = truth.log().connections
    assert connections.closed_by[-2] == 2, "the server was the one to close; the last connection fetches the log"


def test_only_each_nth_request_is_odd_where_that_was_asked(truth: Truth):
    before = len(truth.log().requests)
    statuses = [post(truth.port, "/invocations?status=500&every=3&delay_ms=0")[0] for _ in range(6)]
    assert statuses == [500 if (before + k) % 3 == 0 else 200 for k in range(1, 7)]


def test_each_token_of_a_stream_is_written_at_its_time(truth: Truth):
    status, body = post(truth.port, "/stream?tokens=10&ttft_ms=30&itl_ms=4")
    log = truth.log()
    written, arrived = log.streams()[-1], log.requests.arrived[-1]
    told = arrived + (30 + 4 * np.arange(10)) * 1_000_000
    assert status == 200
    assert len(written) == log.requests.tokens[-1] == 10
    assert ((written - told >= 0) & (written - told < LATE * 1e6)).all()
    assert log.requests.first[-1] < written[0], "the head goes out before the first token"
    events = body.decode().split("\n\n")
    assert [f'"content":"t{k} "' in event for k, event in enumerate(events[:10], 1)] == [True] * 10
    assert events[10:] == ["data: [DONE]", ""]


def test_a_stream_may_fail_or_end_without_its_mark(truth: Truth):
    told = post(truth.port, "/stream?tokens=6&error_at=2&ttft_ms=1&itl_ms=1")[1]
    assert told.count(b'"content"') == 2
    assert b'"error"' in told
    assert b"[DONE]" not in told
    assert b"[DONE]" not in post(truth.port, "/stream?tokens=2&no_done=1&ttft_ms=1&itl_ms=1")[1]
    with pytest.raises(http.client.IncompleteRead):
        post(truth.port, "/stream?tokens=4&truncate=1&ttft_ms=1&itl_ms=1")


def test_close_closes_and_says_so(truth: Truth):
    connection = http.client.HTTPConnection("127.0.0.1", truth.port, timeout=20)
    connection.request("POST", "/invocations?close=1", body=b"")
    answer = connection.getresponse()
    answer.read()
    assert answer.headers["Connection"] == "close"
    assert connection.sock is None, "http.client closes its side where the answer says so"
    assert truth.log().connections.closed_by[-2] == 2


@pytest.mark.parametrize("form", FORMS)
def test_in_the_stall_nothing_is_answered_and_every_arrival_is_known(form: Form):
    with serve(form, delay_ms=1, stall_at=0.2, stall_for=0.4) as truth, ExitStack() as stack:
        connections = [stack.enter_context(truth_socket(truth.port)) for _ in range(14)]
        sent = []
        for connection in connections:
            sent.append(time.monotonic_ns())
            connection.sendall(b"POST / HTTP/1.1\r\nContent-Length: 0\r\n\r\n")
            time.sleep(0.05)  # the rhythm of the load, nothing is waited for
        assert all(connection.recv(1000) for connection in connections)
        log = truth.stop()
    begin, end = log.stall
    arrived, first = log.requests.arrived, log.requests.first
    assert begin >= arrived[0] + 200_000_000
    assert end >= arrived[0] + 600_000_000
    assert not ((first > begin) & (first < end)).any()
    assert ((arrived > begin) & (arrived < end)).sum() >= 3
    assert np.median(np.sort(arrived) - np.array(sent)) < LATE * 1e6 / 10, "the arrival, not the reading"


@pytest.mark.parametrize("form", FORMS)
def test_an_idle_connection_is_closed_by_the_server(form: Form):
    with serve(form, delay_ms=0, idle_ms=100) as truth, truth_socket(truth.port) as connection:
        connection.sendall(b"POST / HTTP/1.1\r\nContent-Length: 0\r\n\r\n")
        answer = b""
        while got := connection.recv(1000):
            answer += got
        log = truth.stop()
    assert answer.endswith(b"{}".ljust(64))
    assert log.connections.closed_by.tolist() == [2]
    assert 100 <= (log.connections.closed[0] - log.requests.last[0]) / 1e6 < 100 + LATE


@pytest.mark.parametrize("form", FORMS)
def test_a_client_that_leaves_is_noted_and_harms_nobody(form: Form):
    with serve(form, delay_ms=50) as truth:
        with truth_socket(truth.port) as connection:
            connection.sendall(b"POST /stream?itl_ms=1 HTTP/1.1\r\nContent-Length: 0\r\n\r\n")
            assert connection.recv(1000)
        assert post(truth.port, "/invocations")[0] == 200
        log = truth.stop()
    assert log.connections.closed_by.tolist() == [1, 1]
    assert log.requests.tokens[0] < 100


def test_dispersion_tells_even_from_random_from_bunched():
    even = np.arange(0, 4_000_000_000, 2_000_000)
    bunched = np.repeat(np.arange(0, 4_000_000_000, 100_000_000), 50)
    random = np.sort(np.random.default_rng(1).integers(0, 4_000_000_000, 2000))
    assert dispersion(even) < 0.01
    assert 0.8 < dispersion(random) < 1.2
    assert dispersion(bunched) > 10


def test_what_is_no_log_is_refused():
    with pytest.raises(ValueError, match="not a log of the ground truth"):
        read(b"something else, and long enough for a head of seven numbers of eight bytes")
