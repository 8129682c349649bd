"""Legal peculiarities of servers with OpenAI's interface: what they add, lack or refuse, and how they write events."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import orjson

from seatrial.reference_server.live import LiveModel
from seatrial.reference_server.mutants.invocations_tools import Reply
from seatrial.reference_server.mutants.openai_tools import (
    CHAT,
    COMPLETIONS,
    DONE,
    MODELS,
    EventChange,
    Value,
    answering,
    asking_otherwise,
    openai_error,
    refusing,
    told_in_bytes,
    told_in_events,
    told_whole,
)
from seatrial.reference_server.protocols.asgi import App, Receive, Scope, Send, reply
from seatrial.reference_server.variants import oddity

SHORT = 64
LACKING = frozenset({"n", "logprobs", "stop", "max_completion_tokens", "stream_options"})
KNOWN = frozenset({"model", "messages", "temperature", "max_tokens", "top_logprobs", "stream"})
MORE_OF_AN_ANSWER = {"service_tier": None, "system_fingerprint": None, "prompt_logprobs": None, "kv_transfer": {"x": 1}}
MORE_OF_A_MESSAGE: Value = {"reasoning_content": None, "tool_calls": [], "annotations": None, "audio": None}


@oddity(layer="asgi")
def refuses_parameters_that_it_lacks(app: App) -> App:
    """Refuse every parameter beside the most common ones by 422, unknown ones among them."""
    answer = openai_error(422, "extra fields are not permitted")
    return refusing(app, lambda value, _: bool(value.keys() - KNOWN), answer)


@oddity(layer="asgi")
def serves_nothing_but_chats(app: App) -> App:
    """Serve neither completions nor a list of models, and answer 404 to GET on chats."""

    async def without(scope: Scope, receive: Receive, send: Send) -> None:
        absent = scope["path"] in {COMPLETIONS, MODELS} or (scope["path"] == CHAT and scope["method"] == "GET")
        if absent:
            await reply(send, 404, b'{"detail":"Not Found"}', [("content-type", "application/json")])
        else:
            await app(scope, receive, send)

    return without


@oddity(layer="asgi")
def answers_to_any_name(app: App) -> App:
    """Let the one model that is served answer, whatever model is asked for, and call itself by that name."""
    return asking_otherwise(app, lambda value: value | {"model": ""})


@oddity(layer="asgi")
def tells_more_than_is_published(app: App) -> App:
    """Add fields of its own to answers, messages, chunks and deltas, as vLLM does."""

    def more(value: Value, part: str) -> Value:
        for choice in value["choices"]:
            choice[part] |= MORE_OF_A_MESSAGE if part == "message" else {"reasoning_content": None}
            choice["stop_reason"] = None
        return value | MORE_OF_AN_ANSWER

    def in_events(value: Any) -> list[Any]:
        return [value if value == DONE else more(value, "delta")]

    return told_in_events(told_whole(app, lambda value: more(value, "message")), lambda: in_events)


@oddity(layer="asgi")
def numbers_its_error_codes(app: App) -> App:
    """Send the status as the code of an error, and leave param out."""

    def change(answer: Reply) -> Reply:
        if answer.status < 400:
            return answer
        told = orjson.loads(answer.body)["error"]
        error = {"object": "error", "message": told["message"], "type": "BadRequestError", "code": answer.status}
        return replace(answer, body=orjson.dumps({"error": error}))

    return answering(app, change, when=lambda _: True)


@oddity(layer="asgi")
def writes_events_with_carriage_returns(app: App) -> App:
    """Write events with CRLF, comments and names, and no blank after the colon."""

    def change(body: bytes) -> bytes:
        named = body.replace(b"data: ", b": still here\n\nevent: message\ndata:")
        return named.replace(b"\n", b"\r\n")

    return told_in_bytes(app, lambda: change)


@oddity(layer="asgi")
def cuts_events_anywhere(app: App) -> App:
    """Send its streams in pieces that end in the middle of a line."""

    def make() -> Callable[[bytes], bytes]:
        held = b""

        def change(body: bytes) -> bytes:
            nonlocal held
            held += body
            keep = 0 if DONE.encode() in held else min(len(held), 7)
            sent, held = held[: len(held) - keep], held[len(held) - keep :]
            return sent

        return change

    return told_in_bytes(app, make)


@oddity(layer="asgi")
def speaks_in_one_delta_and_ends_in_another(app: App) -> App:
    """Send the role with each delta, a delta of its own for the end, and the sums of tokens unasked."""

    def make() -> EventChange:
        def change(value: Any) -> list[Any]:
            if value == DONE or not value["choices"]:
                return [value]
            ending = [dict(choice) for choice in value["choices"] if choice["finish_reason"]]
            for choice in value["choices"]:
                choice["delta"]["role"] = "assistant"
                choice["finish_reason"] = None
            last = [choice | {"delta": {}, "logprobs": None} for choice in ending]
            made = {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2}
            return [value | {"usage": made}, *([value | {"choices": last}] if last else [])]

        return change

    return told_in_events(app, make)


@oddity(layer="model")
def answers_otherwise_each_time(model: LiveModel) -> LiveModel:
    """Choose tokens by chance also where none was asked for, so that no two answers need be the same."""
    real = model.reply

    async def replying(request: Any, form: str, call: Any) -> Any:
        body = request.body
        if form != "invocation" and b'"temperature": 0' in body:
            request = replace(request, body=body.replace(b'"temperature": 0', b'"temperature": 50', 1))
        return await real(request, form, call)

    model.reply = replying  # type: ignore[method-assign]
    return model


@oddity(layer="asgi")
def cuts_long_prompts_itself(app: App) -> App:
    """Answer the beginning of a prompt that is too long."""

    def change(value: Value) -> Value:
        messages = value.get("messages")
        if not isinstance(messages, list):
            return value
        short = [message | {"content": message["content"][:SHORT]} for message in messages]
        return value | {"messages": short}

    return asking_otherwise(app, change)
