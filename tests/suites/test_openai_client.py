"""OpenAI's own client, as the profile `openai` uses it, against peers that never come to an end."""

from __future__ import annotations

import contextlib
import itertools
import socket
import threading
from collections.abc import Callable, Iterator

import pytest
from openai import APIConnectionError, APIResponseValidationError, APITimeoutError

from seatrial.suites.openai.official import LARGEST, client_of

Answer = Callable[[socket.socket, threading.Event], None]
Serve = Callable[[Answer], str]
ASK = {"model": "", "messages": [{"role": "user", "content": "Count"}]}
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: %s\r\nTransfer-Encoding: chunked\r\n\r\n"


@pytest.fixture
def serve() -> Iterator[Serve]:
    """Serve one connection by a function of its socket; the address of the peer."""
    stop, listening = threading.Event(), socket.create_server(("127.0.0.1", 0))
    threads = []

    def start(answer: Answer) -> str:
        def run() -> None:
            connection, _ = listening.accept()
            with contextlib.suppress(OSError), connection:
                connection.recv(65_536)
                answer(connection, stop)

        threads.append(threading.Thread(target=run, daemon=True))
        threads[0].start()
        return f"http://127.0.0.1:{listening.getsockname()[1]}/v1"

    yield start
    stop.set()
    listening.close()
    for thread in threads:
        thread.join(5)


def endless(media: bytes, piece: bytes) -> Answer:
    def answer(connection: socket.socket, stop: threading.Event) -> None:
        connection.sendall(HEAD % media)
        for _ in itertools.takewhile(lambda _: not stop.is_set(), itertools.count()):
            connection.sendall(b"%x\r\n%s\r\n" % (len(piece), piece))

    return answer


@pytest.mark.parametrize("stream", [False, True])
def test_an_answer_without_end_is_given_up(serve: Serve, *, stream: bool):
    media, piece = (b"text/event-stream", b": here\n\n" * 999) if stream else (b"application/json", b" " * 65_536)
    client = client_of(serve(endless(media, piece)), seconds=20, verify=True)
    with client, pytest.raises(APIConnectionError) as raised:
        list(client.chat.completions.create(**ASK, stream=stream))
    assert f"{LARGEST:,} bytes" in str(raised.value.__cause__)


def test_a_silent_peer_is_given_up(serve: Serve):
    client = client_of(serve(lambda _, stop: stop.wait(20) and None), seconds=0.2, verify=True)
    with client, pytest.raises(APITimeoutError):
        client.chat.completions.create(**ASK)


def test_only_the_published_types_are_read(serve: Serve):
    body = b'{"id": 7}'
    plain = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body)
    client = client_of(serve(lambda connection, _: connection.sendall(plain)), seconds=20, verify=True)
    with client, pytest.raises(APIResponseValidationError):
        client.chat.completions.create(**ASK)
