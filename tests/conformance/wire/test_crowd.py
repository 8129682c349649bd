"""Many connections at once: accept times are real, and a crowd that stands is released in the end."""

from __future__ import annotations

import socket
import threading
import time
from typing import TYPE_CHECKING

import pytest

from seatrial.conformance.subject.launcher import Address
from seatrial.conformance.wire.crowd import connect_storm, hold
from seatrial.conformance.wire.exchange import Trouble

if TYPE_CHECKING:
    from collections.abc import Callable

    Serve = Callable[[Callable[[socket.socket, threading.Event], None]], Address]


def waiting(_: socket.socket, stop: threading.Event) -> None:
    stop.wait(60)


def test_a_server_that_accepts_takes_two_hundred_at_once(serve: Serve):
    times = connect_storm(serve(waiting), 200, timeout=5)
    assert len(times) == 200
    assert all(time.trouble is None and not time.reset for time in times)
    assert max(time.seconds for time in times) < 2


def test_a_full_backlog_shows_as_timeouts_within_their_time():
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen(5)
        begun = time.monotonic()
        times = connect_storm(Address("127.0.0.1", listening.getsockname()[1]), 20, timeout=0.4)
        spent = time.monotonic() - begun
    troubles = [time.trouble for time in times]
    assert troubles[:6] == [None] * 6
    assert set(troubles[6:]) == {Trouble.CONNECT_TIMEOUT}
    assert 0.4 <= spent < 1.4


def test_a_closed_port_refuses_every_one():
    with socket.create_server(("127.0.0.1", 0)) as free:
        address = Address("127.0.0.1", free.getsockname()[1])
    times = connect_storm(address, 5, timeout=1)
    assert {(time.trouble, time.seconds) for time in times} == {(Trouble.REFUSED, None)}


def test_a_reset_right_after_the_accept_is_seen(serve: Serve, rst: Callable[[socket.socket], None]):
    with hold(serve(lambda connection, _: rst(connection)), 5) as crowd:
        deadline = time.monotonic() + 5
        while crowd.closed() < 5 and time.monotonic() < deadline:
            pass
        assert crowd.closed() == 5


def test_a_held_crowd_stands_until_it_is_let_go(serve: Serve):
    seen: list[bytes] = []
    arrived, gone = threading.Semaphore(0), threading.Semaphore(0)

    def handle(connection: socket.socket, _: threading.Event) -> None:
        seen.append(connection.recv(100))
        arrived.release()
        connection.recv(1)
        gone.release()

    with hold(serve(handle), 50, sends=b"POST / HTTP/1.1\r\nHost:") as crowd:
        assert all(arrived.acquire(timeout=5) for _ in range(50))
        assert (crowd.count, crowd.closed()) == (50, 0)
        assert not gone.acquire(blocking=False)
    assert all(gone.acquire(timeout=5) for _ in range(50))
    assert set(seen) == {b"POST / HTTP/1.1\r\nHost:"}


def test_a_machine_without_sockets_is_not_the_subject_s_fault(serve: Serve):
    import resource  # noqa: PLC0415  # the limit of this process is changed for a moment

    address = serve(waiting)
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    with socket.socket() as probe:
        resource.setrlimit(resource.RLIMIT_NOFILE, (probe.fileno() + 20, hard))
    try:
        with pytest.raises(OSError, match="Too many open files"):
            connect_storm(address, 100, timeout=1)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
