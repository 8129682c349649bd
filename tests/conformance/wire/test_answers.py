"""What an ordinary peer answers is recorded as it came, with its times."""

from __future__ import annotations

import hashlib
import itertools
import time
from typing import TYPE_CHECKING

import pytest

from seatrial.conformance.wire.exchange import Trouble
from seatrial.conformance.wire.rawhttp import Client, End, RawRequest
from seatrial.conformance.wire.redact import Redactor

if TYPE_CHECKING:
    import socket
    import threading
    from collections.abc import Callable

    from seatrial.conformance.subject.launcher import Address

    Dial = Callable[..., Client]


OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


def test_an_answer_is_kept_with_its_own_spelling_and_order(dial: Dial):
    client = dial(
        b'HTTP/1.1 201 Made\r\nX-oDD: 1\r\ncontent-TYPE: application/json\r\nContent-Length: 9\r\n\r\n{"a": [1]'
    )
    exchange = client.get()
    assert exchange.status == 201
    assert exchange.answer.headers == (("X-oDD", "1"), ("content-TYPE", "application/json"), ("Content-Length", "9"))
    assert exchange.answer.body.head == b'{"a": [1]'
    assert exchange.answer.body.json is False
    assert exchange.trouble is None


def test_the_platform_s_host_and_agent_are_sent_first(dial: Dial, head_of: Callable[[socket.socket], bytes]):
    heads = []

    def handle(connection: socket.socket, _: threading.Event) -> None:
        heads.append(head_of(connection))
        connection.sendall(OK)

    dial(handle).get("/ping", headers=(("x-LAST", "1"),))
    expected = b"GET /ping HTTP/1.1\r\nHost: model.aws.local:8080\r\nUser-Agent: AHC/2.0\r\nx-LAST: 1\r\n\r\n"
    assert heads == [expected]


def test_defaults_can_be_replaced_and_left_out(dial: Dial, head_of: Callable[[socket.socket], bytes]):
    heads = []

    def handle(connection: socket.socket, _: threading.Event) -> None:
        heads.append(head_of(connection))
        connection.sendall(OK)

    client = dial(handle)
    client.send(RawRequest(version="1.0", without=("host", "User-Agent")), timeout=2)
    client.send(RawRequest(headers=(("user-agent", "me"), ("HOST", "there"))), timeout=2)
    assert heads == [b"GET /ping HTTP/1.0\r\n\r\n", b"GET /ping HTTP/1.1\r\nuser-agent: me\r\nHOST: there\r\n\r\n"]


def test_the_path_of_the_address_goes_before_the_target(correct: Address):
    client = Client(type(correct)(correct.host, correct.port, path="/model/7"), origin=0, mask=Redactor())
    exchange = client.get("/ping")
    assert b'"target": "/model/7/ping"' in exchange.answer.body.head
    assert exchange.request.target == "/model/7/ping"


def test_chunked_framing_is_removed_and_noted(dial: Dial):
    exchange = dial(
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\n[1,\r\n2;x=y\r\n2]\r\n0\r\nT: 1\r\n\r\n"
    ).get()
    assert exchange.answer.body.head == b"[1,2]"
    assert exchange.answer.body.json is True
    assert exchange.answer.chunked
    assert exchange.answer.complete


def test_a_body_without_length_ends_with_the_connection(dial: Dial):
    exchange = dial(b"HTTP/1.0 200 OK\r\n\r\nall of it").get()
    assert exchange.answer.version == "1.0"
    assert exchange.answer.body.head == b"all of it"
    assert (exchange.trouble, exchange.closed) == (None, True)


@pytest.mark.parametrize(
    ("method", "answer"),
    [
        ("HEAD", b"HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n"),
        ("GET", b"HTTP/1.1 204 No Content\r\n\r\n"),
        ("GET", b"HTTP/1.1 304 Not Modified\r\nContent-Length: 10\r\n\r\n"),
    ],
)
def test_answers_that_have_no_body_end_with_their_headers(dial: Dial, method: str, answer: bytes):
    def handle(connection: socket.socket, stop: threading.Event) -> None:
        connection.recv(65536)
        connection.sendall(answer)
        stop.wait(10)

    exchange = dial(handle).send(RawRequest(method), timeout=2)
    assert (exchange.trouble, exchange.answer.body.length, exchange.answer.complete) == (None, 0, True)


def test_a_large_body_is_counted_and_hashed_but_not_kept(dial: Dial):
    body = bytes(range(256)) * 20_000
    exchange = dial(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body) + body).get()
    kept = exchange.answer.body
    assert (kept.length, kept.sha256) == (len(body), hashlib.sha256(body).hexdigest())
    assert (kept.head, kept.cut, kept.json) == (body[:4096], True, False)


