"""/ping tells the truth: 503 until the model answers its own sample, 200 then, 503 when it stops."""

import threading
import time
from collections.abc import Callable

import pytest
from support.serving import Server, until

FAST = {"SEATRIAL_TIME_SCALE": "0.05"}


@pytest.mark.parametrize("method", ["GET", "POST", "HEAD"])
def test_a_ready_server_answers_200_with_an_empty_body(echo: Server, method: str):
    answer = echo.request(method, "/ping")
    assert (answer.status_code, answer.content) == (200, b"")


@pytest.mark.parametrize("host", ["model.aws.local:8080", "10.32.0.2", "localhost"])
def test_the_host_header_is_ignored(echo: Server, host: str):
    assert echo.request("GET", "/ping", headers={"host": host}).status_code == 200


def test_a_ping_leaves_no_line_in_the_log(echo: Server):
    before = echo.log
    for _ in range(50):
        echo.ping()
    assert echo.log == before


def test_a_model_that_breaks_turns_ping_to_503_and_back_to_200_when_it_recovers(start_echo: Callable[..., Server]):
    server = start_echo(**FAST).ready()
    assert server.invoke(b'{"break": 0.5}').status_code == 500
    until(lambda: server.ping() == 503, "a ping of 503")
    until(lambda: server.ping() == 200, "a ping of 200 again")
    assert server.invoke(b"[1]").status_code == 200


def test_a_request_that_makes_the_model_raise_once_leaves_ping_at_200(start_echo: Callable[..., Server]):
    server = start_echo(**FAST).ready()
    assert server.invoke(b'{"fail": "this one only"}').status_code == 500
    deadline = time.monotonic() + 0.5
    while time.monotonic() < deadline:
        assert server.ping() == 200


def test_ping_answers_at_once_while_every_worker_is_busy(start_echo: Callable[..., Server]):
    server = start_echo("--threads", "2").ready()
    calls = [threading.Thread(target=server.invoke, args=(b'{"sleep": 0.7}',)) for _ in range(6)]
    for call in calls:
        call.start()
    until(lambda: server.calls("waiting") == 4, "four calls waiting")
    for _ in range(20):
        began = time.monotonic()
        assert server.ping() == 200
        assert time.monotonic() - began < 0.2
    for call in calls:
        call.join()


def test_workers_that_all_hang_turn_ping_to_503_until_they_return(start_echo: Callable[..., Server]):
    server = start_echo("--threads", "1", "--call-timeout", "1", SEATRIAL_TIME_SCALE="0.1").ready()
    for _ in range(4):  # the worker and its three replacements
        assert server.invoke(b'{"stick": 1.2}').status_code == 504
    assert server.ping() == 503
    assert server.invoke(b"[1]").json()["error"]["code"] == "workers_stuck"
    until(lambda: server.ping() == 200, "a ping of 200 once they are back")
    assert server.invoke(b"[1]").status_code == 200
