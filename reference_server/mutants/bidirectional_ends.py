"""Faults of bidirectional streams: how sessions end."""

import asyncio

import uvicorn
from wsproto import events

from seatrial.reference_server.mutants.bidirectional_tools import in_sessions, saying
from seatrial.reference_server.mutants.process_tools import reconfigured
from seatrial.reference_server.process import ServerProcess
from seatrial.reference_server.protocols.asgi import App, Message, Receive, Scope, Send
from seatrial.reference_server.protocols.websocket import WebSocketProtocol
from seatrial.reference_server.server import ModelServer
from seatrial.reference_server.variants import mutant

FAILURES = frozenset({1003, 1007, 1008, 1011})
EVER = 3600.0


@mutant(kills="bidi.close-answered", reason="close-unanswered", layer="process")
def hangs_up(process: type[ServerProcess]) -> type[ServerProcess]:
    """End the connection at a close frame, without one of its own."""

    class HangsUp(WebSocketProtocol):
        def handle_close(self, event: events.CloseConnection) -> None:
            self.queue.put_nowait({"type": "websocket.disconnect", "code": event.code, "reason": event.reason})
            self.transport.close()

    return reconfigured(process, ws=HangsUp)


@mutant(kills="bidi.close-answered", reason="close-lingers", layer="process")
def holds_on_after_the_close(process: type[ServerProcess]) -> type[ServerProcess]:
    """Answer a close frame, and keep the connection."""

    class HoldsOn(WebSocketProtocol):
        def handle_close(self, event: events.CloseConnection) -> None:
            self.transport.write(self.conn.send(event.response()))
            self.close_timer = asyncio.get_running_loop().call_later(EVER, self.transport.close)

    return reconfigured(process, ws=HoldsOn)


@mutant(kills="bidi.half-close", reason="half-closed-lingers", layer="process")
def talks_to_nobody(process: type[ServerProcess]) -> type[ServerProcess]:
    """Keep a session whose caller has shut its side of the connection down."""

    class Talks(WebSocketProtocol):
        def eof_received(self) -> bool:  # type: ignore[override]  # asyncio takes a bool, uvicorn says none
            return True

    return reconfigured(process, ws=Talks)


@mutant(kills="bidi.error-closes", reason="error-without-close", layer="process")
def crashes_at_an_error(process: type[ServerProcess]) -> type[ServerProcess]:
    """Cut the connection at an error, as an exception that nobody catches does."""

    class Crashes(WebSocketProtocol):
        async def send(self, message: Message) -> None:  # type: ignore[override]  # uvicorn names each kind
            if message["type"] == "websocket.close" and message["code"] in FAILURES:
                self.transport.abort()
            else:
                await super().send(message)  # type: ignore[arg-type]  # the same

    return reconfigured(process, ws=Crashes)


@mutant(kills="bidi.error-closes", reason="error-looks-normal", layer="asgi")
def calls_errors_normal(app: App) -> App:
    """Close with 1000 after an error."""
    return _closing(app, code=1000)


@mutant(kills="bidi.error-closes", reason="error-without-reason", layer="asgi")
def gives_no_reason(app: App) -> App:
    """Close without a reason after an error."""
    return _closing(app, reason="")


def _closing(app: App, **instead: object) -> App:
    def change(message: Message) -> Message:
        failed = message["type"] == "websocket.close" and message["code"] in FAILURES
        return {**message, **instead} if failed else message

    async def serve(app: App, scope: Scope, receive: Receive, send: Send) -> None:
        await app(scope, receive, saying(send, change))

    return in_sessions(app, serve)


@mutant(kills="bidi.stop-closes-sessions", reason="stop-untold", layer="process")
def drops_sessions_when_it_stops(process: type[ServerProcess]) -> type[ServerProcess]:
    """Cut every session at the end, without a close frame."""

    class Cutting(WebSocketProtocol):
        def shutdown(self) -> None:
            self.transport.abort()

    return _telling_nobody(reconfigured(process, ws=Cutting))


@mutant(kills="bidi.stop-closes-sessions", reason="bidi-stop-timeout", layer="process")
def waits_for_its_sessions(process: type[ServerProcess]) -> type[ServerProcess]:
    """Stop when the last session has ended by itself."""

    class Patient(WebSocketProtocol):
        def shutdown(self) -> None:
            pass

    return _telling_nobody(reconfigured(process, ws=Patient), patient=True)


def _telling_nobody(process: type[ServerProcess], *, patient: bool = False) -> type[ServerProcess]:
    """A process whose sessions do not hear of the stop."""

    class Quiet(process):  # type: ignore[valid-type, misc]  # a base that is only known at run time
        def build_app(self, server: ModelServer) -> App:
            app: App = super().build_app(server)
            server.at_drain.clear()
            return app

        def http_config(self, app: App) -> uvicorn.Config:
            config: uvicorn.Config = super().http_config(app)
            if patient:
                config.timeout_graceful_shutdown = None
            return config

    return Quiet
