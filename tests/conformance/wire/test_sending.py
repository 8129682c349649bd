"""What a scenario asks to be sent is what a correct server receives, however it is framed and cut."""

from __future__ import annotations

import hashlib
import json
import threading
import time
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seatrial.conformance.wire.exchange import Trouble
from seatrial.conformance.wire.rawhttp import Client, Pause, RawRequest
from seatrial.conformance.wire.redact import Redactor

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable

    from seatrial.conformance.subject.launcher import Address
    from seatrial.conformance.wire.exchange import Exchange

    Dial = Callable[..., Client]

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"

headers = st.tuples(
    st.from_regex(r"X-[A-Za-z0-9!#$%&'*+.^_`|~-]{1,20}", fullmatch=True),
    st.text(
        st.characters(min_codepoint=0x21, max_codepoint=0xFF, exclude_categories=["Cc"], exclude_characters="\xa0\x85")
    ),
)
requests = st.builds(
    RawRequest,
    method=st.sampled_from(["POST", "PUT", "pOsT"]),
    target=st.from_regex(r"/[A-Za-z0-9/?=&%]{0,30}", fullmatch=True),
    headers=st.lists(headers, max_size=6).map(tuple),
    body=st.binary(max_size=300) | st.builds(bytes.__mul__, st.binary(min_size=1, max_size=9), st.integers(300, 9000)),
    framing=st.sampled_from(["length", "chunked"]),
    chunks=st.lists(st.integers(1, 5000), min_size=1, max_size=5).map(tuple),
    pauses=st.lists(
        st.builds(Pause, st.integers(0, 4000), st.just(0.001), st.sampled_from(["head", "body"])), max_size=4
    ).map(tuple),
    expect_continue=st.booleans(),
)


@pytest.fixture(scope="module")
def client(correct: Address) -> Client:
    return Client(correct, origin=time.monotonic(), mask=_Nothing())


class _Nothing(Redactor):
    """Random bodies may look like secrets; what is compared here is what was sent."""

    def mask_text(self, text: str) -> str:
        return text

    def _value(self, _: str, value: str) -> str:
        return value


def received(exchange: Exchange) -> dict[str, Any]:
    assert exchange.ok, exchange
    assert exchange.answer is not None
    assert not exchange.answer.body.cut
    return json.loads(exchange.answer.body.head)


@given(requests)
@settings(max_examples=100, deadline=None, database=None)
def test_what_is_sent_is_what_a_correct_server_receives(client: Client, request: RawRequest):
    exchange = client.send(request, timeout=20)
    seen = received(exchange)
    assert (seen["method"], seen["target"], seen["version"]) == (request.method, request.target, "1.1")
    assert (seen["length"], seen["sha256"]) == (len(request.body), hashlib.sha256(request.body).hexdigest())
    assert [tuple(pair) for pair in seen["headers"]] == list(exchange.request.headers)
    assert (exchange.request.body.length, exchange.request.body.sha256) == (seen["length"], seen["sha256"])


@given(st.lists(requests, min_size=2, max_size=4))
@settings(max_examples=30, deadline=None, database=None)
def test_several_requests_on_one_connection_arrive_one_by_one(client: Client, several: list[RawRequest]):
    with client.connect() as connection:
        for request in several:
            seen = received(connection.exchange(request, timeout=20))
            assert (seen["target"], seen["sha256"]) == (request.target, hashlib.sha256(request.body).hexdigest())


