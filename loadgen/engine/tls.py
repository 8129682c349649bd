"""Connections through TLS, with the same kernel stamps: what was received is decrypted from memory, not from a socket.

OpenSSL reads from and writes to buffers (`ssl.MemoryBIO`); the bytes go through the same `recvmsg` as plain ones, so a
record carries the stamp of the read that completed it.
"""

from __future__ import annotations

import ssl
from functools import cache
from typing import Any

from seatrial.loadgen.engine.connection import Connection, KeepingConnection
from seatrial.loadgen.fault import Fault

__all__ = ["KeepingTlsConnection", "TlsConnection"]

READ = 65536


@cache
def _context(*, insecure: bool) -> ssl.SSLContext:
    context = ssl.create_default_context()
    if insecure:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    context.set_alpn_protocols(["http/1.1"])
    return context


class TlsConnection(Connection):
    """A connection whose bytes pass through an `ssl.SSLObject`."""

    __slots__ = ("incoming", "outgoing", "tls")

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.incoming, self.outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self.tls = _context(insecure=self.authority.insecure).wrap_bio(
            self.incoming, self.outgoing, server_hostname=self.authority.host
        )

    def on_open(self) -> None:
        """Shake hands first; called again with each piece of the server's side."""
        try:
            self.tls.do_handshake()
        except ssl.SSLWantReadError:
            self._flush()
        except ssl.SSLError as error:
            self._flush()  # the alert tells the server why
            if self.fd >= 0:
                self.engine.lost(self, Fault.TLS, _reason(error))
        else:
            self._flush()
            if self.fd >= 0:
                super().on_open()

    def transmit(self, data: bytes) -> None:
        """Encrypt, then send."""
        self.tls.write(data)
        self._flush()

    def _flush(self) -> None:
        data = self.outgoing.read()
        if data:
            self.push(data)

    def feed(self, data: bytes) -> None:
        """Decrypt what came, then parse it."""
        self.incoming.write(data)
        if not self.connected:
            self.on_open()
        while self.connected and self.fd >= 0:
            try:
                plain = self.tls.read(READ)
            except ssl.SSLWantReadError:
                self._flush()
                return
            except (ssl.SSLZeroReturnError, ssl.SSLEOFError):
                self.on_end()
                return
            except ssl.SSLError as error:
                self.engine.lost(self, Fault.TLS, _reason(error))
                return
            if not plain:
                self.on_end()
                return
            super().feed(plain)


class KeepingTlsConnection(KeepingConnection, TlsConnection):
    """Through TLS, and bodies are kept."""

    __slots__ = ()


def _reason(error: ssl.SSLError) -> str:
    return str(getattr(error, "verify_message", "") or error.reason or error)
