"""Whatever a peer does, the exchange ends inside its deadline, with a name for what happened, in bounded memory."""

from __future__ import annotations

import itertools
import socket
import time
import tracemalloc
from typing import TYPE_CHECKING

import pytest

from seatrial.conformance.subject.launcher import Address
from seatrial.conformance.wire.exchange import Trouble
from seatrial.conformance.wire.rawhttp import Client, RawRequest, WireLimits
from seatrial.conformance.wire.redact import Redactor

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable

    Handler = Callable[[socket.socket, threading.Event], None]
    Dial = Callable[..., Client]


def drip(data: bytes, seconds: float) -> Handler:
    """One byte at a time."""

    def handle(connection: socket.socket, stop: threading.Event) -> None:
        connection.recv(65536)
        for index in itertools.count():
            connection.sendall(data[index : index + 1] or b"x")
            if stop.wait(seconds):
                return

    return handle


def endless(start: bytes, more: bytes) -> Handler:
    def handle(connection: socket.socket, _: threading.Event) -> None:
        connection.recv(65536)
        connection.sendall(start)
        while True:
            connection.sendall(more)

    return handle


def silent(connection: socket.socket, stop: threading.Event) -> None:
    connection.recv(65536)
    stop.wait(60)


@pytest.mark.parametrize("data", [b"HTTP/1.1 200 OK\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\n"])
def test_a_peer_that_sends_byte_by_byte_cannot_stretch_the_deadline(dial: Dial, data: bytes):
    exchange = dial(drip(data, 0.01)).get(timeout=0.8)
    assert exchange.trouble is Trouble.TIMEOUT
    assert 0.8 <= exchange.done < 1.8
    assert exchange.status == (200 if b"\r\n\r\n" in data else None)
    assert exchange.answer is None or not exchange.answer.complete


def test_a_peer_that_never_answers_is_a_timeout(dial: Dial):
    exchange = dial(silent).get(timeout=0.3)
    assert (exchange.trouble, exchange.detail, exchange.first_byte) == (Trouble.TIMEOUT, "no byte of an answer", None)
    assert 0.3 <= exchange.done < 1.3


@pytest.mark.parametrize(
    "garbage",
    [
        b"SSH-2.0-OpenSSH_9\r\n",
        b"\x15\x03\x01\x00\x02\x02",
        b"HTTP/2 200\r\n\r\n",
        b"<html>no head</html>",
        b"HTTP/1.1 OK\r\n\r\n",
    ],
)
def test_bytes_that_are_no_http_are_garbage_at_once(dial: Dial, garbage: bytes):
    def handle(connection: socket.socket, stop: threading.Event) -> None:
        connection.recv(65536)
        connection.sendall(garbage)
        stop.wait(60)

    exchange = dial(handle).get(timeout=5)
    assert exchange.trouble is Trouble.GARBAGE
    assert "began" in exchange.detail
    assert exchange.done < 2


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nok",
        b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: " + b"9" * 5000 + b"\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nbad name: 1\r\n\r\n",
        b"HTTP/1.1 101 Switching\r\nUpgrade: h2c\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nokNO\r\n",
    ],
)
def test_broken_framing_is_garbage(dial: Dial, answer: bytes):
    assert dial(answer).get().trouble is Trouble.GARBAGE


def test_a_million_headers_are_cut_and_the_status_is_kept(dial: Dial):
    exchange = dial(endless(b"HTTP/1.1 200 OK\r\n", b"X-Many: 1\r\n" * 1000)).get(timeout=5)
    assert (exchange.trouble, exchange.status) == (Trouble.TOO_LARGE, 200)
    assert len(exchange.answer.headers) <= 200
    assert exchange.answer.headers_cut
    assert exchange.done < 2


def test_one_endless_header_line_is_too_large(dial: Dial):
    exchange = dial(endless(b"HTTP/1.1 200 OK\r\nX: ", b"x" * 100_000)).get(timeout=5)
    assert exchange.trouble is Trouble.TOO_LARGE


@pytest.mark.parametrize(
    "start",
    [
        b"HTTP/1.1 200 OK\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n",
        b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n",
    ],
)
@pytest.mark.parametrize("size", [3_000, 60_000, 200_000])
def test_a_header_that_is_slow_to_parse_cannot_stretch_the_deadline(dial: Dial, start: bytes, size: int):
    exchange = dial(start + b"X:" + b" " * size + b"\0\r\n\r\n").get(timeout=2)
    assert exchange.trouble in {Trouble.GARBAGE, Trouble.TOO_LARGE}
    assert exchange.done < 1.5


def test_blanks_in_a_body_are_nobody_s_business(dial: Dial):
    exchange = dial(b"HTTP/1.1 200 OK\r\n\r\n" + b" " * 5000).get()
    assert (exchange.trouble, exchange.answer.body.length) == (None, 5000)


