"""Faults of bidirectional streams: many sessions, lost ones, and silent ones."""

import asyncio
import itertools
import os

from wsproto import events

from seatrial.reference_server.clock import scaled
from seatrial.reference_server.mutants.bidirectional_tools import (
    Wrapped,
    in_sessions,
    refuse,
    saying,
    until_gone,
)
from seatrial.reference_server.mutants.process_tools import reconfigured
from seatrial.reference_server.process import ServerProcess
from seatrial.reference_server.protocols.asgi import App, Message, Receive, Scope, Send, reply
from seatrial.reference_server.protocols.websocket import WebSocketProtocol
from seatrial.reference_server.variants import mutant


class Counted:
    """How many sessions are open."""

    def __init__(self) -> None:
        self.open = 0

    async def serve(self, app: App, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one of them."""
        self.open += 1
        try:
            await app(scope, receive, send)
        finally:
            self.open -= 1


@mutant(kills="bidi.ping-during-sessions", reason="ping-counted-as-session", layer="asgi")
def counts_the_ping_as_a_session(app: App) -> App:
    """Call itself full to the health check when sixteen sessions are open."""
    counted = Counted()
    counting = in_sessions(app, counted.serve)

    async def wrapped(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"] == "/ping" and counted.open >= 16:
            await reply(send, 503)
        else:
            await counting(scope, receive, send)

    return wrapped


@mutant(kills="bidi.isolation", reason="sessions-mixed", layer="asgi")
def broadcasts(app: App) -> App:
    """Send every answer to all sessions that are open."""
    sends: list[Send] = []

    async def serve(app: App, scope: Scope, receive: Receive, send: Send) -> None:
        async def to_all(message: Message) -> None:
            await send(message)
            if message["type"] == "websocket.accept":
                sends.append(send)
            if message["type"] == "websocket.send":
                others = (other(message) for other in sends if other is not send)
                await asyncio.gather(*others, return_exceptions=True)

        try:
            await app(scope, receive, to_all)
        finally:
            if send in sends:
                sends.remove(send)

    return in_sessions(app, serve)


@mutant(kills="bidi.isolation", reason="session-unanswered", layer="asgi")
def answers_sixteen_sessions(app: App) -> App:
    """Accept every session, and answer in the first sixteen."""
    counted = Counted()

    async def serve(app: App, scope: Scope, receive: Receive, send: Send) -> None:
        if counted.open < 16:
            await counted.serve(app, scope, receive, send)
            return
        await receive()
        await send({"type": "websocket.accept"})
        await until_gone(receive)

    return in_sessions(app, serve)


@mutant(kills="bidi.capacity-refusal", reason="refusal-unclear", layer="asgi")
def queues_handshakes(app: App) -> App:
    """Leave the handshake of the forty-first session without an answer until another one ends."""
    room = asyncio.Semaphore(40)

    async def serve(app: App, scope: Scope, receive: Receive, send: Send) -> None:
        async with room:
            await app(scope, receive, send)

    return in_sessions(app, serve)


@mutant(kills="bidi.reconnects", reason="reconnect-refused", layer="asgi")
def forgets_no_session(app: App) -> App:
    """Keep every session in the table, and be full at a hundred and fifty."""
    numbers = itertools.count(1)

    async def serve(app: App, scope: Scope, receive: Receive, send: Send) -> None:
        if next(numbers) > 150:
            await refuse(send, 503)
        else:
            await app(scope, receive, send)

    return in_sessions(app, serve)


@mutant(kills="bidi.abrupt-loss", reason="losses-break", layer="asgi")
def waits_for_the_close(app: App) -> App:
    """Free the place of a session when its close frame comes, and have room for sixty-four."""
    places = asyncio.Semaphore(64)

    async def serve(app: App, scope: Scope, receive: Receive, send: Send) -> None:
        if places.locked():
            await refuse(send, 503)
            return
        await places.acquire()

        async def watched() -> Message:
            message = await receive()
            if message["type"] == "websocket.disconnect" and message["code"] in {1000, 1001}:
                places.release()
            return message

        await app(scope, watched, send)

    return in_sessions(app, serve)


@mutant(kills="bidi.abrupt-loss", reason="losses-leak", layer="process")
def keeps_a_file_a_session(process: type[ServerProcess]) -> type[ServerProcess]:
    """Record each session to a file, which is closed when the close frame comes."""

    class Recording(WebSocketProtocol):
        record = -1

        def handle_connect(self, event: events.Request) -> None:
            self.record = os.open(os.devnull, os.O_WRONLY)
            super().handle_connect(event)

        def handle_close(self, event: events.CloseConnection) -> None:
            os.close(self.record)
            super().handle_close(event)

    return reconfigured(process, ws=Recording)


@mutant(kills="bidi.idle-lives", reason="idle-closed", layer="asgi")
def gives_up_silent_callers(app: App) -> App:
    """Close a session in which nothing was said for six seconds, pings or not."""
    return in_sessions(app, _closes_after(6.0))


@mutant(kills="bidi.idle-lives", reason="idle-closed-later", layer="asgi")
def gives_up_after_two_minutes(app: App) -> App:
    """Close a session in which nothing was said for two minutes, pings or not."""
    return in_sessions(app, _closes_after(120.0))


def _closes_after(seconds: float) -> Wrapped:
    async def serve(app: App, scope: Scope, receive: Receive, send: Send) -> None:
        closed = False

        def unless_closed(message: Message) -> Message | None:
            return None if closed else message

        async def impatient() -> Message:
            nonlocal closed
            try:
                async with asyncio.timeout(scaled(seconds)):
                    return await receive()
            except TimeoutError:
                await send({"type": "websocket.close", "code": 1000, "reason": "idle"})
                closed = True
                return {"type": "websocket.disconnect", "code": 1000}

        await app(scope, impatient, saying(send, unless_closed))

    return serve
