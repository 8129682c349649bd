"""Asks for what cannot be answered: broken bodies, wrong types, a model that nobody has, a prompt without end."""

from __future__ import annotations

import json
from dataclasses import dataclass

from seatrial.conformance.api import Drive, Exchange, RawRequest, scenario
from seatrial.suites.openai.scenarios.asking import CHAT, Asker

__all__ = ["ErrorsSeen", "Fault", "LongPromptSeen", "Wrong"]

NOBODY = "seatrial-model-that-nobody-has"
WORDS = 200_000
"""Of the long prompt, a token each in most vocabularies: more than most models read."""
LONG_PATIENCE = 30.0


@dataclass(frozen=True)
class Wrong:
    """One request that is wrong.

    Attributes:
        name: what is wrong, in words.
        unanswerable: whether no server could answer it; else one that does not look at the field may.
        exchange: what became of it.
    """

    name: str
    unanswerable: bool
    exchange: Exchange


@dataclass(frozen=True)
class ErrorsSeen:
    """How wrong requests were answered.

    Attributes:
        wrong: each of them.
        nobody: a chat with a model that nobody has.
        read: GET where POST is meant.
    """

    wrong: tuple[Wrong, ...]
    nobody: Exchange
    read: Exchange


@dataclass(frozen=True)
class LongPromptSeen:
    """A prompt of a million characters, and a usual chat after it."""

    long: Exchange
    after: Exchange


@dataclass(frozen=True)
class Fault:
    """A body that is wrong."""

    name: str
    body: bytes
    unanswerable: bool = True


@scenario("openai-errors", sees=ErrorsSeen, takes=0.2)
def errors(drive: Drive) -> ErrorsSeen:
    """Send each wrong request."""
    asker = Asker(drive)
    faults = (
        Fault("the body is broken JSON", asker.body()[:-9]),
        Fault("the body is a list", b"[]"),
        Fault("messages is missing", json.dumps({"model": asker.form.model or ""}).encode()),
        Fault("messages is a text", asker.body(messages="Hello")),
        Fault("messages is a text, and a stream is asked for", asker.body(messages="Hello", stream=True)),
        Fault("temperature is a text", asker.body(temperature="warm"), unanswerable=False),
        Fault("n is a list", asker.body(n=[1]), unanswerable=False),
    )
    wrong = tuple(Wrong(each.name, each.unanswerable, asker.post(CHAT, each.body)) for each in faults)
    return ErrorsSeen(wrong, asker.chat(model=NOBODY), asker.send(RawRequest("GET", CHAT)))


@scenario("openai-long-prompt", sees=LongPromptSeen, takes=1.0)
def long_prompt(drive: Drive) -> LongPromptSeen:
    """Send a prompt that is too long for most models, and give it half a minute."""
    asker = Asker(drive)
    messages = [{"role": "user", "content": "word " * WORDS}]
    body = asker.body(messages=messages, tokens=1)
    return LongPromptSeen(asker.post(CHAT, body, patience=LONG_PATIENCE), asker.chat())