def test_25_megabytes_arrive_whole(client: Client):
    body = b"0123456789abcdef" * (25_000_000 // 16)
    for framing in ("length", "chunked"):
        exchange = client.send(RawRequest("POST", "/invocations", body=body, framing=framing), timeout=20)
        assert received(exchange)["sha256"] == hashlib.sha256(body).hexdigest()
        assert exchange.done < 5


@pytest.mark.parametrize("part", ["head", "body"])
def test_a_pause_holds_the_rest_back(dial: Dial, part: str):
    arrivals: list[tuple[float, bytes]] = []

    def handle(connection: socket.socket, _: threading.Event) -> None:
        seen = b""
        while not seen.endswith(b"0123456789"):
            seen += (data := connection.recv(65536))
            arrivals.append((time.monotonic(), data))
        connection.sendall(OK)

    request = RawRequest("POST", "/x", body=b"0123456789", pauses=(Pause(4, 0.15, part),))
    assert dial(handle).send(request, timeout=2).ok
    (first, before), (second, _), *_ = arrivals
    assert second - first >= 0.14
    assert before.endswith(b"POST" if part == "head" else b"0123")


def test_the_body_waits_for_100_continue(dial: Dial, head_of: Callable[[socket.socket], bytes]):
    seen: list[bytes] = []

    def handle(connection: socket.socket, _: threading.Event) -> None:
        seen.append(head_of(connection))
        connection.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
        seen.append(connection.recv(65536))
        connection.sendall(OK)

    exchange = dial(handle).send(RawRequest("POST", "/x", body=b"body", expect_continue=True), timeout=2)
    assert seen[0].endswith(b"Expect: 100-continue\r\nContent-Length: 4\r\n\r\n")
    assert seen[1] == b"body"
    (status, at), *_ = exchange.interim
    assert status == 100
    assert at <= exchange.sent
    assert exchange.status == 200


def test_without_100_continue_the_body_is_sent_after_the_wait(dial: Dial, head_of: Callable[[socket.socket], bytes]):
    def handle(connection: socket.socket, _: threading.Event) -> None:
        head_of(connection)
        assert connection.recv(65536) == b"body"
        connection.sendall(OK)

    request = RawRequest("POST", "/x", body=b"body", expect_continue=True, expect_wait=0.2)
    exchange = dial(handle).send(request, timeout=2)
    assert (exchange.status, exchange.interim) == (200, ())
    assert exchange.sent >= 0.2


def test_a_final_answer_instead_of_100_keeps_the_body_back(dial: Dial):
    exchange = dial(b"HTTP/1.1 417 No\r\nContent-Length: 0\r\n\r\n").send(
        RawRequest("POST", "/x", body=b"body", expect_continue=True, expect_wait=30), timeout=2
    )
    assert (exchange.status, exchange.trouble, exchange.request.body.length, exchange.sent) == (417, None, 0, None)
    assert "0 of 4 bytes" in exchange.detail


@pytest.mark.parametrize(("how", "error"), [("close", None), ("reset", ConnectionResetError)])
def test_a_request_can_be_broken_off(
    dial: Dial, head_of: Callable[[socket.socket], bytes], how: str, error: type[Exception] | None
):
    ends: list[object] = []
    done = threading.Event()

    def handle(connection: socket.socket, _: threading.Event) -> None:
        body = head_of(connection).split(b"\r\n\r\n")[1]
        try:
            while data := connection.recv(65536):
                body += data
            ends.append(body)
        except OSError as problem:
            ends.append(type(problem))
        done.set()

    request = RawRequest("POST", "/x", body=b"0123456789", abort_after=3, abort_how=how)
    exchange = dial(handle).send(request, timeout=2)
    assert done.wait(5)
    assert ends == [error or b"012"]
    assert (exchange.trouble, exchange.request.body.length, exchange.answer) == (Trouble.ABORTED, 3, None)


def test_breaking_off_can_wait_and_then_an_answer_counts(dial: Dial, client: Client):
    whole = RawRequest("POST", "/x", body=b"0123", abort_after=4, abort_wait=5)
    assert client.send(whole, timeout=10).ok

    def silent(connection: socket.socket, stop: threading.Event) -> None:
        connection.recv(65536)
        stop.wait(60)

    exchange = dial(silent).send(RawRequest("POST", "/x", body=b"0123", abort_after=4, abort_wait=0.2), timeout=10)
    assert exchange.trouble is Trouble.ABORTED
    assert 0.2 <= exchange.done < 1.2


def test_the_writing_side_can_be_shut_down(dial: Dial):
    def handle(connection: socket.socket, _: threading.Event) -> None:
        seen = b""
        while data := connection.recv(65536):
            seen += data
        connection.sendall(OK)

    assert dial(handle).send(RawRequest(half_close=True), timeout=2).ok


def test_headers_may_lie(dial: Dial, head_of: Callable[[socket.socket], bytes]):
    heads: list[bytes] = []

    def handle(connection: socket.socket, _: threading.Event) -> None:
        heads.append(head_of(connection))
        connection.sendall(OK)

    client = dial(handle)
    client.send(RawRequest("POST", "/a b", (("content-LENGTH", "2"),), b"body"), timeout=2)
    client.send(RawRequest("POST", "/", body=b"body", framing="none"), timeout=2)
    client.send(RawRequest("GET", "/", (("X-Naïve", "日本"),)), timeout=2)
    assert heads[0].startswith(b"POST /a b HTTP/1.1\r\n")
    assert heads[0].endswith(b"content-LENGTH: 2\r\n\r\nbody")
    assert heads[1].endswith(b"AHC/2.0\r\n\r\nbody")
    assert "X-Naïve: 日本".encode() in heads[2]


@pytest.mark.parametrize("chunks", [(), (0,), (4, -1)])
def test_chunk_sizes_that_make_no_sense_are_refused(chunks: tuple[int, ...]):
    with pytest.raises(ValueError, match="give at least one, each 1 byte or more"):
        RawRequest(chunks=chunks)
