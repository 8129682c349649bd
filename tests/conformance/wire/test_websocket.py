"""The WebSocket client against peers that do what they should not, and some that do."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator

import pytest

from seatrial.conformance.subject.launcher import Address
from seatrial.conformance.wire.exchange import Trouble
from seatrial.conformance.wire.frames import Frame, FrameReader, Opcode, close_payload
from seatrial.conformance.wire.rawhttp import Client
from seatrial.conformance.wire.redact import Redactor
from seatrial.conformance.wire.websocket import WebSocket, accept_of, upgrade_request

Peer = Callable[[socket.socket], None]
SWITCH = (
    b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: x\r\n\r\n"
)


@pytest.fixture
def meet() -> Iterator[Callable[..., WebSocket]]:
    """Serve one connection as the peer does, and ask it for a WebSocket."""
    opened: list[WebSocket] = []
    threads: list[threading.Thread] = []

    def meeting(peer: Peer, *, masked: str = "", timeout: float = 5.0) -> WebSocket:
        listener = socket.create_server(("127.0.0.1", 0))

        def serve() -> None:
            with listener, listener.accept()[0] as connection:
                connection.settimeout(5.0)
                peer(connection)

        threads.append(threading.Thread(target=serve))
        threads[-1].start()
        address = Address("127.0.0.1", listener.getsockname()[1])
        client = Client(address, origin=time.monotonic(), mask=Redactor([masked] if masked else []))
        opened.append(client.websocket(upgrade_request("/stream"), timeout=timeout))
        return opened[-1]

    yield meeting
    for one in opened:
        one.leave()
    for thread in threads:
        thread.join(10.0)
        assert not thread.is_alive()


def shakes_hands(then: Peer, *, with_it: bytes = b"") -> Peer:
    def peer(connection: socket.socket) -> None:
        connection.recv(65_536)
        connection.sendall(SWITCH + with_it)
        then(connection)

    return peer


def frames_from(connection: socket.socket, count: int) -> list[Frame]:
    reader, frames = FrameReader(), []
    while len(frames) < count and (data := connection.recv(65_536)):
        frames += reader.feed(data)
    return frames


def server_frame(opcode: int, payload: bytes = b"") -> bytes:
    return Frame(opcode, payload, masked=False).encode()


def test_a_message_that_comes_with_the_handshake_is_heard(meet: Callable[..., WebSocket]):
    session = meet(shakes_hands(lambda peer: peer.recv(100), with_it=server_frame(Opcode.TEXT, b"hello")))
    assert session.handshake.status == 101
    assert [one.body.text for one in session.heard] == ["hello"]


def test_the_key_of_the_rfc_has_the_accept_of_the_rfc():
    request = upgrade_request("/")
    given = Client(Address("127.0.0.1", 1), origin=0.0, mask=Redactor()).websocket(request, timeout=0.1)
    assert given.handshake.trouble is Trouble.REFUSED
    assert len(accept_of(given.handshake.request)) == 28


def test_a_refusal_is_read_as_an_answer(meet: Callable[..., WebSocket]):
    def refuses(connection: socket.socket) -> None:
        connection.recv(65_536)
        connection.sendall(b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 4\r\n\r\nfull")

    session = meet(refuses)
    assert (session.handshake.status, session.stands) == (503, False)
    assert session.handshake.answer is not None
    assert session.handshake.answer.body.text == "full"
    assert session.ping(b"anybody?", 5.0) is None


def test_a_handshake_without_an_answer_ends_in_time(meet: Callable[..., WebSocket]):
    began = time.monotonic()
    session = meet(lambda peer: peer.recv(65_536) and peer.recv(1), timeout=0.3)
    assert session.handshake.trouble is Trouble.TIMEOUT
    assert time.monotonic() - began < 2.0


@pytest.mark.parametrize("answer", [b"", b"HTTP/1.1 101 Switching Pro", b"\x16\x03\x01garbage\r\n\r\n"])
def test_a_handshake_that_breaks_off_has_a_name(meet: Callable[..., WebSocket], answer: bytes):
    session = meet(lambda peer: (peer.recv(65_536), peer.sendall(answer)))
    assert session.handshake.trouble in {Trouble.NO_ANSWER, Trouble.CLOSED_EARLY, Trouble.GARBAGE, Trouble.RESET}
    assert not session.stands


def test_pings_and_a_close_of_the_peer_are_answered(meet: Callable[..., WebSocket]):
    got: list[Frame] = []

    def pings(connection: socket.socket) -> None:
        connection.sendall(server_frame(Opcode.PING, b"there?"))
        got.extend(frames_from(connection, 1))
        connection.sendall(server_frame(Opcode.CLOSE, close_payload(1012, "restarting")))
        got.extend(frames_from(connection, 1))

    session = meet(shakes_hands(pings))
    assert session.await_end(5.0)
    assert [(one.opcode, one.payload, one.masked) for one in got] == [
        (Opcode.PONG, b"there?", True),
        (Opcode.CLOSE, close_payload(1012), True),
    ]
    assert (session.seen().summary, session.end) == ("close 1012: restarting", "fin")


def test_a_pong_with_another_payload_is_no_pong(meet: Callable[..., WebSocket]):
    session = meet(
        shakes_hands(lambda peer: (peer.recv(100), peer.sendall(server_frame(Opcode.PONG, b"b")), peer.recv(9)))
    )
    assert session.ping(b"a", 0.3) is None
    assert [one.kind for one in session.heard] == ["pong"]


def test_a_reset_is_told_from_an_end(meet: Callable[..., WebSocket]):
    def resets(connection: socket.socket) -> None:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")

    session = meet(shakes_hands(resets))
    assert session.await_end(5.0)
    assert session.seen().summary == "the connection was reset"


def test_a_large_message_goes_out_to_a_peer_that_talks_meanwhile(meet: Callable[..., WebSocket]):
    sizes: list[int] = []

    def talks(connection: socket.socket) -> None:
        for _ in range(100):
            connection.sendall(server_frame(Opcode.TEXT, b"x" * 50_000))
        sizes.extend(len(one.payload) for one in frames_from(connection, 1))

    session = meet(shakes_hands(talks))
    assert session.say(b"y" * 8_000_000, text=False)
    assert session.await_end(10.0)
    assert (sizes, session.messages) == ([8_000_000], 100)


def test_secrets_are_masked_in_what_is_kept(meet: Callable[..., WebSocket]):
    session = meet(
        shakes_hands(lambda _: None, with_it=server_frame(Opcode.TEXT, b"key: hunter2-hunter2")),
        masked="hunter2-hunter2",
    )
    assert session.await_end(5.0)
    assert "hunter2" not in session.heard[0].body.text
