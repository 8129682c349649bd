"""A stream is recorded as the peer sent it: which chunks, when, and how it ended, however it is read."""

from __future__ import annotations

import itertools
import socket
import time
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seatrial.conformance.subject.launcher import Address
from seatrial.conformance.wire.answer import WireLimits
from seatrial.conformance.wire.exchange import Trouble
from seatrial.conformance.wire.live import StreamReader
from seatrial.conformance.wire.rawhttp import Client, RawRequest
from seatrial.conformance.wire.redact import Redactor
from seatrial.conformance.wire.streamed import KEPT_TAIL, KEPT_TEXT, MOST_PIECES

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable

    Dial = Callable[..., Client]

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream; charset=utf-8\r\nTransfer-Encoding: chunked\r\n\r\n"
END = b"0\r\n\r\n"
REQUEST = RawRequest("POST", "/invocations", body=b'{"stream": true}')


def chunk(data: bytes) -> bytes:
    return b"%x\r\n%s\r\n" % (len(data), data)


def sender(*parts: bytes, every: float = 0.0, received: list[bytes] | None = None) -> Callable[..., None]:
    """A peer that reads a request and sends parts of an answer with pauses between them."""

    def handle(connection: socket.socket, stop: threading.Event) -> None:
        seen = b""
        while not seen.endswith(REQUEST.body):
            seen += connection.recv(65536)
        for part in parts:
            connection.sendall(part)
            stop.wait(every)
        if received is not None:
            received.append(connection.recv(1))

    return handle


def test_each_chunk_is_a_piece_with_the_time_at_which_it_came(dial: Dial):
    client = dial(sender(HEAD, chunk(b"data: a\n\n"), chunk(b"data: bc\n\n"), END, every=0.05))
    seen = client.stream(REQUEST, timeout=5)
    assert (seen.ok, seen.chunked, seen.media_type, seen.text) == (True, True, "text/event-stream", seen.tail)
    assert [piece.size for piece in seen.pieces] == [9, 10]
    assert seen.head_at < seen.pieces[0].at < seen.pieces[1].at < seen.exchange.done
    assert seen.pieces[1].at - seen.pieces[0].at == pytest.approx(0.05, abs=0.04)


@given(
    st.lists(st.binary(min_size=1, max_size=9000), min_size=1, max_size=12),
    st.lists(st.integers(0, 40_000), max_size=9),
)
@settings(max_examples=60, deadline=None)
def test_chunks_are_told_apart_however_the_bytes_arrive(chunks: list[bytes], cuts: list[int]):
    wire = HEAD + b"".join(map(chunk, chunks)) + END
    reader = StreamReader("POST", Redactor(), WireLimits())
    edges = sorted({0, len(wire), *(cut for cut in cuts if cut < len(wire))})
    for at, (start, end) in enumerate(itertools.pairwise(edges)):
        reader.feed(wire[start:end], float(at))
    assert [size for _, size in reader.pieces] == list(map(len, chunks))
    assert (reader.count, reader.finished, reader.trouble) == (len(chunks), True, None)
    assert bytes(reader.text) == b"".join(chunks)[:KEPT_TEXT]


def test_what_is_not_chunked_is_recorded_by_reads(dial: Dial):
    head = b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\n"
    seen = dial(sender(head, b"abc", b"def", every=0.05)).stream(REQUEST, timeout=5)
    assert (seen.ok, seen.chunked, [piece.size for piece in seen.pieces]) == (True, False, [3, 3])


def test_a_stream_without_its_terminal_chunk_is_not_ok(dial: Dial):
    seen = dial(sender(HEAD, chunk(b"half"))).stream(REQUEST, timeout=5)
    assert (seen.ok, seen.status, seen.exchange.trouble, seen.count) == (False, 200, Trouble.CLOSED_EARLY, 1)


