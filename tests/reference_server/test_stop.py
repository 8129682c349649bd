"""The end: SIGTERM lets started calls finish, a failed start says why, and both leave the right exit code."""

import os
import signal
import socket
import threading
import time
from collections.abc import Callable
from pathlib import Path

import httpx
from support.serving import PATIENCE, Server, until


def busy(server: Server, order: bytes) -> tuple[threading.Thread, list[httpx.Response]]:
    """Start a call, and return once a worker has it."""
    answers: list[httpx.Response] = []
    caller = threading.Thread(target=lambda: answers.append(server.invoke(order)))
    caller.start()
    until(lambda: server.calls("running") == 1, "a running call")
    return caller, answers


def test_an_idle_server_stops_with_code_0(echo: Server):
    began = time.monotonic()
    assert echo.stop() == 0
    assert time.monotonic() - began < 5
    assert echo.ping() == 0


def test_a_call_in_flight_is_answered_in_full_before_the_end(echo: Server):
    caller, answers = busy(echo, b'{"sleep": 1}')
    assert echo.stop() == 0
    caller.join()
    assert (answers[0].status_code, answers[0].content) == (200, b'{"sleep": 1}')


def test_a_second_sigterm_changes_nothing(echo: Server):
    caller, answers = busy(echo, b'{"sleep": 1}')
    echo.process.send_signal(signal.SIGTERM)
    until(lambda: echo.log.count("SIGTERM") == 1, "the first signal in the log")
    assert echo.stop() == 0
    caller.join()
    assert answers[0].status_code == 200
    assert echo.log.count("SIGTERM") == 1


def test_a_stopping_server_says_503_then_takes_no_new_connection(echo: Server):
    caller, answers = busy(echo, b'{"sleep": 2}')
    echo.process.send_signal(signal.SIGTERM)
    until(lambda: echo.ping() == 503, "a ping of 503")
    until(lambda: echo.ping() == 0, "a refused connection")
    assert echo.process.wait(10) == 0
    caller.join()
    assert answers[0].headers["connection"] == "close"


def test_a_request_that_is_on_its_way_when_the_signal_comes_is_answered(echo: Server):
    """The server is held still, so that both wait for it; then it may see them."""
    os.kill(echo.process.pid, signal.SIGSTOP)
    with socket.create_connection(("127.0.0.1", echo.port), PATIENCE) as connection:
        connection.sendall(b"POST /invocations HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\n[1]")
        echo.process.send_signal(signal.SIGTERM)
        os.kill(echo.process.pid, signal.SIGCONT)
        answer = b""
        while received := connection.recv(65536):
            answer += received
    assert answer.startswith(b"HTTP/1.1 200 ")
    assert answer.endswith(b"[1]")
    assert echo.process.wait(10) == 0


def test_a_call_that_outlives_the_grace_is_answered_503_and_the_server_still_ends_with_0(
    start_echo: Callable[..., Server],
):
    server = start_echo(SEATRIAL_TIME_SCALE="0.02").ready()  # a grace of 25 s becomes 0.5 s
    caller, answers = busy(server, b'{"stick": 0.9}')
    began = time.monotonic()
    assert server.stop() == 0
    assert time.monotonic() - began < 0.9
    caller.join()
    assert (answers[0].status_code, answers[0].json()["error"]["code"]) == (503, "stopping")


def test_a_stop_during_start_up_is_quick(start_cold: Callable[..., Server], model_dirs: dict[str, object]):
    server = start_cold("--model-dir", str(model_dirs["skops"]))
    assert server.ping() == 503
    began = time.monotonic()
    assert server.stop() == 0
    assert time.monotonic() - began < 5


def test_a_port_in_use_is_one_sentence_and_code_1(start_echo: Callable[..., Server]):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        server = start_echo("--host", "127.0.0.1", "--port", str(port))
        assert server.process.wait(10) == 1
    assert f"cannot listen on 127.0.0.1:{port}: Address already in use" in server.log
    assert "Traceback" not in server.log


def test_no_process_is_left_behind(start_cold: Callable[..., Server]):
    server = start_cold("--model", "echo").ready()
    group = server.process.pid
    server.stop()
    assert not members(group)


def members(group: int) -> list[str]:
    stats = (path.read_text().rpartition(")")[2].split() for path in Path("/proc").glob("[0-9]*/stat"))
    return [fields[2] for fields in stats if fields[2] == str(group)]
