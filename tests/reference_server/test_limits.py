"""Limits of size, time and number: each ends in an answer, and in a server that works on."""

import socket
import threading
import time
from collections.abc import Callable

import pytest
from support.serving import PATIENCE, Server, until


def test_a_body_over_the_limit_is_refused_with_413_before_it_is_read(start_echo: Callable[..., Server]):
    server = start_echo("--max-body", "1000").ready()
    answer = server.invoke(b"x" * 5_000_000, "text/plain")
    assert (answer.status_code, answer.headers["connection"]) == (413, "close")
    assert server.invoke(b"x" * 1000, "text/plain").status_code == 200


def test_a_chunked_body_over_the_limit_is_refused_with_413(start_echo: Callable[..., Server]):
    server = start_echo("--max-body", "1000").ready()
    answer = server.request("POST", "/invocations", content=(b"x" * 600 for _ in range(2)))
    assert answer.status_code == 413


def test_a_full_queue_is_answered_503_at_once_and_the_others_get_their_answers(start_echo: Callable[..., Server]):
    server = start_echo("--threads", "1", "--queue-limit", "2").ready()
    statuses: list[int] = []
    callers = [
        threading.Thread(target=lambda: statuses.append(server.invoke(b'{"sleep": 0.7}').status_code)) for _ in range(3)
    ]
    callers[0].start()
    until(lambda: server.calls("running") == 1, "a running call")
    for caller in callers[1:]:
        caller.start()
    until(lambda: server.calls("waiting") == 2, "two calls in the queue")
    refused = server.invoke(b"[1]")
    assert (refused.status_code, refused.json()["error"]["code"]) == (503, "overloaded")
    assert server.ping() == 200
    for caller in callers:
        caller.join()
    assert statuses == [200, 200, 200]


@pytest.mark.parametrize("order", [b'{"sleep": 30}', b'{"stick": 2}'], ids=["gives up", "hangs"])
def test_a_call_that_takes_too_long_is_answered_504_and_its_worker_is_replaced(
    start_echo: Callable[..., Server], order: bytes
):
    server = start_echo("--threads", "1", "--call-timeout", "5", SEATRIAL_TIME_SCALE="0.1").ready()
    began = time.monotonic()
    answer = server.invoke(order)
    assert (answer.status_code, answer.json()["error"]["code"]) == (504, "call_timeout")
    assert 0.5 <= time.monotonic() - began < 1.5
    assert server.invoke(b"[1]").status_code == 200
    assert server.ping() == 200


def test_a_caller_that_leaves_frees_its_worker(start_echo: Callable[..., Server]):
    server = start_echo("--threads", "2").ready()
    request = b'POST /invocations HTTP/1.1\r\nHost: x\r\nContent-Length: 13\r\n\r\n{"sleep": 30}'
    callers = [socket.create_connection(("127.0.0.1", server.port), PATIENCE) for _ in range(20)]
    for caller in callers:
        caller.sendall(request)
    until(lambda: server.calls("waiting") == 18, "two calls running and the rest waiting")
    for caller in callers:
        caller.close()
    until(lambda: server.calls("waiting") == 0, "an empty queue")
    assert server.invoke(b"[1]").status_code == 200


def test_a_caller_that_stops_in_the_middle_of_its_body_is_no_trouble(echo: Server):
    for _ in range(20):
        with socket.create_connection(("127.0.0.1", echo.port), PATIENCE) as caller:
            caller.sendall(b"POST /invocations HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n{")
    assert echo.invoke(b"[1]").status_code == 200
    until(lambda: "499 caller_left" in echo.log, "a line about callers that left")


def test_fifty_idle_connections_do_not_delay_a_call(echo: Server):
    idle = [socket.create_connection(("127.0.0.1", echo.port), PATIENCE) for _ in range(50)]
    began = time.monotonic()
    assert echo.invoke(b"[1]").status_code == 200
    assert time.monotonic() - began < 1
    for connection in idle:
        connection.close()


def test_an_idle_connection_outlives_the_time_between_two_pings(start_echo: Callable[..., Server]):
    server = start_echo(SEATRIAL_TIME_SCALE="0.02").ready()  # 65 s become 1.3 s
    with socket.create_connection(("127.0.0.1", server.port), PATIENCE) as connection:
        connection.sendall(b"GET /ping HTTP/1.1\r\nHost: x\r\n\r\n")
        assert b" 200 " in connection.recv(65536)
        began = time.monotonic()
        assert connection.recv(1) == b""
        assert 1.0 < time.monotonic() - began < 3.0