def test_many_header_lines_within_the_bound_are_an_answer(dial: Dial):
    exchange = dial(b"HTTP/1.1 200 OK\r\n" + b"X: 1\r\n" * 300 + b"Content-Length: 0\r\n\r\n").get()
    assert (exchange.trouble, len(exchange.answer.headers), exchange.answer.headers_cut) == (None, 200, True)


@pytest.mark.parametrize("size", [65_536, 65_537])
def test_the_bound_of_the_header_block_is_exact(dial: Dial, size: int):
    start, end = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nX: ", b"\r\n\r\n"
    exchange = dial(start + b"x" * (size - len(start) - len(end)) + end).get()
    assert exchange.trouble is (None if size == 65_536 else Trouble.TOO_LARGE)


@pytest.mark.parametrize(
    ("start", "more"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 10737418240\r\n\r\n", b"[" * 65536),
        (b"HTTP/1.1 200 OK\r\n\r\n", b"[1," * 20000),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"10000\r\n" + b"\0" * 65536 + b"\r\n"),
    ],
)
def test_an_endless_body_is_dropped_at_the_bound_in_bounded_memory(dial: Dial, start: bytes, more: bytes):
    tracemalloc.start()
    exchange = dial(endless(start, more)).get(timeout=30)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert exchange.trouble is Trouble.TOO_LARGE
    assert exchange.answer.body.length == WireLimits().body_bytes
    assert exchange.answer.body.json is None
    assert peak < 8 * 2**20


def test_endless_interim_answers_end_with_the_deadline(dial: Dial):
    exchange = dial(endless(b"", b"HTTP/1.1 100 Continue\r\n\r\n" * 100)).get(timeout=0.4)
    assert exchange.trouble is Trouble.TIMEOUT
    assert len(exchange.interim) == 16
    assert exchange.done < 1.5


def test_an_endless_chunk_extension_is_too_large(dial: Dial):
    start = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5;"
    assert dial(endless(start, b"x" * 10_000)).get(timeout=5).trouble is Trouble.TOO_LARGE


@pytest.mark.parametrize(
    ("answer", "trouble"),
    [
        (b"", Trouble.NO_ANSWER),
        (b"HTTP/1", Trouble.CLOSED_EARLY),
        (b"HTTP/1.1 200 OK\r\nX: 1\r\n", Trouble.CLOSED_EARLY),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nok", Trouble.CLOSED_EARLY),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nok", Trouble.CLOSED_EARLY),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n", Trouble.CLOSED_EARLY),
        (b"HTTP/1.1 100 Continue\r\n\r\n", Trouble.CLOSED_EARLY),
    ],
)
def test_an_orderly_close_has_a_name_at_every_stage(dial: Dial, answer: bytes, trouble: Trouble):
    exchange = dial(answer).get()
    assert exchange.trouble is trouble
    assert exchange.closed
    assert exchange.status == (200 if b"\r\n\r\n" in answer and b"200" in answer else None)


@pytest.mark.parametrize(
    ("answer", "kept"),
    [
        (b"", None),
        (b"HTTP/1.1 200 OK\r\n", None),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf", 4),
        (b"HTTP/1.1 200 OK\r\n\r\nhalf", 4),
    ],
)
def test_a_reset_has_its_name_at_every_stage(
    dial: Dial, rst: Callable[[socket.socket], None], answer: bytes, kept: int | None
):
    def handle(connection: socket.socket, _: threading.Event) -> None:
        connection.recv(65536)
        connection.sendall(answer)
        rst(connection)

    exchange = dial(handle).get()
    assert exchange.trouble is Trouble.RESET
    assert (exchange.answer and exchange.answer.body.length) == kept


def test_bytes_after_the_end_of_an_answer_are_noticed(dial: Dial):
    exchange = dial(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok, and more").get()
    assert (exchange.trouble, exchange.answer.body.head) == (None, b"ok")
    assert exchange.detail == "10 bytes came after the end of the answer: b', and more'"


def test_bytes_left_over_spoil_the_next_exchange_and_it_says_so(dial: Dial, head_of: Callable[[socket.socket], bytes]):
    def handle(connection: socket.socket, stop: threading.Event) -> None:
        head_of(connection)
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok}")
        stop.wait(60)

    with dial(handle).connect() as connection:
        assert connection.exchange(RawRequest(), timeout=2).ok
        assert connection.unasked == 1
        exchange = connection.exchange(RawRequest(), timeout=2)
        assert exchange.trouble is Trouble.GARBAGE
        assert "1 bytes came before the request" in exchange.detail
        assert connection.exchange(RawRequest(), timeout=2).trouble is Trouble.GARBAGE


