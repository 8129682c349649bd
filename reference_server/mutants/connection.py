"""Faults of the port and its connections."""

import dataclasses
import ipaddress
import time
from typing import Any, ClassVar

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from seatrial.reference_server.clock import scaled
from seatrial.reference_server.mutants.process_tools import reconfigured
from seatrial.reference_server.process import ServerProcess
from seatrial.reference_server.protocols.asgi import App, Receive, Scope, Send, headers_of, reply
from seatrial.reference_server.settings import Settings
from seatrial.reference_server.variants import mutant

TLS_ALERT = b"\x15\x03\x01\x00\x02\x02\x16"


@mutant(kills="port.not-loopback", reason="loopback-bind", layer="settings")
def binds_loopback(settings: Settings) -> Settings:
    """Listen on 127.0.0.1 only."""
    return dataclasses.replace(settings, host="127.0.0.1")


@mutant(kills="port.listens-on-8080", reason="wrong-port", layer="settings")
def listens_on_its_favourite_port(settings: Settings) -> Settings:
    """Listen on another port than the one that is dialled."""
    return dataclasses.replace(settings, port=0)


@mutant(kills="port.listens-on-8080", reason="not-http", layer="wire")
def speaks_tls_only(protocol: type[HttpToolsProtocol]) -> type[HttpToolsProtocol]:
    """Answer plain HTTP as a TLS server does: with an alert."""

    class TlsOnly(protocol):  # type: ignore[valid-type, misc]  # a base that is only known at run time
        def data_received(self, data: bytes) -> None:
            del data
            self.transport.write(TLS_ALERT)
            self.transport.close()

    return TlsOnly


@mutant(kills="port.ignores-host", reason="host-checked", layer="asgi")
def trusts_names_only(app: App) -> App:
    """Refuse requests whose Host is an address."""

    async def checked(scope: Scope, receive: Receive, send: Send) -> None:
        host = headers_of(scope).get("host", "").rpartition(":")[0]
        try:
            ipaddress.ip_address(host)
        except ValueError:
            await app(scope, receive, send)
        else:
            await reply(send, 400, b"Invalid HTTP_HOST header")

    return checked


@mutant(kills="port.accepts-at-once", reason="slow-accept", layer="process")
def looks_up_every_caller(process: type[ServerProcess]) -> type[ServerProcess]:
    """Accept with a backlog of 1, and look each caller's name up in the loop that accepts."""
    return _slow_to_accept(process, backlog=1, seconds=0.02)


@mutant(
    kills="port.burst", reason="backlog-full", layer="process", also=["port.accepts-when-busy"]
)  # fmt: skip
def keeps_a_short_backlog(process: type[ServerProcess]) -> type[ServerProcess]:
    """Keep up with twenty connections at once, but not with a hundred."""
    return _slow_to_accept(process, backlog=40, seconds=0.003)


@mutant(kills="port.accepts-when-busy", reason="slow-accept", layer="process", also=["port.burst"])
def serves_where_it_accepts(process: type[ServerProcess]) -> type[ServerProcess]:
    """Wait for the rest of a request in the loop that accepts, with a short backlog."""

    class Waiting(HttpToolsProtocol):
        def data_received(self, data: bytes) -> None:
            if b"\r\n\r\n" not in data:
                time.sleep(scaled(1.0))
            super().data_received(data)

    return reconfigured(process, http=Waiting, backlog=32)


@mutant(kills="port.keep-alive", reason="connection-lost", layer="wire")
def races_the_ping(protocol: type[HttpToolsProtocol]) -> type[HttpToolsProtocol]:
    """Give connections up after five seconds of silence, and notice only when the next request comes."""

    class Racing(protocol):  # type: ignore[valid-type, misc]  # a base that is only known at run time
        heard = 0.0

        def data_received(self, data: bytes) -> None:
            silent, self.heard = time.monotonic() - (self.heard or time.monotonic()), time.monotonic()
            if silent > scaled(5.0):
                self.transport.abort()
            else:
                super().data_received(data)

    return Racing


@mutant(kills="port.keep-alive", reason="connection-muddled", layer="wire")
def takes_a_body_for_a_request(protocol: type[HttpToolsProtocol]) -> type[HttpToolsProtocol]:
    """Leave the body of a refused request on the line, and answer it as if it were the next request."""

    class Muddled(protocol):  # type: ignore[valid-type, misc]  # a base that is only known at run time
        def on_response_complete(self) -> None:
            refused = self.cycle.scope["method"] == "POST" and self.cycle.scope["path"] not in {"/ping", "/invocations"}
            if refused:
                self.transport.write(b"HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n")
            super().on_response_complete()

    return Muddled


@mutant(kills="port.idle-clients", reason="idle-clients-block", layer="wire")
def serves_eight_clients_at_a_time(protocol: type[HttpToolsProtocol]) -> type[HttpToolsProtocol]:
    """Serve eight connections at a time, whether or not they ask for anything."""

    class Pooled(protocol):  # type: ignore[valid-type, misc]  # a base that is only known at run time
        served: ClassVar[list[Any]] = []
        queue: ClassVar[list[Any]] = []
        held = b""

        def connection_made(self, transport: Any) -> None:
            super().connection_made(transport)
            (self.served if len(self.served) < 8 else self.queue).append(self)

        def data_received(self, data: bytes) -> None:
            if self in self.queue:
                self.held += data
            else:
                super().data_received(data)

        def connection_lost(self, exc: Exception | None) -> None:
            super().connection_lost(exc)
            (self.queue if self in self.queue else self.served).remove(self)
            if self.queue and len(self.served) < 8:
                following = self.queue.pop(0)
                self.served.append(following)
                following.data_received(following.held)

    return Pooled


def _slow_to_accept(process: type[ServerProcess], *, backlog: int, seconds: float) -> type[ServerProcess]:
    class Slow(HttpToolsProtocol):
        def connection_made(self, transport: Any) -> None:
            time.sleep(seconds)  # not scaled: how long a kernel waits before it tries again is not either
            super().connection_made(transport)

    return reconfigured(process, http=Slow, backlog=backlog)
