"""Faults that streams show side by side: when callers leave, do not read, ask for no stream, or the server stops."""

import asyncio
import os
from collections.abc import Callable

from seatrial.reference_server.clock import scaled
from seatrial.reference_server.mutants.invocations_tools import given, on_invocations, whole_body
from seatrial.reference_server.mutants.streaming_tools import (
    EVENTS,
    LENGTH,
    START,
    Open,
    is_stream,
    on_streams,
    with_media_type,
)
from seatrial.reference_server.process import ServerProcess
from seatrial.reference_server.protocols.asgi import App, Message, Receive, Scope, Send
from seatrial.reference_server.variants import mutant

FEW = 8
LATE, PING_HELD = 62.0, 3.0
WRITE_TIMEOUT = 1.0


@mutant(kills="stream.first-byte", reason="first-byte-late", layer="asgi")
def lets_streams_queue_in_silence(app: App) -> App:
    """Have whoever comes ninth wait for a minute without a byte."""
    streams = Open()

    async def handle(inner: App, scope: Scope, receive: Receive, send: Send) -> None:
        async with streams.one_more():
            if streams.count > FEW:
                await asyncio.sleep(scaled(LATE))
            await inner(scope, receive, send)

    return on_invocations(app, handle)


@mutant(kills="stream.ping-meanwhile", reason="ping-waits-for-streams", layer="asgi")
def pings_between_streams(app: App) -> App:
    """Answer /ping only while no stream is open, or after three seconds."""
    streams = Open()

    async def handle(inner: App, scope: Scope, receive: Receive, send: Send) -> None:
        async with streams.one_more():
            await inner(scope, receive, send)

    counted = on_invocations(app, handle)

    async def held(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["path"] == "/ping" and streams.count:
            await asyncio.sleep(scaled(PING_HELD))
        await counted(scope, receive, send)

    return held


@mutant(kills="stream.leaving-frees", reason="leavers-cost", layer="asgi")
def generates_for_nobody(app: App) -> App:
    """Never hear that a caller has left, and generate to the end."""

    async def handle(inner: App, scope: Scope, receive: Receive, send: Send) -> None:
        body = await whole_body(receive)
        await inner(scope, given(body, _never), send)

    return on_invocations(app, handle)


@mutant(kills="stream.leaving-frees", reason="leavers-leak", layer="asgi")
def keeps_what_streams_opened(app: App) -> App:
    """Open a file for each stream, and close it only where the caller stayed."""

    async def handle(inner: App, scope: Scope, receive: Receive, send: Send) -> None:
        file = os.open(os.devnull, os.O_WRONLY)
        left = False

        async def noting() -> Message:
            nonlocal left
            message = await receive()
            left = left or message["type"] == "http.disconnect"
            return message

        await inner(scope, noting, send)
        if not left:
            os.close(file)

    return on_invocations(app, handle)


@mutant(kills="stream.slow-reader", reason="slow-reader-cut", layer="asgi")
def has_no_time_for_slow_readers(app: App) -> App:
    """Break off a stream whose chunk cannot be written within a second."""

    def make(send: Send) -> Send:
        async def hasty(message: Message) -> None:
            async with asyncio.timeout(scaled(WRITE_TIMEOUT)):
                await send(message)

        return hasty

    return on_streams(app, make)


@mutant(kills="stream.slow-reader", reason="slow-reader-blocks", layer="asgi")
def writes_one_chunk_at_a_time(app: App) -> App:
    """Hold a lock of the whole server while a chunk is written."""
    lock = asyncio.Lock()

    def make(send: Send) -> Send:
        async def locked(message: Message) -> None:
            async with lock:
                await send(message)

        return locked

    return on_streams(app, make)


@mutant(kills="stream.refused-by-status", reason="refused-with-200", layer="asgi")
def refuses_inside_the_stream(app: App) -> App:
    """Begin every answer with 200, and tell of what is wrong in an event."""
    return _as_events(app, lambda status: status >= 400)


@mutant(kills="stream.plain-calls", reason="plain-call-streamed", layer="asgi")
def streams_to_everybody(app: App) -> App:
    """Answer those who ask for no stream with one event."""
    return _as_events(app, lambda status: status == 200)


@mutant(kills="stream.finishes-at-stop", reason="stream-cut-at-stop", layer="process")
def ends_its_streams_at_once(process: type[ServerProcess]) -> type[ServerProcess]:
    """End every open stream with an error record as soon as SIGTERM comes."""

    class Ends(process):  # type: ignore[misc,valid-type]  # the base is known at run time only
        def drain(self) -> None:
            super().drain()
            if self.server is not None:
                self.server.give_up()

    return Ends


async def _never() -> Message:
    await asyncio.Event().wait()
    return {"type": "http.disconnect"}


def _as_events(app: App, chosen: Callable[[int], bool]) -> App:
    """Return the application with whole answers of some statuses sent as a stream of one event."""

    async def handle(inner: App, scope: Scope, receive: Receive, send: Send) -> None:
        torn = False

        async def sending(message: Message) -> None:
            nonlocal torn
            if message["type"] == START and not is_stream(message) and chosen(message["status"]):
                torn = True
                kept = [pair for pair in message["headers"] if pair[0] != LENGTH]
                message = with_media_type({**message, "status": 200, "headers": kept}, EVENTS)
            elif torn and message.get("body"):
                message = {**message, "body": b"data: " + message["body"] + b"\n\n"}
            await send(message)

        await inner(scope, receive, sending)

    return on_invocations(app, handle)
