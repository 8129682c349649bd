"""Faults of streamed chats: their events, their chunks, and what these add up to."""

import itertools
from collections.abc import Callable
from typing import Any

from seatrial.reference_server.mutants.openai_tools import (
    CHAT,
    DONE,
    EventChange,
    asking_otherwise,
    openai_error,
    refusing,
    told_in_bytes,
    told_in_events,
)
from seatrial.reference_server.protocols.asgi import App, Message, Receive, Scope, Send
from seatrial.reference_server.variants import mutant


def _choices(app: App, change: Callable[[dict[str, Any]], None]) -> App:
    """Return the application with every choice of its streams changed in place."""

    def changed(value: Any) -> list[Any]:
        for choice in () if value == DONE else value["choices"]:
            change(choice)
        return [value]

    return told_in_events(app, lambda: changed)


@mutant(kills="openai.stream-events", reason="STREAM_REFUSED", layer="asgi")
def refuses_streams(app: App) -> App:
    """Refuse chats that ask for a stream."""
    return refusing(app, lambda value, _: bool(value.get("stream")), openai_error(400, "streams are not supported"))


@mutant(kills="openai.stream-events", reason="STREAM_CONTENT_TYPE", layer="asgi")
def streams_lines_of_json(app: App) -> App:
    """Stream lines of JSON, as the LMI containers do."""
    return told_in_bytes(app, lambda: _as_lines, media="application/jsonlines")


@mutant(kills="openai.stream-events", reason="STREAM_NO_EVENTS", layer="asgi")
def calls_lines_of_json_events(app: App) -> App:
    """Stream lines of JSON and call them events."""
    return told_in_bytes(app, lambda: _as_lines)


def _as_lines(body: bytes) -> bytes:
    return body.replace(b"data: ", b"").replace(b"\n\n", b"\n").replace(DONE.encode(), b"")


@mutant(kills="openai.stream-events", reason="STREAM_EVENT_NOT_JSON", layer="asgi")
def streams_bare_text(app: App) -> App:
    """Send the text alone in each event."""

    def change(value: Any) -> list[Any]:
        return [value] if value == DONE else [choice["delta"].get("content") or " " for choice in value["choices"]]

    return told_in_events(app, lambda: change)


@mutant(kills="openai.stream-events", reason="STREAM_NOT_DONE", layer="asgi")
def never_says_that_it_is_done(app: App) -> App:
    """End a stream without `[DONE]`."""
    return told_in_events(app, lambda: lambda value: [] if value == DONE else [value])


@mutant(kills="openai.stream-events", reason="STREAM_NOT_DONE", layer="asgi")
def tells_more_after_the_end(app: App) -> App:
    """Send one more event after `[DONE]`."""
    return told_in_events(app, lambda: lambda value: [value, {"metrics": {}}] if value == DONE else [value])


@mutant(kills="openai.stream-events", reason="STREAM_CUT", layer="asgi")
def drops_the_connection_at_the_end(app: App) -> App:
    """Close the connection after the last event, without the last chunk that HTTP wants."""

    async def dropping(scope: Scope, receive: Receive, send: Send) -> None:
        chunked = False

        async def cut(message: Message) -> None:
            nonlocal chunked
            if message["type"] == "http.response.start":
                chunked = not any(name == b"content-length" for name, _ in message["headers"])
            if message["type"] == "http.response.start" or message.get("more_body") or not chunked:
                await send(message)

        await app(scope, receive, cut if scope["path"] == CHAT else send)

    return dropping


@mutant(kills="openai.chunk-schema", reason="CHUNK_SCHEMA", layer="asgi")
def calls_its_chunks_answers(app: App) -> App:
    """Call each chunk a `chat.completion`."""
    whole = {"object": "chat.completion"}
    return told_in_events(app, lambda: lambda value: [value if value == DONE else value | whole])


@mutant(
    kills="openai.chunk-schema",
    reason="CHUNK_SCHEMA",
    layer="asgi",
    also=("openai.stream-role", "openai.stream-same-text", "openai.logprobs"),
)
def streams_messages(app: App) -> App:
    """Send a message in each chunk where its delta belongs."""

    def change(choice: dict[str, Any]) -> None:
        choice["message"] = choice.pop("delta")

    return _choices(app, change)


