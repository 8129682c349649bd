"""Faults of chats in one piece, and of the parameters that they take."""

from dataclasses import replace
from typing import Any

from seatrial.reference_server.mutants.invocations_tools import Reply
from seatrial.reference_server.mutants.openai_tools import (
    DONE,
    Value,
    answering,
    asking_otherwise,
    openai_error,
    refusing,
    told_in_choices,
    told_in_events,
    told_whole,
)
from seatrial.reference_server.protocols.asgi import App
from seatrial.reference_server.variants import mutant

KNOWN = frozenset(
    {"model", "messages", "temperature", "max_tokens", "max_completion_tokens", "stream", "stream_options"}
    | {"n", "stop", "logprobs", "top_logprobs"}
)


@mutant(kills="openai.chat-schema", reason="CHAT_SCHEMA", layer="asgi")
def leaves_out_the_id(app: App) -> App:
    """Send a chat completion without an id."""
    return told_whole(app, lambda value: {name: field for name, field in value.items() if name != "id"})


@mutant(kills="openai.chat-schema", reason="CHAT_SCHEMA", layer="asgi")
def counts_seconds_in_fractions(app: App) -> App:
    """Send created as a number with a fraction."""
    return told_whole(app, lambda value: value | {"created": value["created"] + 0.25})


@mutant(kills="openai.chat-schema", reason="CHAT_SCHEMA", layer="asgi")
def names_the_end_mark(app: App) -> App:
    """Say that an answer ended with `eos_token`, as servers with an interface of their own do."""

    def change(choice: Value) -> None:
        choice["finish_reason"] = "eos_token"

    return told_in_choices(app, change)


@mutant(kills="openai.chat-schema", reason="CHAT_SCHEMA", layer="asgi")
def answers_as_the_user(app: App) -> App:
    """Give the answer the role of who asked."""

    def change(choice: Value) -> None:
        choice["message"]["role"] = "user"

    return told_in_choices(app, change)


@mutant(kills="openai.chat-schema", reason="CHAT_CONTENT_TYPE", layer="asgi")
def sends_chats_as_text(app: App) -> App:
    """Send chat completions as text/plain."""
    return answering(
        app,
        lambda answer: answer.with_header("content-type", "text/plain"),
        when=lambda value: not value.get("stream"),
    )


@mutant(kills="openai.usage-sums", reason="USAGE_MISSING", layer="asgi")
def tells_no_tokens(app: App) -> App:
    """Leave usage out."""
    return told_whole(app, lambda value: {name: field for name, field in value.items() if name != "usage"})


@mutant(kills="openai.usage-sums", reason="USAGE_SUM", layer="asgi")
def counts_the_prompt_twice(app: App) -> App:
    """Add the tokens of the prompt to those that were made, and again to the sum."""

    def changed(value: Value) -> Value:
        value["usage"]["total_tokens"] += value["usage"]["prompt_tokens"]
        return value

    return told_whole(app, changed)


@mutant(kills="openai.token-limit", reason="LIMIT_IGNORED", layer="asgi")
def knows_only_the_old_limit(app: App) -> App:
    """Ignore max_completion_tokens."""
    return asking_otherwise(app, lambda value: _without(value, "max_completion_tokens"))


@mutant(kills="openai.token-limit", reason="LIMIT_UNTOLD", layer="asgi")
def says_stop_where_the_limit_cut(app: App) -> App:
    """Say that every answer came to its end."""

    def change(choice: Value) -> None:
        choice["finish_reason"] = "stop"

    return told_in_choices(app, change)


@mutant(kills="openai.choices", reason="CHOICES_MISSING", layer="asgi")
def makes_one_answer_only(app: App) -> App:
    """Ignore n."""
    return asking_otherwise(app, lambda value: _without(value, "n"))


@mutant(kills="openai.choices", reason="CHOICES_MISSING", layer="asgi")
def streams_the_first_choice_only(app: App) -> App:
    """Leave out of a stream what belongs to further choices."""

    def change(value: Any) -> list[Any]:
        if value == DONE:
            return [value]
        return [value] if all(choice["index"] == 0 for choice in value["choices"]) else []

    return told_in_events(app, lambda: change)


@mutant(kills="openai.choices", reason="PARAMETER_FAILS", layer="asgi")
def fails_at_several_choices(app: App) -> App:
    """Answer 500 where several choices are asked for."""
    return refusing(app, lambda value, _: value.get("n", 1) != 1, openai_error(500, "n"))


@mutant(kills="openai.stop", reason="STOP_IGNORED", layer="asgi")
def ignores_stop(app: App) -> App:
    """Ignore stop."""
    return asking_otherwise(app, lambda value: _without(value, "stop"))


@mutant(kills="openai.stop", reason="STOP_IGNORED", layer="asgi")
def ignores_stop_in_streams(app: App) -> App:
    """Ignore stop where a stream was asked for."""
    return asking_otherwise(app, lambda value: _without(value, "stop") if value.get("stream") else value)


@mutant(kills="openai.stop", reason="STOP_UNTOLD", layer="asgi")
def calls_a_stop_string_a_limit(app: App) -> App:
    """Say `length` where a stop string ended the answer."""

    def changed(answer: Reply) -> Reply:
        body = answer.body.replace(b'"finish_reason":"stop"', b'"finish_reason":"length"')
        return replace(answer, body=body)

    return answering(app, changed, when=lambda value: "stop" in value)


@mutant(kills="openai.logprobs", reason="LOGPROBS_MISSING", layer="asgi")
def ignores_logprobs(app: App) -> App:
    """Ignore logprobs."""
    return asking_otherwise(app, lambda value: _without(value, "logprobs", "top_logprobs"))


@mutant(kills="openai.logprobs", reason="LOGPROBS_SHAPE", layer="asgi")
def writes_logprobs_by_token(app: App) -> App:
    """Send log probabilities as an object from token to number."""

    def change(choice: Value) -> None:
        if choice["logprobs"]:
            told = choice["logprobs"]["content"]
            choice["logprobs"]["content"] = {one["token"]: one["logprob"] for one in told}

    return told_in_choices(app, change)


@mutant(kills="openai.logprobs", reason="LOGPROBS_SHAPE", layer="asgi")
def tells_probabilities(app: App) -> App:
    """Send probabilities where their logarithms belong."""

    def change(choice: Value) -> None:
        for one in (choice["logprobs"] or {}).get("content", ()):
            one["logprob"] = 2.718281828 ** one["logprob"]

    return told_in_choices(app, change)


@mutant(kills="openai.unknown-field", reason="UNKNOWN_FIELD_FAILS", layer="asgi")
def stumbles_over_unknown_fields(app: App) -> App:
    """Answer 500 where a field is not known, as a function called with the whole body does."""
    return refusing(app, lambda value, _: bool(value.keys() - KNOWN), openai_error(500, "unexpected keyword argument"))


def _without(value: Value, *names: str) -> Value:
    return {name: field for name, field in value.items() if name not in names}
