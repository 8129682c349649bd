"""Faults of the routes of OpenAI's interface: who may call them, with which model, and of the routes beside."""

from typing import Any

from seatrial.reference_server.errors import InvalidRequestError
from seatrial.reference_server.live import CHAT as CHAT_FORM
from seatrial.reference_server.live import LiveModel
from seatrial.reference_server.mutants.invocations_tools import Reply
from seatrial.reference_server.mutants.openai_tools import (
    CHAT,
    MODELS,
    error,
    openai_error,
    refusing,
)
from seatrial.reference_server.protocols.asgi import App, Receive, Scope, Send, reply
from seatrial.reference_server.variants import mutant

KEY_NEEDED = error(401, {"error": {"message": "no API key", "type": "authentication_error"}})
PAGE = Reply(200, {"content-type": "text/html"}, b"<!doctype html><title>Welcome</title>")


@mutant(kills="openai.chat-completions", reason="CHAT_ROUTE_MISSING", layer="asgi")
def serves_chats_at_invocations_only(app: App) -> App:
    """Serve chats at /invocations only."""

    async def without(scope: Scope, receive: Receive, send: Send) -> None:
        await app({**scope, "path": "/nowhere"} if scope["path"] == CHAT else scope, receive, send)

    return without


@mutant(kills="openai.chat-completions", reason="CHAT_UNAUTHORIZED", layer="asgi")
def asks_for_a_key(app: App) -> App:
    """Answer 401 where no key comes along, though the platform passes none on."""
    return refusing(app, lambda _, headers: "authorization" not in headers, KEY_NEEDED)


def _raising(model: LiveModel, failure: Exception) -> LiveModel:
    real = model.reply

    async def failing(request: Any, form: str, call: Any) -> Any:
        if form == CHAT_FORM:
            raise failure
        return await real(request, form, call)

    model.reply = failing  # type: ignore[method-assign]
    return model


@mutant(kills="openai.chat-completions", reason="CHAT_REFUSED", layer="model")
def has_no_chat_template(model: LiveModel) -> LiveModel:
    """Refuse every chat, because the tokenizer came without a template."""
    return _raising(model, InvalidRequestError("the tokenizer has no chat template", code="no_chat_template"))


@mutant(kills="openai.chat-completions", reason="CHAT_FAILS", layer="model")
def fails_at_every_chat(model: LiveModel) -> LiveModel:
    """Raise at every chat."""
    return _raising(model, RuntimeError("the template cannot be rendered"))


@mutant(kills="openai.chat-completions", reason="CHAT_NOT_JSON", layer="asgi")
def answers_chats_with_a_page(app: App) -> App:
    """Answer chats with the page that stands at every unknown path."""
    return refusing(app, lambda *_: True, PAGE)


@mutant(kills="openai.empty-model", reason="EMPTY_MODEL_REFUSED", layer="asgi")
def knows_no_empty_model(app: App) -> App:
    """Answer 404 where the model is empty."""
    unknown = openai_error(404, "The model `` does not exist.")
    return refusing(app, lambda value, _: value.get("model") == "", unknown)


@mutant(
    kills="openai.no-authorization",
    reason="BEARER_MATTERS",
    layer="asgi",
    also=("openai.client-reads", "openai.client-errors"),
)
def checks_a_token_that_comes_along(app: App) -> App:
    """Answer 401 where a token comes along that it does not know."""
    return refusing(app, lambda _, headers: "authorization" in headers, KEY_NEEDED)


def _once_a_chat_was_asked(app: App, path: str) -> App:
    chats = 0

    async def replacing(scope: Scope, receive: Receive, send: Send) -> None:
        nonlocal chats
        chats += scope["path"] == CHAT
        if scope["path"] == path and chats:
            await reply(send, 404, b'{"detail": "Not Found"}')
        else:
            await app(scope, receive, send)

    return replacing


@mutant(kills="openai.routes-beside", reason="PING_GONE", layer="asgi")
def replaces_ping(app: App) -> App:
    """Answer /ping with 404 once a chat was asked for."""
    return _once_a_chat_was_asked(app, "/ping")


@mutant(kills="openai.routes-beside", reason="INVOCATIONS_GONE", layer="asgi")
def replaces_invocations(app: App) -> App:
    """Answer /invocations with 404 once a chat was asked for."""
    return _once_a_chat_was_asked(app, "/invocations")


@mutant(kills="openai.models", reason="MODELS_SHAPE", layer="asgi")
def lists_names_of_models(app: App) -> App:
    """List the models as a list of names."""

    async def listing(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["path"] == MODELS:
            await reply(send, 200, b'["sample-llm"]', [("content-type", "application/json")])
        else:
            await app(scope, receive, send)

    return listing


@mutant(kills="openai.models", reason="LISTED_MODEL_REFUSED", layer="model")
def lists_a_model_that_is_not_loaded(model: LiveModel) -> LiveModel:
    """List a model first that nobody can ask."""
    model.names = lambda: ("a-model-to-come", model.name)  # type: ignore[method-assign]
    return model