def test_as_much_of_a_body_is_kept_as_is_asked_for(dial: Dial):
    body = bytes(range(256)) * 40
    client = dial(b"HTTP/1.1 200 OK\r\nContent-Length: 10240\r\n\r\n" + body)
    kept = [client.keeping(size).get().answer.body for size in (10_240, 5_000)]
    assert [(one.head, one.cut) for one in kept] == [(body, False), (body[:5_000], True)]
    assert len(client.get().answer.body.head) == 4096


def test_interim_answers_are_recorded_and_skipped(dial: Dial):
    exchange = dial(b"HTTP/1.1 102 Wait\r\n\r\nHTTP/1.1 103 Hints\r\nLink: x\r\n\r\n" + OK).get()
    assert exchange.status == 200
    assert [status for status, _ in exchange.interim] == [102, 103]


def test_one_connection_carries_many_exchanges_in_well_under_a_second(correct: Address):
    client = Client(correct, origin=time.monotonic(), mask=Redactor())
    begun = time.monotonic()
    with client.connect() as connection:
        exchanges = [connection.exchange(RawRequest(), timeout=2) for _ in range(200)]
    assert time.monotonic() - begun < 1
    assert all(exchange.ok for exchange in exchanges)
    assert [exchange.reused for exchange in exchanges] == [False] + [True] * 199
    assert connection.exchanges == 200


def test_times_count_from_the_launch_and_follow_each_other(correct: Address):
    origin = time.monotonic() - 100
    client = Client(correct, origin=origin, mask=Redactor())
    exchanges = [client.post("/invocations", b"x" * 100_000) for _ in range(3)]
    for exchange in exchanges:
        steps = [0, exchange.connected, exchange.sent, exchange.first_byte, exchange.done]
        assert steps == sorted(steps)
    assert all(b.started >= a.started + a.done for a, b in itertools.pairwise(exchanges))
    assert exchanges[0].started >= 100


def test_a_connection_knows_whether_and_how_the_peer_closed_it(
    dial: Dial, rst: Callable[[socket.socket], None], head_of: Callable[[socket.socket], bytes]
):
    def fin(connection: socket.socket, _: threading.Event) -> None:
        head_of(connection)
        connection.sendall(OK)

    def hard(connection: socket.socket, _: threading.Event) -> None:
        head_of(connection)
        connection.sendall(OK)
        connection.recv(1)
        rst(connection)

    with dial(fin).connect() as connection:
        assert connection.exchange(RawRequest(), timeout=2).ok
        assert connection.idle_closed(2) is End.FIN
        late = connection.exchange(RawRequest(), timeout=2)
        assert late.trouble in {Trouble.NO_ANSWER, Trouble.RESET, Trouble.SEND_FAILED}
    with dial(hard).connect() as connection:
        assert connection.exchange(RawRequest(), timeout=2).ok
        assert connection.idle_closed() is End.OPEN
        connection.write(b"x")
        assert connection.idle_closed(2) is End.RST
        assert connection.exchange(RawRequest(), timeout=2).trouble is Trouble.RESET


def test_an_announced_close_is_seen(dial: Dial):
    exchange = dial(b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok").get()
    assert (exchange.ok, exchange.closed) == (True, True)


def test_a_request_can_be_written_by_hand(correct: Address):
    with Client(correct, origin=0, mask=Redactor()).connect() as connection:
        assert connection.write(b"GET /a HTTP/1.1\r\nHost: x\r\n") == 26
        assert connection.write(b"\r\nGET /b HTTP/1.1\r\nHost: x\r\n\r\n") == 30
        first = connection.read_answer(timeout=2)
        second = connection.read_answer(timeout=2)
    assert b'"target": "/a"' in first.answer.body.head
    assert b'"target": "/b"' in second.answer.body.head


def test_another_source_address_can_be_used(dial: Dial):
    sources = []

    def handle(connection: socket.socket, _: threading.Event) -> None:
        sources.append(connection.getpeername()[0])

    with dial(handle).connect(source="127.0.0.9") as connection:
        assert connection.idle_closed(2) is End.FIN
    assert sources == ["127.0.0.9"]


def test_secrets_are_masked_in_everything_that_is_kept(dial: Dial):
    secret = "correct-horse-battery"  # noqa: S105  # it is what must not be seen again
    answer = f"HTTP/1.1 200 OK\r\nX-Echo: {secret}\r\n\r\n{'x' * 4090}{secret}".encode()
    client = dial(answer, mask=Redactor([secret]))
    exchange = client.post(f"/{secret}", secret.encode(), headers=(("Authorization", "Basic abc"), ("X-A", secret)))
    assert secret not in repr(exchange)
    assert "Basic" not in repr(exchange)
    assert "correct" not in repr(exchange)
