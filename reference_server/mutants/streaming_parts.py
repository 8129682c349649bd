"""Faults in when the parts of a stream leave, what they are, and how a stream ends."""

import asyncio
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from seatrial.reference_server.clock import scaled
from seatrial.reference_server.mutants.invocations_tools import given, on_invocations, whole_body
from seatrial.reference_server.mutants.streaming_tools import (
    PART,
    START,
    changed_parts,
    on_streams,
    with_media_type,
)
from seatrial.reference_server.protocols.asgi import App, Message, Receive, Scope, Send, reply
from seatrial.reference_server.variants import mutant

BLOCK = 11
BEAT = 5.0
LAST_CHUNK = b"0\r\n\r\n"


@mutant(kills="stream.chunked", reason="stream-in-one-piece", layer="asgi")
def collects_its_streams(app: App) -> App:
    """Collect a stream and send it in one piece, with its length."""

    def make(send: Send) -> Send:
        kept: list[Message] = []

        async def collecting(message: Message) -> None:
            kept.append(message)
            if message["type"] == PART and not message.get("more_body", False):
                headers = [(name.decode(), value.decode()) for name, value in kept[0]["headers"]]
                await reply(send, 200, b"".join(part.get("body", b"") for part in kept[1:]), headers)

        return collecting

    return on_streams(app, make)


@mutant(kills="stream.chunked", reason="stream-refused", layer="asgi")
def answers_no_stream(app: App) -> App:
    """Refuse every request that asks for a stream."""

    async def handle(inner: App, scope: Scope, receive: Receive, send: Send) -> None:
        body = await whole_body(receive)
        if b'"stream": true' in body:
            await reply(send, 400, b'{"error": "streams are not supported"}', [("content-type", "application/json")])
        else:
            await inner(scope, given(body, receive), send)

    return on_invocations(app, handle)


@mutant(kills="stream.incremental", reason="stream-in-one-burst", layer="asgi")
def sends_a_stream_when_it_is_whole(app: App) -> App:
    """Keep the chunks of a stream back until the last one is made, as a buffering proxy does."""
    return _in_blocks(app, 10**9)


@mutant(kills="stream.incremental", reason="stream-in-blocks", layer="asgi")
def sends_streams_in_blocks(app: App) -> App:
    """Send chunks in blocks of eleven, as a small buffer does."""
    return _in_blocks(app, BLOCK)


@mutant(
    kills="stream.within-8-minutes", reason="stream-endless", layer="asgi",
    also=("stream.ends-properly", "stream.reassembles", "stream.incremental"),
)  # fmt: skip
def beats_for_ever(app: App) -> App:
    """Go on with heartbeats behind the last record, and never end."""

    def make(send: Send) -> Send:
        async def beating(message: Message) -> None:
            ends = message["type"] == PART and not message.get("more_body", False)
            await send({**message, "more_body": True} if ends else message)
            while ends:
                await asyncio.sleep(scaled(BEAT))
                await send({"type": PART, "body": b": still here\n\n", "more_body": True})

        return beating

    return on_streams(app, make)


@mutant(kills="stream.reassembles", reason="records-undelimited", layer="asgi")
def sends_bare_objects(app: App) -> App:
    """Send each JSON object as a chunk, with nothing between them."""

    def bare(part: bytes) -> bytes:
        return part.replace(b"data: ", b"").replace(b"\n", b"")

    return changed_parts(_typed(app, b"application/json"), bare)


@mutant(kills="stream.reassembles", reason="record-unfinished", layer="asgi")
def forgets_the_last_blank_line(app: App) -> App:
    """Send the last event without the blank line that ends it: a parser drops it."""
    return changed_parts(app, lambda part: part.removesuffix(b"[DONE]\n\n") + b"[DONE]" if b"[DONE]" in part else part)


@mutant(kills="stream.headers-first", reason="stream-type-missing", layer="asgi")
def leaves_the_type_of_streams_open(app: App) -> App:
    """Send streams without Content-Type."""
    return _typed(app, b"")


@mutant(kills="stream.headers-first", reason="header-in-trailer", layer="wire")
def tells_its_attributes_last(protocol: type[HttpToolsProtocol]) -> type[HttpToolsProtocol]:
    """Send the custom attributes behind the last chunk, when they are known."""
    trailer = b"0\r\nX-Amzn-SageMaker-Custom-Attributes: tokens=40\r\n\r\n"
    return _at_the_end(protocol, lambda transport, data: transport.write(data.removesuffix(LAST_CHUNK) + trailer))


@mutant(kills="stream.ends-properly", reason="stream-unterminated", layer="wire")
def hangs_up_on_streams(protocol: type[HttpToolsProtocol]) -> type[HttpToolsProtocol]:
    """Close the connection in the place of the terminal chunk."""

    def hang_up(transport: Any, data: bytes) -> None:
        transport.write(data.removesuffix(LAST_CHUNK))
        transport.close()

    return _at_the_end(protocol, hang_up)


@mutant(kills="stream.failure-visible", reason="failure-hidden", layer="asgi")
def hides_what_fails(app: App) -> App:
    """Swallow the error record of a stream that fails, and end it as if it were whole."""
    return changed_parts(app, lambda part: b"" if part.removeprefix(b"data: ").startswith(b'{"error"') else part)


def _in_blocks(app: App, size: int) -> App:
    def make(send: Send) -> Send:
        kept: list[Message] = []

        async def keeping(message: Message) -> None:
            kept.append(message)
            if message["type"] == START or (len(kept) < size and message.get("more_body", False)):
                return
            for each in kept:
                await send(each)
            kept.clear()

        return keeping

    return on_streams(app, make)


def _typed(app: App, media_type: bytes) -> App:
    def make(send: Send) -> Send:
        async def typed(message: Message) -> None:
            await send(with_media_type(message, media_type) if message["type"] == START else message)

        return typed

    return on_streams(app, make)


def _at_the_end(protocol: type[HttpToolsProtocol], act: Any) -> type[HttpToolsProtocol]:
    """Have something else done where the terminal chunk of an answer would be written."""

    class Watched:
        def __init__(self, transport: Any) -> None:
            self._transport = transport

        def write(self, data: bytes) -> None:
            if data == LAST_CHUNK or data.endswith(b"\r\n" + LAST_CHUNK):
                act(self._transport, data)
            else:
                self._transport.write(data)

        def __getattr__(self, name: str) -> Any:
            return getattr(self._transport, name)

    class Changed(protocol):  # type: ignore[valid-type, misc]  # a base that is only known at run time
        def connection_made(self, transport: Any) -> None:
            super().connection_made(Watched(transport))

    return Changed