def test_an_answer_that_comes_before_its_request_is_seen(dial: Dial):
    def handle(connection: socket.socket, stop: threading.Event) -> None:
        connection.sendall(b"HTTP/1.1 408 Too Slow\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
        stop.wait(60)

    with dial(handle).connect() as connection:
        connection.idle_closed(0.2)
        exchange = connection.exchange(RawRequest(), timeout=2)
    assert exchange.status == 408
    assert "came before the request" in exchange.detail


def test_a_flood_without_a_request_is_cut(dial: Dial):
    def handle(connection: socket.socket, _: threading.Event) -> None:
        while True:
            connection.sendall(b"x" * 65536)

    with dial(handle).connect() as connection:
        connection.idle_closed(5)
        assert connection.trouble is Trouble.TOO_LARGE
        assert connection.exchange(RawRequest(), timeout=2).trouble is Trouble.TOO_LARGE


BIG = b"x" * 25_000_000


@pytest.mark.parametrize("how", ["close", "reset", "stay"])
def test_an_early_413_to_25_megabytes_is_read(
    dial: Dial, head_of: Callable[[socket.socket], bytes], rst: Callable[[socket.socket], None], how: str
):
    def handle(connection: socket.socket, stop: threading.Event) -> None:
        head_of(connection)
        connection.sendall(b"HTTP/1.1 413 Too Large\r\nContent-Length: 3\r\nConnection: close\r\n\r\nno!")
        if how == "reset":
            rst(connection)
        elif how == "stay":
            stop.wait(60)

    for _ in range(10):
        exchange = dial(handle).post("/invocations", BIG, timeout=5)
        assert (exchange.status, exchange.answer.body.head, exchange.trouble) == (413, b"no!", None)
        assert exchange.request.body.length < len(BIG)
        assert exchange.sent is None
        assert exchange.detail
        assert exchange.done < 2


def test_a_broken_pipe_without_an_answer_is_send_failed(
    dial: Dial, head_of: Callable[[socket.socket], bytes], rst: Callable[[socket.socket], None]
):
    def handle(connection: socket.socket, _: threading.Event) -> None:
        head_of(connection)
        rst(connection)

    exchange = dial(handle).post("/invocations", BIG, timeout=5)
    assert exchange.trouble is Trouble.SEND_FAILED
    assert exchange.answer is None


def test_a_peer_that_never_reads_is_a_timeout(dial: Dial):
    def handle(_: socket.socket, stop: threading.Event) -> None:
        stop.wait(60)

    exchange = dial(handle).post("/invocations", BIG, timeout=0.5)
    assert exchange.trouble is Trouble.TIMEOUT
    assert "not fully sent" in exchange.detail
    assert 0.5 <= exchange.done < 1.5


def test_an_early_answer_on_a_kept_connection_still_gets_its_whole_request(
    dial: Dial, head_of: Callable[[socket.socket], bytes]
):
    def handle(connection: socket.socket, _: threading.Event) -> None:
        for _ in range(2):
            left = 25_000_000 - len(head_of(connection).split(b"\r\n\r\n", 1)[1])
            connection.sendall(b"HTTP/1.1 400 Bad\r\nContent-Length: 0\r\n\r\n")
            while left > 0:
                left -= len(connection.recv(min(left, 65536)))

    request = RawRequest("POST", "/invocations", body=BIG)
    with dial(handle).connect() as connection:
        for _ in range(2):
            exchange = connection.exchange(request, timeout=10)
            assert (exchange.status, exchange.request.body.length, exchange.trouble) == (400, len(BIG), None)


def test_a_refused_connect_is_refused_and_a_strange_host_unreachable():
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    refused = Client(Address("127.0.0.1", port), origin=0, mask=Redactor()).get()
    unknown = Client(Address("no-such-host.invalid", 80), origin=0, mask=Redactor()).get(timeout=5)
    assert (refused.trouble, refused.connected) == (Trouble.REFUSED, None)
    assert unknown.trouble is Trouble.UNREACHABLE


def test_a_full_backlog_is_a_connect_timeout():
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen(0)
        address = Address("127.0.0.1", listening.getsockname()[1])
        client = Client(address, origin=time.monotonic(), mask=Redactor())
        crowd = [client.connect(0.3) for _ in range(4)]
        exchange = client.get(timeout=0.3)
        for connection in crowd:
            connection.close()
    assert exchange.trouble is Trouble.CONNECT_TIMEOUT
    assert 0.3 <= exchange.done < 1.3


def test_the_bounds_are_the_caller_s_to_set(dial: Dial):
    exchange = dial(b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * 11, limits=WireLimits(body_bytes=10)).get()
    assert (exchange.trouble, exchange.answer.body.length) == (Trouble.TOO_LARGE, 10)