@mutant(kills="openai.stream-one-answer", reason="CHUNKS_DIFFER", layer="asgi")
def numbers_its_chunks(app: App) -> App:
    """Give each chunk an id of its own."""
    numbers = itertools.count()

    def change(value: Any) -> list[Any]:
        return [value if value == DONE else value | {"id": f"chunk-{next(numbers)}"}]

    return told_in_events(app, lambda: change)


@mutant(kills="openai.stream-role", reason="STREAM_ROLE", layer="asgi")
def never_says_who_speaks(app: App) -> App:
    """Leave the role out of every delta."""
    return _choices(app, lambda choice: choice["delta"].pop("role", None))


@mutant(kills="openai.stream-same-text", reason="STREAM_TEXT_DIFFERS", layer="asgi")
def loses_the_end_of_a_streamed_chat(app: App) -> App:
    """Lose the text that comes with the end."""

    def make() -> EventChange:
        held: list[Any] = []

        def change(value: Any) -> list[Any]:
            held.append(value)
            if value == DONE:
                for chunk in held[-3:-1]:
                    for choice in chunk["choices"]:
                        choice["delta"].pop("content", None)
                return held
            return []

        return change

    return told_in_events(app, make)


@mutant(kills="openai.stream-same-text", reason="STREAM_TEXT_DIFFERS", layer="asgi")
def repeats_the_text_so_far(app: App) -> App:
    """Send in each delta the text so far."""

    def make() -> EventChange:
        text = ""

        def change(value: Any) -> list[Any]:
            nonlocal text
            for choice in () if value == DONE else value["choices"]:
                text += choice["delta"].get("content") or ""
                choice["delta"]["content"] = text
            return [value]

        return change

    return told_in_events(app, make)


@mutant(kills="openai.stream-same-text", reason="STREAM_TEXT_DIFFERS", layer="asgi")
def strips_its_deltas(app: App) -> App:
    """Send each delta without the blanks around it."""

    def change(choice: dict[str, Any]) -> None:
        if "content" in choice["delta"]:
            choice["delta"]["content"] = choice["delta"]["content"].strip()

    return _choices(app, change)


@mutant(
    kills="openai.stream-finish",
    reason="STREAM_FINISH_MISSING",
    layer="asgi",
    also=("openai.choices", "openai.stop", "openai.client-reads"),
)
def never_says_why_a_stream_ends(app: App) -> App:
    """Never say why a stream ends."""
    return _choices(app, lambda choice: choice.update(finish_reason=None))


@mutant(
    kills="openai.stream-finish",
    reason="STREAM_FINISH_MISSING",
    layer="asgi",
    also=("openai.choices",),
)
def says_in_every_chunk_why_it_ends(app: App) -> App:
    """Say `stop` in every chunk."""
    return _choices(app, lambda choice: choice.update(finish_reason="stop"))


@mutant(kills="openai.stream-finish", reason="STREAM_FINISH_DIFFERS", layer="asgi", also=("openai.stop",))
def ends_streams_by_a_limit(app: App) -> App:
    """Say `length` at the end of every stream."""

    def change(choice: dict[str, Any]) -> None:
        if choice["finish_reason"]:
            choice["finish_reason"] = "length"

    return _choices(app, change)


@mutant(kills="openai.stream-usage", reason="STREAM_USAGE_MISSING", layer="asgi")
def ignores_the_options_of_streams(app: App) -> App:
    """Ignore stream_options."""

    def change(value: dict[str, Any]) -> dict[str, Any]:
        return {name: field for name, field in value.items() if name != "stream_options"}

    return asking_otherwise(app, change)


@mutant(kills="openai.stream-usage", reason="STREAM_USAGE_DIFFERS", layer="asgi")
def forgets_the_template_in_streams(app: App) -> App:
    """Count the prompt of a stream without what the template adds."""

    def change(value: Any) -> list[Any]:
        if value != DONE and value.get("usage"):
            value["usage"]["prompt_tokens"] -= 2
            value["usage"]["total_tokens"] -= 2
        return [value]

    return told_in_events(app, lambda: change)
