"""What a chart is to the page: a picture, what its colours mean, and a sentence that says how to read it."""

from __future__ import annotations

from dataclasses import dataclass

from markupsafe import Markup

__all__ = ["Chart", "Key"]


@dataclass(frozen=True)
class Key:
    """What a colour of a chart means. `kind` is its class in the style sheet."""

    kind: str
    text: str


@dataclass(frozen=True)
class Chart:
    """A chart and the words around it."""

    id: str
    title: str
    says: str
    keys: tuple[Key, ...]
    svg: Markup
