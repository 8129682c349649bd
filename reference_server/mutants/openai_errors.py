"""Faults in how OpenAI's paths refuse what is wrong."""

from dataclasses import replace

import orjson

from seatrial.reference_server.media import JSON
from seatrial.reference_server.mutants.invocations_tools import Reply
from seatrial.reference_server.mutants.openai_tools import CHAT, answering, asked, error, openai_error, refusing
from seatrial.reference_server.protocols.asgi import App, Receive, Scope, Send, reply
from seatrial.reference_server.variants import mutant

LONG = 100_000


def _refusals(app: App, **changes: object) -> App:
    """Return the application with its refusals of chats changed."""

    def change(answer: Reply) -> Reply:
        return replace(answer, **changes) if 400 <= answer.status < 500 else answer  # type: ignore[arg-type]  # fields of Reply, named below

    return answering(app, change, when=lambda value: not value.get("stream"))


@mutant(kills="openai.error-status", reason="ERROR_AS_SUCCESS", layer="asgi", also=("openai.client-errors",))
def reports_errors_of_chats_with_200(app: App) -> App:
    """Answer 200 with an error in the body."""
    return _refusals(app, status=200)


@mutant(kills="openai.error-status", reason="ERROR_AS_SUCCESS", layer="asgi")
def reports_errors_inside_streams(app: App) -> App:
    """Begin a stream before the request is read, and report the error as its first event."""

    def change(answer: Reply) -> Reply:
        if not 400 <= answer.status < 500:
            return answer
        return Reply(200, {"content-type": "text/event-stream"}, b"data: " + answer.body + b"\n\ndata: [DONE]\n\n")

    return answering(app, change, when=lambda value: bool(value.get("stream")) and isinstance(value["messages"], str))


@mutant(kills="openai.error-status", reason="ERROR_AS_FAILURE", layer="asgi", also=("openai.client-errors",))
def fails_at_bad_chats(app: App) -> App:
    """Answer 500 to bad requests, as a server does that lets its parser raise."""
    return _refusals(app, status=500)


@mutant(kills="openai.error-status", reason="ERROR_STATUS", layer="asgi", also=("openai.client-errors",))
def calls_every_mistake_a_conflict(app: App) -> App:
    """Answer 409 to bad requests."""
    return _refusals(app, status=409)


@mutant(kills="openai.error-object", reason="ERROR_NOT_JSON", layer="asgi", also=("openai.client-errors",))
def refuses_chats_in_plain_text(app: App) -> App:
    """Refuse bad requests with a line of text."""
    return _refusals(app, body=b"Bad Request", headers={"content-type": "text/plain"})


@mutant(kills="openai.error-object", reason="ERROR_SHAPE", layer="asgi", also=("openai.client-errors",))
def refuses_chats_as_fastapi_does(app: App) -> App:
    """Refuse bad requests with FastAPI's own detail."""
    detail = [{"type": "missing", "loc": ["body", "messages"], "msg": "Field required"}]
    return _refusals(app, status=422, body=orjson.dumps({"detail": detail}), headers={"content-type": JSON})


@mutant(kills="openai.error-object", reason="ERROR_SHAPE", layer="asgi", also=("openai.client-errors",))
def refuses_chats_with_a_bare_sentence(app: App) -> App:
    """Send the message where the object belongs."""
    return _refusals(app, body=b'{"error": "bad request"}', headers={"content-type": JSON})


@mutant(kills="openai.wrong-method", reason="WRONG_METHOD_STATUS", layer="asgi")
def fails_at_a_wrong_method(app: App) -> App:
    """Answer 500 to GET."""

    async def failing(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["path"] == CHAT and scope["method"] == "GET":
            await reply(send, 500, b"expected a body")
        else:
            await app(scope, receive, send)

    return failing


@mutant(kills="openai.long-prompt", reason="LONG_PROMPT_FAILS", layer="asgi")
def fails_at_long_prompts(app: App) -> App:
    """Answer 500 to a prompt that the model cannot hold."""
    return refusing(app, lambda value, _: len(str(value)) > LONG, openai_error(500, "index out of range"))


@mutant(kills="openai.long-prompt", reason="LONG_PROMPT_FAILS", layer="asgi")
def breaks_on_long_prompts(app: App) -> App:
    """Answer 500 to the chat after a long prompt."""
    broken = False

    async def handle(value: dict[str, object], scope: Scope, receive: Receive, send: Send, inner: App) -> None:
        nonlocal broken
        if broken:
            broken = False
            answer = error(500, {"error": {"message": "the engine is dead", "type": "server_error"}})
            await reply(send, answer.status, answer.body, answer.headers.items())
            return
        broken = len(str(value)) > LONG
        await inner(scope, receive, send)

    return asked(app, handle)
