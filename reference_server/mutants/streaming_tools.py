"""What faults of streams are made of: another `send` for answers of `/invocations` that are streams. No mutant here."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from seatrial.reference_server.mutants.invocations_tools import on_invocations
from seatrial.reference_server.protocols.asgi import App, Message, Receive, Scope, Send

LENGTH, MEDIA_TYPE = b"content-length", b"content-type"
EVENTS = b"text/event-stream"
START, PART = "http.response.start", "http.response.body"


def on_streams(app: App, make: Callable[[Send], Send]) -> App:
    """Return the application with another `send` for each stream; `make` gets the real one when the stream begins."""

    async def handle(inner: App, scope: Scope, receive: Receive, send: Send) -> None:
        chosen = send

        async def sending(message: Message) -> None:
            nonlocal chosen
            if is_stream(message):
                chosen = make(send)
            await chosen(message)

        await inner(scope, receive, sending)

    return on_invocations(app, handle)


def is_stream(message: Message) -> bool:
    """Say whether a message begins a stream: an answer 200 whose length is not told."""
    return (
        message["type"] == START and message["status"] == 200 and all(name != LENGTH for name, _ in message["headers"])
    )


def changed_parts(app: App, change: Callable[[bytes], bytes]) -> App:
    """Return the application with every part of its streams changed; an empty one is left out."""

    def make(send: Send) -> Send:
        async def sending(message: Message) -> None:
            body = message.get("body", b"")
            if message["type"] == PART and body:
                message = {**message, "body": change(body)}
            if message["type"] == START or message["body"] or not message.get("more_body", False):
                await send(message)

        return sending

    return on_streams(app, make)


def with_media_type(message: Message, media_type: bytes) -> Message:
    """Return a message that begins an answer with another Content-Type, none where it is empty."""
    kept = [pair for pair in message["headers"] if pair[0] != MEDIA_TYPE]
    return {**message, "headers": [*kept, *([(MEDIA_TYPE, media_type)] if media_type else [])]}


class Open:
    """How many streams are open."""

    def __init__(self) -> None:
        self.count = 0

    @asynccontextmanager
    async def one_more(self) -> AsyncIterator[None]:
        """Count one more while it lasts."""
        self.count += 1
        try:
            yield
        finally:
            self.count -= 1
