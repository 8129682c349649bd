"""The hostile subjects are as hostile as they say: what they send, seen on a plain socket."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING

import pytest
from subjects import COMMAND, FAULTS
from subjects.driving import faulty, until

from seatrial.conformance.subject.launcher import Limits, Offer
from seatrial.conformance.subject.process import ProcessLauncher

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from seatrial.conformance.subject.lock import Run

MEGABYTE = 2**20


@pytest.fixture
def dial(run: Run) -> Iterator[Callable[[str], socket.socket]]:
    """Starts a subject with a fault and sends it a request."""
    launcher = ProcessLauncher(COMMAND, Limits(), Offer(), run)

    def send(fault: str) -> socket.socket:
        assert fault in FAULTS
        instance = launcher.launch(faulty(fault))
        until(lambda: instance.logs.total_lines > 0)
        connection = socket.create_connection((instance.address.host, instance.address.port), timeout=10)
        connection.sendall(b"GET /ping HTTP/1.1\r\nHost: x\r\n\r\n")
        return connection

    yield send
    launcher.close()


def read(connection: socket.socket, wanted: int) -> bytes:
    data = b""
    while len(data) < wanted and (more := connection.recv(MEGABYTE)):
        data += more
    return data


def test_the_good_one_answers(dial: Callable[[str], socket.socket]):
    assert read(dial(""), 15).startswith(b"HTTP/1.1 200 OK")


def test_garbage_is_no_http(dial: Callable[[str], socket.socket]):
    assert read(dial("garbage"), 4096) == bytes(range(256)) * 16


def test_a_huge_body_is_announced_and_comes(dial: Callable[[str], socket.socket]):
    data = read(dial("huge-body"), 8 * MEGABYTE)
    assert b"Content-Length: 10737418240" in data
    assert len(data) >= 8 * MEGABYTE


def test_headers_go_on_and_on(dial: Callable[[str], socket.socket]):
    assert b"X-Header-99999: value\r\n" in read(dial("million-headers"), 4 * MEGABYTE)


@pytest.mark.parametrize(
    ("fault", "first"), [("one-byte", b"H"), ("never-closes", b"HTTP/1.1 200 OK"), ("silent", b"")]
)
def test_slow_ones_keep_the_caller_waiting(dial: Callable[[str], socket.socket], fault: str, first: bytes):
    connection = dial(fault)
    assert read(connection, len(first)).startswith(first)
    connection.settimeout(0.3)
    with pytest.raises(TimeoutError):
        list(iter(lambda: connection.recv(MEGABYTE), b""))  # what is on its way, then nothing
