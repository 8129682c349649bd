"""Legal peculiarities of streams: how they are cut, what stands between their records, who is refused."""

import asyncio
import itertools
from collections.abc import Callable

from seatrial.reference_server.clock import scaled
from seatrial.reference_server.mutants.invocations_tools import on_invocations
from seatrial.reference_server.mutants.streaming_tools import (
    EVENTS,
    MEDIA_TYPE,
    PART,
    START,
    Open,
    on_streams,
)
from seatrial.reference_server.protocols.asgi import App, Message, Receive, Scope, Send, reply
from seatrial.reference_server.variants import oddity

MANY = 12
AT_ONCE = 3
STEP = 0.02
"""Contract seconds between chunks that have piled up."""


@oddity(layer="asgi")
def cuts_records_anywhere(app: App) -> App:
    """Send each record in two chunks, cut in the middle of a word."""

    def make(send: Send) -> Send:
        async def cutting(message: Message) -> None:
            body = message.get("body", b"")
            if message["type"] == PART and body:
                middle = len(body) * 2 // 5
                await send({**message, "body": body[:middle], "more_body": True})
                message = {**message, "body": body[middle:]}
            await send(message)

        return cutting

    return on_streams(app, make)


@oddity(layer="asgi")
def beats_between_records(app: App) -> App:
    """Send a comment before the first event and before every seventh, as servers do to keep connections open."""
    numbers = itertools.count()
    return _of_events(app, lambda part: (b": ping\n\n" if next(numbers) % 7 == 0 else b"") + part)


@oddity(layer="asgi")
def ends_event_lines_with_crlf(app: App) -> App:
    """End the lines of events with CR LF."""
    return _of_events(app, lambda part: part.replace(b"\n", b"\r\n"))


@oddity(layer="asgi")
def names_and_numbers_its_events(app: App) -> App:
    """Give every event a name and a number."""
    numbers = itertools.count()

    def named(part: bytes) -> bytes:
        lines = part.split(b"data: ")
        return b"".join(b"event: token\nid: %d\ndata: " % next(numbers) + line for line in lines[1:])

    return _of_events(app, named)


@oddity(layer="asgi")
def closes_after_a_stream(app: App) -> App:
    """Announce and close the connection behind each stream."""

    def make(send: Send) -> Send:
        async def closing(message: Message) -> None:
            if message["type"] == START:
                message = {**message, "headers": [*message["headers"], (b"connection", b"close")]}
            await send(message)

        return closing

    return on_streams(app, make)


@oddity(layer="asgi")
def thinks_before_it_streams(app: App) -> App:
    """Send the header block at once, and the first chunk a second later; what was generated meanwhile goes in steps."""

    def make(send: Send) -> Send:
        async def thinking(message: Message) -> None:
            await send(message)
            await asyncio.sleep(scaled(1.0) if message["type"] == START else scaled(STEP))

        return thinking

    return on_streams(app, make)


@oddity(layer="asgi")
def tells_three_tokens_at_once(app: App) -> App:
    """Send three records in a chunk, as engines do that tell of every third step."""

    def make(send: Send) -> Send:
        kept: list[bytes] = []

        async def gathering(message: Message) -> None:
            if message["type"] != PART:
                await send(message)
                return
            kept.append(message.get("body", b""))
            ends = not message.get("more_body", False)
            if ends or len(kept) == AT_ONCE:
                body = b"".join(kept)
                kept.clear()
                await send({**message, "body": body})

        return gathering

    return on_streams(app, make)


@oddity(layer="asgi")
def streams_to_twelve_callers(app: App) -> App:
    """Serve twelve streams at a time, and answer 429 to whoever comes next."""
    streams = Open()

    async def handle(inner: App, scope: Scope, receive: Receive, send: Send) -> None:
        async with streams.one_more():
            if streams.count > MANY:
                await reply(send, 429, b'{"error": "busy"}', [("content-type", "application/json")])
            else:
                await inner(scope, receive, send)

    return on_invocations(app, handle)


def _of_events(app: App, change: Callable[[bytes], bytes]) -> App:
    """Return the application with the parts of its event streams changed, those of other streams as they were."""

    def make(send: Send) -> Send:
        events = False

        async def sending(message: Message) -> None:
            nonlocal events
            if message["type"] == START:
                events = any(name == MEDIA_TYPE and value.startswith(EVENTS) for name, value in message["headers"])
            elif events and message.get("body"):
                message = {**message, "body": change(message["body"])}
            await send(message)

        return sending

    return on_streams(app, make)
