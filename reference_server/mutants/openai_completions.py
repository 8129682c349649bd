"""Faults of the older completions, in one piece and streamed."""

from dataclasses import replace
from typing import Any

from seatrial.reference_server.mutants.invocations_tools import Reply
from seatrial.reference_server.mutants.openai_tools import (
    COMPLETIONS,
    DONE,
    EventChange,
    Value,
    answering,
    openai_error,
    refusing,
    told_in_choices,
    told_in_events,
    told_whole,
)
from seatrial.reference_server.protocols.asgi import App
from seatrial.reference_server.variants import mutant


@mutant(kills="openai.completions", reason="COMPLETIONS_FAIL", layer="asgi", also=("openai.completions-stream",))
def fails_at_completions(app: App) -> App:
    """Answer completions with 500."""
    return refusing(app, lambda *_: True, openai_error(500, "not implemented"), COMPLETIONS)


@mutant(kills="openai.completions", reason="COMPLETIONS_SCHEMA", layer="asgi")
def writes_completions_as_chats(app: App) -> App:
    """Answer completions with a message instead of a text."""

    def change(choice: Value) -> None:
        choice["message"] = {"role": "assistant", "content": choice.pop("text")}

    return told_in_choices(app, change, COMPLETIONS)


@mutant(kills="openai.completions", reason="USAGE_SUM", layer="asgi")
def forgets_the_prompt_in_completions(app: App) -> App:
    """Count the tokens that were made as all there were."""

    def changed(value: Value) -> Value:
        value["usage"]["total_tokens"] = value["usage"]["completion_tokens"]
        return value

    return told_whole(app, changed, COMPLETIONS)


@mutant(kills="openai.completions-stream", reason="COMPLETIONS_STREAM", layer="asgi")
def repeats_the_text_in_completions(app: App) -> App:
    """Send in each event the text so far."""

    def make() -> EventChange:
        text = ""

        def change(value: Any) -> list[Any]:
            nonlocal text
            if value != DONE:
                for choice in value["choices"]:
                    text = choice["text"] = text + choice["text"]
            return [value]

        return change

    return told_in_events(app, make, COMPLETIONS)


@mutant(kills="openai.completions-stream", reason="STREAM_CONTENT_TYPE", layer="asgi")
def never_streams_completions(app: App) -> App:
    """Answer a completion in one piece also where a stream was asked for."""

    def joined(answer: Reply) -> Reply:
        events = [event.removeprefix(b"data: ") for event in answer.body.split(b"\n\n")]
        return replace(answer, headers={"content-type": "application/json"}, body=events[0])

    return answering(app, joined, when=lambda value: bool(value.get("stream")), path=COMPLETIONS)


@mutant(kills="openai.completions-stream", reason="COMPLETIONS_SCHEMA", layer="asgi")
def streams_completions_as_chunks_of_chats(app: App) -> App:
    """Send deltas in the stream of a completion."""

    def change(value: Any) -> list[Any]:
        if value != DONE:
            for choice in value["choices"]:
                choice["delta"] = {"content": choice.pop("text")}
        return [value]

    return told_in_events(app, lambda: change, COMPLETIONS)