def test_what_stands_behind_the_last_chunk_is_kept(dial: Dial):
    seen = dial(sender(HEAD, chunk(b"a"), b"0\r\nX-Late: yes\r\n\r\n")).stream(REQUEST, timeout=5)
    assert seen.trailers == (("X-Late", "yes"),)


def test_a_long_stream_is_kept_at_both_ends_and_counted_whole(dial: Dial):
    chunks = [b"%08d" % number for number in range(20_000)]
    seen = dial(sender(HEAD, b"".join(map(chunk, chunks)), END)).stream(REQUEST, timeout=20)
    assert (seen.count, len(seen.pieces), seen.text_cut) == (20_000, MOST_PIECES, True)
    assert (seen.text, seen.tail) == (b"".join(chunks)[:KEPT_TEXT], b"".join(chunks)[-KEPT_TAIL:])
    assert seen.exchange.answer.body.length == 160_000


def test_secrets_of_a_stream_are_masked_at_both_ends(dial: Dial):
    client = dial(sender(HEAD, chunk(b"hush-hush-hush"), END), mask=Redactor(["hush-hush-hush"]))
    seen = client.stream(REQUEST, timeout=5)
    assert (seen.text, seen.tail) == (b"***", b"***")


@pytest.mark.parametrize("how", ["close", "reset"])
def test_a_caller_may_leave_after_a_chunk_and_the_peer_notices(dial: Dial, how: str):
    left: list[bytes] = []
    client = dial(sender(HEAD, chunk(b"one"), received=left))
    with client.open_stream(REQUEST, timeout=5) as stream:
        stream.read(pieces=1)
        stream.leave(how)
        seen = stream.seen()
    assert (seen.count, seen.exchange.trouble) == (1, Trouble.ABORTED)
    deadline = time.monotonic() + 5
    while how == "close" and not left and time.monotonic() < deadline:
        time.sleep(0.01)
    assert left == ([b""] if how == "close" else [])


def test_reading_stops_where_it_is_told_and_goes_on_later(dial: Dial):
    client = dial(sender(HEAD, *map(chunk, (b"a", b"b", b"c")), END, every=0.05))
    with client.open_stream(REQUEST, timeout=5) as stream:
        stream.read(pieces=2)
        assert (stream.count, stream.over, stream.has_head, stream.length) == (2, False, True, 2)
        stream.read(timeout=0.001)
        assert not stream.over
        stream.read()
        assert (stream.count, stream.over, stream.seen().ok) == (3, True, True)


def test_the_deadline_of_a_stream_is_a_total(dial: Dial):
    client = dial(sender(HEAD, *[chunk(b"x")] * 100, every=0.05))
    seen = client.stream(REQUEST, timeout=0.3)
    assert seen.exchange.trouble is Trouble.TIMEOUT
    assert seen.exchange.done == pytest.approx(0.3, abs=0.2)


def test_nobody_there_is_a_value_and_no_exception():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        client = Client(Address("127.0.0.1", free.getsockname()[1]), origin=time.monotonic(), mask=Redactor())
        seen = client.stream(REQUEST, timeout=1)
    assert (seen.status, seen.count, seen.exchange.trouble) == (None, 0, Trouble.REFUSED)


def test_who_does_not_read_with_a_small_buffer_is_soon_felt(dial: Dial):
    taken: list[int] = []

    def flood(connection: socket.socket, _: threading.Event) -> None:
        connection.recv(65536)
        connection.settimeout(0.5)
        connection.sendall(HEAD)
        taken.append(0)
        try:
            while taken[0] < 8 * 2**20:
                taken[0] += connection.send(chunk(b"x" * 1000))
        except TimeoutError:
            return

    with dial(flood).open_stream(REQUEST, timeout=10, receive_buffer=4096) as stream:
        stream.read(pieces=1)
        deadline = time.monotonic() + 5
        before = -1
        while time.monotonic() < deadline and (not taken or taken[0] != before):
            before = taken[0] if taken else -1
            time.sleep(0.3)
    assert taken[0] < 256 * 1024
