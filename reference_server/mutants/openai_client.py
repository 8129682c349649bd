"""Faults that only OpenAI's own client meets: it accepts JSON, and gzip, whatever it asks for."""

from collections.abc import AsyncGenerator, Callable
from dataclasses import replace
from typing import Any

import orjson

from seatrial.reference_server.live import CHAT as CHAT_FORM
from seatrial.reference_server.live import LiveModel, StreamedResponse
from seatrial.reference_server.media import JSON
from seatrial.reference_server.mutants.invocations_tools import Reply
from seatrial.reference_server.mutants.openai_tools import CHAT, Value, openai_error, refusing
from seatrial.reference_server.protocols.asgi import App, Receive, Scope, Send
from seatrial.reference_server.variants import mutant


def _from_the_client(app: App, answer: Reply, when: Callable[[Value], bool]) -> App:
    """Return the application with an answer of its own for some requests of who accepts nothing but JSON."""
    return refusing(app, lambda value, headers: headers.get("accept") == JSON and when(value), answer)


def _is_bad(value: Value) -> bool:
    return isinstance(value.get("messages"), str)


@mutant(kills="openai.client-reads", reason="CLIENT_FAILS", layer="asgi")
def streams_only_to_who_accepts_events(app: App) -> App:
    """Answer 406 to a stream whose caller accepts JSON, as OpenAI's client says it does."""
    answer = openai_error(406, "a stream can only be text/event-stream")
    return _from_the_client(app, answer, lambda value: bool(value.get("stream")))


@mutant(kills="openai.client-reads", reason="CLIENT_FAILS", layer="asgi")
def says_gzip_and_sends_plain(app: App) -> App:
    """Say that an answer is compressed where the caller accepts that, and send it as it is."""

    async def lying(scope: Scope, receive: Receive, send: Send) -> None:
        async def claiming(message: Any) -> None:
            if message["type"] == "http.response.start" and message["status"] == 200:
                message["headers"] = [*message["headers"], (b"content-encoding", b"gzip")]
            await send(message)

        wanted = scope["path"] == CHAT and any(name == b"accept-encoding" for name, _ in scope["headers"])
        await app(scope, receive, claiming if wanted else send)

    return lying


@mutant(kills="openai.client-reads", reason="CLIENT_READS_OTHERWISE", layer="model")
def ends_untold_for_who_accepts_json(model: LiveModel) -> LiveModel:
    """Leave the reason of the end out of a stream whose caller accepts JSON."""
    real = model.reply

    async def untold(parts: AsyncGenerator[bytes, None]) -> AsyncGenerator[bytes, None]:
        async for part in parts:
            yield part.replace(b'"finish_reason":"stop"', b'"finish_reason":null')

    async def replying(request: Any, form: str, call: Any) -> Any:
        response = await real(request, form, call)
        wanted = form == CHAT_FORM and request.headers.get("accept") == JSON
        if wanted and isinstance(response, StreamedResponse):
            return replace(response, chunks=untold(response.chunks))
        return response

    model.reply = replying  # type: ignore[method-assign]
    return model


@mutant(kills="openai.client-errors", reason="CLIENT_UNTOLD", layer="asgi")
def tells_problems_to_who_accepts_json(app: App) -> App:
    """Refuse with RFC 9457's problem details where the caller accepts JSON."""
    body = orjson.dumps({"title": "Bad Request", "status": 400, "detail": "messages"})
    problem = Reply(400, {"content-type": "application/problem+json"}, body)
    return _from_the_client(app, problem, _is_bad)


@mutant(kills="openai.client-errors", reason="CLIENT_RAISES_OTHERWISE", layer="asgi")
def calls_bad_requests_of_clients_conflicts(app: App) -> App:
    """Refuse with 409 where the caller accepts JSON."""
    return _from_the_client(app, openai_error(409, "messages is no list"), _is_bad)
