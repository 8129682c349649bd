"""The warm fork server: children in a fraction of a cold start, each on its own, none left behind."""

import os
import signal
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from support.serving import PATIENCE, Server, until

from seatrial.reference_server.forkclient import ForkServer


def seconds_to_ready(start: Callable[[], Server]) -> float:
    began = time.monotonic()
    start().ready()
    return time.monotonic() - began


@pytest.mark.measuring
def test_a_fork_is_ready_in_a_fraction_of_a_cold_start(
    start_echo: Callable[..., Server], start_cold: Callable[..., Server]
):
    cold = seconds_to_ready(lambda: start_cold("--model", "echo"))
    warm = sorted(seconds_to_ready(start_echo) for _ in range(5))[2]
    assert warm < cold / 3, f"warm {warm:.3f} s, cold {cold:.3f} s"


def test_exit_codes_and_signals_are_reported(start_echo: Callable[..., Server]):
    assert start_echo("--port", "x").process.wait(PATIENCE) == 2
    server = start_echo().ready()
    server.process.send_signal(signal.SIGKILL)
    assert server.process.wait(PATIENCE) == -signal.SIGKILL


def test_each_child_has_its_own_session_environment_and_scale(start_echo: Callable[..., Server]):
    first, second = start_echo().ready(), start_echo(SEATRIAL_TIME_SCALE="0.01", SEATRIAL_CALL_TIMEOUT="20").ready()
    assert os.getsid(first.process.pid) == first.process.pid
    assert first.invoke(b'{"sleep": 0.5}').status_code == 200
    assert second.invoke(b'{"sleep": 0.5}').status_code == 504


def test_a_pipe_takes_the_output(fork_server: ForkServer):
    read, write = os.pipe()
    child = fork_server.start(["serve", "--port", "x"], env={}, output=write)
    os.close(write)
    with os.fdopen(read) as pipe:
        assert "--port is 'x'" in pipe.read()
    assert child.wait(PATIENCE) == 2


def test_an_output_that_cannot_be_opened_is_refused(fork_server: ForkServer):
    with pytest.raises(RuntimeError, match="No such file or directory"):
        fork_server.start(["serve"], env={}, output=Path("/nowhere/log"))


def test_closing_it_leaves_no_child(tmp_path: Path):
    with ForkServer() as own:
        child = own.start(["serve", "--model", "echo", "--port", "0"], env={}, output=tmp_path / "log")
    until(lambda: not Path(f"/proc/{child.pid}").exists(), "the end of the child")
