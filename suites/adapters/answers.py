"""What a model said, read out of an answer: ids, times and names are no part of it. Pure."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from seatrial.conformance.api import Exchange

__all__ = ["BASE", "NOBODY", "Asked", "Audition", "said"]

BASE, NOBODY = "the base model", "nobody known"
"""Whose voice an answer is, beside the labels of adapters."""

NOT_SAID = frozenset({"id", "created", "model", "object", "system_fingerprint", "usage", "metrics", "request_id"})
"""Fields of an answer that differ from call to call, or only repeat what was asked."""


def said(exchange: Exchange | None) -> str:
    """The words of an answer, or its body where it has an unknown shape; empty where nothing was answered with 2xx."""
    if exchange is None or not exchange.ok or exchange.answer is None:
        return ""
    body = exchange.answer.body
    if body.cut:
        return body.sha256
    try:
        value = json.loads(body.head)
    except ValueError:
        return body.text
    words = _words(value)
    return "\n".join(words) if words else json.dumps(_bare(value), sort_keys=True, ensure_ascii=False)


def _words(value: Any) -> list[str]:
    """The texts of OpenAI's and LMI's shapes; none where it is neither."""
    if isinstance(value, list):
        return [text for one in value for text in _words(one)]
    if not isinstance(value, dict):
        return []
    if isinstance(choices := value.get("choices"), list):
        return [text for choice in choices if isinstance(choice, dict) for text in _of_choice(choice)]
    return [text] if isinstance(text := value.get("generated_text"), str) else []


def _of_choice(choice: dict[str, Any]) -> list[str]:
    message = choice.get("message")
    text = message.get("content") if isinstance(message, dict) else choice.get("text")
    return [text] if isinstance(text, str) else []


def _bare(value: Any) -> Any:
    return {key: one for key, one in value.items() if key not in NOT_SAID} if isinstance(value, dict) else value


@dataclass(frozen=True)
class Asked:
    """One adapter, asked the same thing in every way.

    Attributes:
        adapter: the name under which it is loaded.
        source: what people call it.
        by_header: twice by the header.
        by_model: by `model` in the body; None where the body has no such field.
    """

    adapter: str
    source: str
    by_header: tuple[Exchange, ...]
    by_model: Exchange | None = None

    @property
    def voice(self) -> str:
        """What it says where the header names it; empty where that is nothing, or not the same each time."""
        words = {said(call) for call in self.by_header}
        return words.pop() if len(words) == 1 else ""


@dataclass(frozen=True)
class Audition:
    """One request, asked of the base model and of each adapter, to find out whether they can be told apart.

    Attributes:
        sample: name of the request.
        base: the base model, twice.
        adapters: each of them.
    """

    sample: str
    base: tuple[Exchange, ...]
    adapters: tuple[Asked, ...]

    @property
    def voice(self) -> str:
        """What the base model says; empty where it is nothing, or not the same each time."""
        words = {said(call) for call in self.base}
        return words.pop() if len(words) == 1 else ""

    @property
    def heard(self) -> tuple[Asked, ...]:
        """The adapters that say something else than the base model, each time the same."""
        return tuple(one for one in self.adapters if self.voice and one.voice not in {"", self.voice})

    @property
    def score(self) -> int:
        """How much it tells: the more different voices the better, and a base model that repeats itself at all."""
        return 2 * len({one.voice for one in self.heard}) + bool(self.voice)
