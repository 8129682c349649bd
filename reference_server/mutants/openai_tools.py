"""What faults of OpenAI's paths are made of: other requests, other answers, other events.

Nothing here is a mutant. Paths that are not named pass untouched.
"""

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any, TypeAlias

import orjson

from seatrial.reference_server.media import JSON
from seatrial.reference_server.mutants.invocations_tools import Reply, answer_of, given, whole_body, with_length
from seatrial.reference_server.protocols.asgi import App, Message, Receive, Scope, Send, headers_of, reply

CHAT, COMPLETIONS, MODELS = "/v1/chat/completions", "/v1/completions", "/v1/models"
EVENTS = "text/event-stream"
DONE = "[DONE]"

Value: TypeAlias = dict[str, Any]
EventChange: TypeAlias = Callable[[Any], Iterable[Any]]


def asked(app: App, handle: Callable[[Value, Scope, Receive, Send, App], Any], path: str = CHAT) -> App:
    """Return the application with another handler for one path, which gets the request's JSON, else `{}`."""

    async def wrapped(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["path"] != path or scope["method"] != "POST":
            await app(scope, receive, send)
            return
        body = await whole_body(receive)
        await handle(_value(body), with_length(scope, len(body)), given(body, receive), send, app)

    return wrapped


def refusing(app: App, when: Callable[[Value, dict[str, str]], bool], answer: Reply, path: str = CHAT) -> App:
    """Return the application with an answer of its own for some requests, by their JSON and their headers."""

    async def handle(value: Value, scope: Scope, receive: Receive, send: Send, inner: App) -> None:
        if when(value, headers_of(scope)):
            await reply(send, answer.status, answer.body, answer.headers.items())
        else:
            await inner(scope, receive, send)

    return asked(app, handle, path)


def asking_otherwise(app: App, change: Callable[[Value], Value], path: str = CHAT) -> App:
    """Return the application behind changed requests; what is no JSON object passes."""

    async def handle(value: Value, scope: Scope, receive: Receive, send: Send, inner: App) -> None:
        if not value:
            await inner(scope, receive, send)
            return
        body = orjson.dumps(change(value))
        await inner(with_length(scope, len(body)), given(body, receive), send)

    return asked(app, handle, path)


def answering(app: App, change: Callable[[Reply], Reply], *, when: Callable[[Value], bool], path: str = CHAT) -> App:
    """Return the application with changed answers to some requests, by their JSON; the answers are held until whole."""

    async def handle(value: Value, scope: Scope, receive: Receive, send: Send, inner: App) -> None:
        if not when(value):
            await inner(scope, receive, send)
            return
        answer = change(await answer_of(inner, scope, receive))
        await reply(send, answer.status, answer.body, answer.headers.items())

    return asked(app, handle, path)


def told_whole(app: App, change: Callable[[Value], Value], path: str = CHAT) -> App:
    """Return the application with changed answers in one piece, where they are no refusal."""

    def changed(answer: Reply) -> Reply:
        if answer.status != 200:
            return answer
        return replace(answer, body=orjson.dumps(change(orjson.loads(answer.body))))

    return answering(app, changed, when=lambda value: not value.get("stream"), path=path)


def told_in_choices(app: App, change: Callable[[Value], None], path: str = CHAT) -> App:
    """Return the application with every choice of its answers in one piece changed in place."""

    def changed(value: Value) -> Value:
        for choice in value["choices"]:
            change(choice)
        return value

    return told_whole(app, changed, path)


def told_in_events(app: App, make: Callable[[], EventChange], path: str = CHAT) -> App:
    """Return the application with changed streams.

    Args:
        app: the application.
        make: returns, for each stream anew, what turns an event's value (`[DONE]` for the last) into several.
        path: whose streams are changed.
    """

    def written(changed: Any) -> bytes:
        return b"data: " + (changed.encode() if isinstance(changed, str) else orjson.dumps(changed)) + b"\n\n"

    def make_bytes() -> Callable[[bytes], bytes]:
        change = make()
        return lambda body: b"".join(written(one) for value in _events(body) for one in change(value))

    return told_in_bytes(app, make_bytes, path=path)


def told_in_bytes(app: App, make: Callable[[], Callable[[bytes], bytes]], *, path: str = CHAT, media: str = "") -> App:
    """Return the application with the parts of its streams changed, and perhaps their media type."""

    async def wrapped(scope: Scope, receive: Receive, send: Send) -> None:
        change, stream = make(), False

        async def changing(message: Message) -> None:
            nonlocal stream
            if message["type"] == "http.response.start":
                stream = any(name == b"content-type" and value.startswith(EVENTS.encode())
                             for name, value in message["headers"])  # fmt: skip
                if stream and media:
                    kept = [pair for pair in message["headers"] if pair[0] != b"content-type"]
                    message["headers"] = [*kept, (b"content-type", media.encode())]
            elif stream and message.get("body"):
                message["body"] = change(message["body"])
            await send(message)

        await app(scope, receive, changing if scope["path"] == path else send)

    return wrapped


def error(status: int, value: object) -> Reply:
    """Return a refusal in JSON."""
    return Reply(status, {"content-type": JSON}, orjson.dumps(value))


def openai_error(status: int, message: str) -> Reply:
    """Return a refusal in OpenAI's form."""
    return error(status, {"error": {"message": message, "type": "invalid_request_error", "param": None, "code": None}})


def _events(body: bytes) -> Iterable[Any]:
    for event in body.split(b"\n\n"):
        data = event.removeprefix(b"data: ")
        if data:
            yield DONE if data == DONE.encode() else orjson.loads(data)


def _value(body: bytes) -> Value:
    try:
        value = orjson.loads(body)
    except orjson.JSONDecodeError:
        return {}
    return value if isinstance(value, dict) else {}
