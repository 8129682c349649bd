"""Legal peculiarities of bidirectional streams."""

from typing import Any

import uvicorn
from wsproto import events

from seatrial.reference_server.clock import scaled
from seatrial.reference_server.mutants.bidirectional_tools import in_sessions, saying
from seatrial.reference_server.mutants.process_tools import reconfigured
from seatrial.reference_server.process import ServerProcess
from seatrial.reference_server.protocols.asgi import App, Message, Receive, Scope, Send
from seatrial.reference_server.server import ModelServer
from seatrial.reference_server.variants import oddity

TRY_AGAIN = 1013
LARGEST = 256 * 1024


@oddity(layer="asgi")
def answers_in_binary(app: App) -> App:
    """Answer every message in binary frames, as a model of speech does."""

    def binary(message: Message) -> Message:
        text = message.get("text")
        return {"type": message["type"], "bytes": text.encode()} if text is not None else message

    async def serve(app: App, scope: Scope, receive: Receive, send: Send) -> None:
        await app(scope, receive, saying(send, binary))

    return in_sessions(app, serve)


@oddity(layer="asgi")
def greets_its_callers(app: App) -> App:
    """Say that a session was created before anything is asked, as realtime interfaces do."""

    async def serve(app: App, scope: Scope, receive: Receive, send: Send) -> None:
        async def greeting(message: Message) -> None:
            await send(message)
            if message["type"] == "websocket.accept":
                await send({"type": "websocket.send", "text": '{"type":"session.created"}'})

        await app(scope, receive, greeting)

    return in_sessions(app, serve)


@oddity(layer="asgi")
def closes_after_an_answer(app: App) -> App:
    """Close a session with 1000 once its first message was answered."""

    async def serve(app: App, scope: Scope, receive: Receive, send: Send) -> None:
        closed = False

        async def closing(message: Message) -> None:
            nonlocal closed
            if closed:
                return
            await send(message)
            if b'"generated_text":"' in (message.get("text") or "").encode() + (message.get("bytes") or b""):
                closed = True
                await send({"type": "websocket.close", "code": 1000})

        await app(scope, receive, closing)

    return in_sessions(app, serve)


@oddity(layer="asgi")
def refuses_by_closing(app: App) -> App:
    """Accept the session that is one too many, and close it with 1013."""

    async def serve(app: App, scope: Scope, receive: Receive, send: Send) -> None:
        refused = False

        async def closing(message: Message) -> None:
            nonlocal refused
            refused = refused or message.get("status") == 503
            if not refused:
                await send(message)
            elif message["type"] == "websocket.http.response.start":
                await send({"type": "websocket.accept"})
                await send({"type": "websocket.close", "code": TRY_AGAIN, "reason": "too many sessions"})

        await app(scope, receive, closing)

    return in_sessions(app, serve)


@oddity(layer="asgi")
def refuses_paths_with_403(app: App) -> App:
    """Answer a handshake at an unknown path with 403, as frameworks do that close what they have not accepted."""

    async def serve(app: App, scope: Scope, receive: Receive, send: Send) -> None:
        forbidden = False

        def change(message: Message) -> Message | None:
            nonlocal forbidden
            if forbidden:
                return None
            forbidden = message.get("status") == 404
            return {"type": "websocket.close"} if forbidden else message

        await app(scope, receive, saying(send, change))

    return in_sessions(app, serve)


@oddity(layer="process")
def pings_its_callers(process: type[ServerProcess]) -> type[ServerProcess]:
    """Send pings of its own, and give up who does not answer for twenty seconds, as uvicorn does by default."""
    return reconfigured(process, ws_ping_interval=scaled(2.0), ws_ping_timeout=scaled(20.0))


@oddity(layer="process")
def compresses_where_it_may(process: type[ServerProcess]) -> type[ServerProcess]:
    """Agree to permessage-deflate where a handshake offers it."""
    return reconfigured(process, ws_per_message_deflate=True)


@oddity(layer="process")
def takes_small_messages(process: type[ServerProcess]) -> type[ServerProcess]:
    """Close with 1009 where a message has more than 256 KiB."""
    return reconfigured(process, ws_max_size=LARGEST)


@oddity(layer="process")
def closes_with_1000(process: type[ServerProcess]) -> type[ServerProcess]:
    """Answer every close frame with 1000, whatever its code, as aiohttp does."""

    class Normal(process):  # type: ignore[valid-type, misc]  # a base that is only known at run time
        def http_config(self, app: App) -> uvicorn.Config:
            config: uvicorn.Config = super().http_config(app)
            config.ws = _closing_with_1000(config.ws)
            return config

    return Normal


def _closing_with_1000(protocol: Any) -> Any:
    class Closing(protocol):  # type: ignore[misc]  # a base that is only known at run time
        def handle_close(self, event: events.CloseConnection) -> None:
            super().handle_close(_Normal(event.code, event.reason))

    return Closing


class _Normal(events.CloseConnection):
    """A close whose answer is always 1000."""

    def response(self) -> events.CloseConnection:
        return events.CloseConnection(code=1000)


@oddity(layer="process")
def says_that_it_restarts(process: type[ServerProcess]) -> type[ServerProcess]:
    """Close sessions with 1012 at the stop, whatever is being answered, as uvicorn does by itself."""

    class Restarting(process):  # type: ignore[valid-type, misc]  # a base that is only known at run time
        def build_app(self, server: ModelServer) -> App:
            app: App = super().build_app(server)
            server.at_drain.clear()
            return _without_a_word(app)

    return Restarting


def _without_a_word(app: App) -> App:
    """An application whose sessions do not say that they end by themselves."""

    async def serve(app: App, scope: Scope, receive: Receive, send: Send) -> None:
        await app({**scope, "state": {}}, receive, send)

    return in_sessions(app, serve)
