"""Subjects that misuse what they are given: each ends, is said to have, and the harness stays small."""

from __future__ import annotations

import signal
import socket
from typing import TYPE_CHECKING

import psutil
import pytest
from subjects.driving import faulty, ping, ready, until

from seatrial.conformance.subject.launcher import Limits

if TYPE_CHECKING:
    from collections.abc import Callable

    from seatrial.conformance.subject.image import ImageLauncher

    Launchers = Callable[..., ImageLauncher]

MEMORY = 512 * 2**20


def test_a_flood_of_400_mb_is_drained_in_bounded_memory_and_loses_nothing(launcher: Launchers, faults: str):
    before = psutil.Process().memory_info().rss
    instance = launcher(faults).launch(faulty("log-flood"))
    until(lambda: instance.logs.total_lines == 2_000_002, patience=180)  # on a busy machine the engine takes its time
    assert psutil.Process().memory_info().rss - before < 80 * 2**20
    assert [line.text for line in instance.logs.lines[-2:]] == ["flood over", "listening on 0.0.0.0"]
    assert ping(ready(instance)) == 200


def test_a_log_without_end_is_ended_and_said(launcher: Launchers, faults: str):
    instance = launcher(faults, Limits(memory_bytes=MEMORY, log_bytes=2**20)).launch(faulty("endless-log"))
    state = instance.wait_exit(60)
    assert (state.running, state.exit_code) == (False, 137)
    assert state.stopped_for.endswith("of log, more than 32 MiB")


def test_a_full_disk_is_ended_and_said(launcher: Launchers, faults: str):
    instance = launcher(faults, Limits(memory_bytes=MEMORY, disk_bytes=64 * 2**20)).launch(faulty("fill-disk"))
    state = instance.wait_exit(60)
    assert (state.running, state.exit_code) == (False, 137)
    assert state.stopped_for.endswith("to disk, more than 64 MiB")


def test_a_fork_bomb_meets_its_limit_and_goes_with_its_container(launcher: Launchers, faults: str):
    instance = launcher(faults, Limits(memory_bytes=MEMORY, pids=64)).launch(faulty("fork-bomb"))
    until(lambda: len(instance.processes()) > 50, patience=90)  # the bomb's own children fight it for the processor
    assert len(instance.processes()) <= 64
    instance.stop()
    assert instance.state().exit_code == 137


def test_too_much_memory_is_the_kernels_to_end(launcher: Launchers, faults: str):
    instance = launcher(faults, Limits(memory_bytes=64 * 2**20)).launch(faulty("oom"))
    state = instance.wait_exit(60)
    assert (state.exit_code, state.oom_killed) == (137, True)


def test_one_that_ignores_sigterm_is_ended_by_stop(launcher: Launchers, faults: str):
    instance = ready(launcher(faults).launch(faulty("ignore-term")))
    instance.signal(signal.SIGTERM)
    assert instance.wait_exit(1.0).running
    instance.stop()
    assert instance.state().exit_code == 137


def test_a_shell_as_pid_1_keeps_sigterm_to_itself(launcher: Launchers, static: Callable[[str], str]):
    instance = ready(launcher(static("shell-pid-1")).launch(faulty("")))
    instance.signal(signal.SIGTERM)
    assert instance.wait_exit(1.0).running
    assert ping(instance) == 200


def test_a_supervisor_that_restarts_for_ever_runs_and_never_answers(launcher: Launchers, faults: str):
    instance = launcher(faults).launch(faulty("exit-loop"))
    until(lambda: instance.logs.total_lines >= 4)
    assert instance.state().running
    assert ping(instance) == 0


@pytest.mark.parametrize(
    ("fault", "host", "port"),
    [("loopback", "127.0.0.1", 8080), ("ipv6-only", "::", 8080), ("wrong-port", "0.0.0.0", 8000)],
)
def test_a_wrong_bind_refuses_and_shows_in_the_socket_table(
    launcher: Launchers, faults: str, fault: str, host: str, port: int
):
    instance = launcher(faults).launch(faulty(fault))
    until(lambda: bool(instance.listeners()))
    assert [(each.host, each.port, each.pid) for each in instance.listeners()] == [(host, port, 1)]
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection((instance.address.host, instance.address.port), timeout=5)


def test_a_connection_that_goes_nowhere_is_seen_as_outgoing(launcher: Launchers, static: Callable[[str], str]):
    instance = ready(launcher(static("serve-script")).launch(faulty("dials-out")))
    assert instance.outgoing() == ("192.0.2.1:81",)
