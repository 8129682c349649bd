"""What a server itself says of the adapters that it has. Pure."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from seatrial.conformance.api import Exchange

__all__ = ["Source", "listed_in"]


@dataclass(frozen=True)
class Source:
    """An adapter that may be tried.

    Attributes:
        label: what people call it.
        path: of its files, as the server sees them; empty where that is not known.
        listed: the name under which the server has it already; empty for one that the user gave.
    """

    label: str
    path: str
    listed: str = ""


def listed_in(exchange: Exchange) -> tuple[Source, ...]:
    """The adapters in a list of adapters, or in OpenAI's list of models, where those of an adapter name a parent."""
    if not exchange.ok or exchange.answer is None:
        return ()
    try:
        value = json.loads(exchange.answer.body.head)
    except ValueError:
        return ()
    if not isinstance(value, dict):
        return ()
    found = [*_entries(value, "adapters"), *(card for card in _entries(value, "data") if card.get("parent"))]
    return tuple(source for entry in found if (source := _source(entry)).listed)


def _entries(value: dict[str, Any], key: str) -> list[dict[str, Any]]:
    some = value.get(key)
    return [entry for entry in some if isinstance(entry, dict)] if isinstance(some, list) else []


def _source(entry: dict[str, Any]) -> Source:
    name, path = entry.get("name") or entry.get("id"), entry.get("src") or entry.get("root")
    known = isinstance(path, str) and path.startswith("/")
    return Source(str(name or ""), str(path) if known else "", str(name or ""))
