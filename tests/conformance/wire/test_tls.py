"""An endpoint is dialled over TLS, and its certificate is checked unless the user says no."""

from __future__ import annotations

import ssl
import subprocess
import time
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from seatrial.conformance.wire.exchange import Trouble
from seatrial.conformance.wire.rawhttp import Client, RawRequest
from seatrial.conformance.wire.redact import Redactor

if TYPE_CHECKING:
    import socket
    import threading
    from collections.abc import Callable
    from pathlib import Path

    from seatrial.conformance.subject.launcher import Address

    Serve = Callable[[Callable[[socket.socket, threading.Event], None]], Address]


@pytest.fixture(scope="module")
def context(tmp_path_factory: pytest.TempPathFactory) -> ssl.SSLContext:
    folder: Path = tmp_path_factory.mktemp("tls")
    command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
    command += ["-keyout", "key.pem", "-out", "cert.pem", "-days", "1", "-subj", "/CN=localhost"]
    subprocess.run(command, cwd=folder, check=True, capture_output=True)
    found = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    found.load_cert_chain(folder / "cert.pem", folder / "key.pem")
    return found


@pytest.fixture
def secure(serve: Serve, context: ssl.SSLContext) -> Address:
    """Answers two requests on one connection, each with 200,000 bytes."""

    def handle(connection: socket.socket, _: threading.Event) -> None:
        with context.wrap_socket(connection, server_side=True) as secured:
            for _ in range(2):
                seen = b""
                while not seen.endswith(b"end"):
                    seen += secured.recv(65536)
                secured.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 200000\r\n\r\n" + b"x" * 200_000)

    return replace(serve(handle), tls=True)


def test_an_unknown_certificate_is_unreachable_with_the_reason(secure: Address):
    exchange = Client(secure, origin=0, mask=Redactor()).get()
    assert exchange.trouble is Trouble.UNREACHABLE
    assert "CERTIFICATE_VERIFY_FAILED" in exchange.detail


def test_several_large_exchanges_fit_on_one_secured_connection(secure: Address):
    client = Client(secure, origin=time.monotonic(), mask=Redactor(), verify=False)
    request = RawRequest("POST", "/", body=b"y" * 300_000 + b"end")
    with client.connect() as connection:
        for _ in range(2):
            exchange = connection.exchange(request, timeout=5)
            assert (exchange.trouble, exchange.answer.body.length) == (None, 200_000)


def test_a_peer_that_speaks_no_tls_is_told_from_one_that_is_away(serve: Serve):
    def plain(connection: socket.socket, _: threading.Event) -> None:
        connection.recv(100)
        connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")

    exchange = Client(replace(serve(plain), tls=True), origin=0, mask=Redactor()).get()
    assert exchange.trouble is Trouble.UNREACHABLE
    assert exchange.detail.startswith("TLS: ")


def test_a_handshake_that_never_ends_is_a_timeout(serve: Serve):
    def silent(_: socket.socket, stop: threading.Event) -> None:
        stop.wait(60)

    exchange = Client(replace(serve(silent), tls=True), origin=0, mask=Redactor()).get(timeout=0.3)
    assert (exchange.trouble, exchange.detail) == (Trouble.CONNECT_TIMEOUT, "no TLS handshake in time")
    assert exchange.done < 1.3
