"""Real peers on loopback: each test writes the server it needs as a function of one accepted connection."""

from __future__ import annotations

import contextlib
import hashlib
import json
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator

import h11
import pytest

from seatrial.conformance.subject.launcher import Address
from seatrial.conformance.wire.rawhttp import Client
from seatrial.conformance.wire.redact import Redactor

Handler = Callable[[socket.socket, threading.Event], None]


class Peers:
    """Listening sockets, each with a handler run in a thread for every connection. `stop` is set at the end."""

    def __init__(self) -> None:
        self.stop = threading.Event()
        self._sockets: list[socket.socket] = []
        self._threads: list[threading.Thread] = []

    def serve(self, handler: Handler) -> Address:
        listening = socket.create_server(("127.0.0.1", 0), backlog=512)
        self._start(self._accept, listening, handler)
        self._sockets.append(listening)
        return Address("127.0.0.1", listening.getsockname()[1])

    def _accept(self, listening: socket.socket, handler: Handler) -> None:
        while not self.stop.is_set():
            try:
                connection, _ = listening.accept()
            except OSError:
                return
            self._sockets.append(connection)
            self._start(self._handle, connection, handler)

    def _handle(self, connection: socket.socket, handler: Handler) -> None:
        with contextlib.suppress(OSError), connection:
            handler(connection, self.stop)

    def _start(self, target: Callable[..., None], *args: object) -> None:
        thread = threading.Thread(target=target, args=args, daemon=True)
        self._threads.append(thread)
        thread.start()

    def close(self) -> None:
        self.stop.set()
        for sock in self._sockets:
            with contextlib.suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)
            sock.close()
        for thread in self._threads:
            thread.join(5)
            assert not thread.is_alive()


@pytest.fixture(scope="module")
def peers() -> Iterator[Peers]:
    crowd = Peers()
    yield crowd
    crowd.close()


@pytest.fixture
def serve(peers: Peers) -> Callable[[Handler], Address]:
    return peers.serve


@pytest.fixture
def dial(peers: Peers) -> Callable[..., Client]:
    """Start a peer and get a client for it. A handler given as bytes is an answer: read a request head, send it."""

    def start(handler: Handler | bytes, **options: object) -> Client:
        if isinstance(handler, bytes):
            return start(_answering(handler), **options)
        settings = {"origin": time.monotonic(), "mask": Redactor(), **options}
        return Client(peers.serve(handler), **settings)

    return start


def _answering(answer: bytes) -> Handler:
    def handle(connection: socket.socket, _: threading.Event) -> None:
        read_head(connection)
        connection.sendall(answer)

    return handle


@pytest.fixture(scope="module")
def head_of() -> Callable[[socket.socket], bytes]:
    return read_head


def read_head(connection: socket.socket) -> bytes:
    seen = b""
    while b"\r\n\r\n" not in seen:
        data = connection.recv(65536)
        if not data:
            break
        seen += data
    return seen


@pytest.fixture(scope="module")
def rst() -> Callable[[socket.socket], None]:
    def reset(connection: socket.socket) -> None:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        connection.close()

    return reset


@pytest.fixture(scope="module")
def correct(peers: Peers) -> Address:
    """A correct HTTP/1.1 server: it answers with what it received, as JSON, and keeps the connection."""

    def handle(connection: socket.socket, _: threading.Event) -> None:
        parser = h11.Connection(h11.SERVER)
        while parser.their_state is not h11.MUST_CLOSE and (received := _receive(parser, connection)):
            answer = json.dumps(received).encode()
            headers = [("Content-Type", "application/json"), ("Content-Length", str(len(answer)))]
            connection.sendall(parser.send(h11.Response(status_code=200, headers=headers)))
            connection.sendall(parser.send(h11.Data(data=answer)) + parser.send(h11.EndOfMessage()))
            if parser.our_state is h11.MUST_CLOSE:
                return
            parser.start_next_cycle()

    return peers.serve(handle)


def _receive(parser: h11.Connection, connection: socket.socket) -> dict[str, object] | None:
    request, body = None, bytearray()
    while True:
        event = parser.next_event()
        match event:
            case h11.Request():
                request = event
            case h11.Data():
                body += event.data
            case h11.EndOfMessage():
                break
            case h11.ConnectionClosed():
                return None
            case h11.NEED_DATA:
                if parser.they_are_waiting_for_100_continue:
                    connection.sendall(parser.send(h11.InformationalResponse(status_code=100, headers=[])))
                parser.receive_data(connection.recv(65536))
    return {
        "method": request.method.decode(),
        "target": request.target.decode(),
        "version": request.http_version.decode(),
        "headers": [[name.decode("latin-1"), value.decode("latin-1")] for name, value in request.headers.raw_items()],
        "length": len(body),
        "sha256": hashlib.sha256(body).hexdigest(),
    }
