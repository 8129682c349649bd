"""Sends ready bytes over a plain socket, as the engine does, and reads the one answer."""

from __future__ import annotations

import http.client
import socket
import ssl
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from seatrial.loadgen.traffic import Answer

if TYPE_CHECKING:
    from seatrial.loadgen.traffic import Authority, Step

__all__ = ["Reply", "send", "send_step"]


@dataclass(frozen=True)
class Reply:
    """An answer: its body in the pieces in which it was read, and when, ns."""

    status: int
    media: str
    chunks: list[bytes]
    stamps: list[int]

    @property
    def body(self) -> bytes:
        return b"".join(self.chunks)

    @property
    def answer(self) -> Answer:
        """The same as the engine hands it to a reader."""
        return Answer(0, 0, self.media, self.chunks, self.stamps, whole=True)


def send(authority: Authority, data: bytes) -> Reply:
    """Connect, send, read one answer whole."""
    with socket.create_connection((authority.host, authority.port), timeout=30) as plain:
        connection = _secured(plain, authority) if authority.tls else plain
        connection.sendall(data)
        response = http.client.HTTPResponse(connection, method=data.partition(b" ")[0].decode())
        response.begin()
        chunks, stamps = [], []
        while chunk := response.read1(65536):
            chunks.append(chunk)
            stamps.append(time.monotonic_ns())
        return Reply(response.status, response.headers.get_content_type(), chunks, stamps)


def send_step(step: Step) -> Reply:
    """Do what a step says."""
    return send(step.authority, step.data)


def _secured(plain: socket.socket, authority: Authority) -> ssl.SSLSocket:
    context = ssl.create_default_context()
    if authority.insecure:
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context.wrap_socket(plain, server_hostname=authority.host)
