"""Asks the same question in one piece and as a stream, greedily, twice each: answers that repeat can be compared."""

from __future__ import annotations

import json
from dataclasses import dataclass

from seatrial.conformance.api import Drive, Exchange, scenario
from seatrial.suites.openai.scenarios.asking import COMPLETIONS, QUESTION, TOKENS, Asker

__all__ = ["ChatsSeen", "CompletionsSeen"]

TIMES = 2


@dataclass(frozen=True)
class ChatsSeen:
    """One question, asked in several ways.

    Attributes:
        whole: in one piece, twice.
        streamed: as a stream, twice.
        counted: as a stream with `stream_options.include_usage`.
    """

    whole: tuple[Exchange, ...]
    streamed: tuple[Exchange, ...]
    counted: Exchange


@dataclass(frozen=True)
class CompletionsSeen:
    """A prompt for the older completions, in one piece, twice, and as a stream."""

    whole: tuple[Exchange, ...]
    streamed: Exchange


@scenario("openai-chats", sees=ChatsSeen, takes=1.0)
def chats(drive: Drive) -> ChatsSeen:
    """Ask five times."""
    asker = Asker(drive)
    whole = tuple(asker.chat() for _ in range(TIMES))
    streamed = tuple(asker.chat(stream=True) for _ in range(TIMES))
    return ChatsSeen(whole, streamed, asker.chat(stream=True, stream_options={"include_usage": True}))


@scenario("openai-completions", sees=CompletionsSeen, takes=0.4)
def completions(drive: Drive) -> CompletionsSeen:
    """Give the question as a prompt, in the form of the chats."""
    asker = Asker(drive)
    fields = {"prompt": QUESTION, "max_tokens": TOKENS, "temperature": 0}
    if asker.form.model is not None:
        fields["model"] = asker.form.model
    whole = tuple(asker.post(COMPLETIONS, json.dumps(fields).encode()) for _ in range(TIMES))
    return CompletionsSeen(whole, asker.post(COMPLETIONS, json.dumps(fields | {"stream": True}).encode()))
