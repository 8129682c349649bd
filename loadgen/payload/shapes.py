"""Requests that many model servers understand: tables of numbers, prompts, a chat, bytes."""

from __future__ import annotations

from typing import Any, NamedTuple

import msgspec

from seatrial.loadgen.payload.media import BINARY, CSV, JSON
from seatrial.loadgen.payload.prompts import Api, prompt_body

__all__ = ["Shape", "table_shapes", "text_shapes"]

WIDTHS = (8, 4, 1, 2, 3, 5, 6, 7, 9, 10, 11, 12, 13)
"""Numbers in a row, those of common sample models first: abalone 8, iris 4, housing 13."""
TEXT, TOKENS = "the colour of the sky is", 4


class Shape(NamedTuple):
    """A candidate: its name in words, media type and body."""

    name: str
    media: str
    body: bytes


def text_shapes(model: str | None = None, *, stream: bool = False) -> list[Shape]:
    """Return a prompt, a chat and a text, a few tokens each.

    Args:
        model: named in each where it is known.
        stream: whether each asks for a stream.
    """
    names = {Api.COMPLETIONS: "a prompt", Api.CHAT: "a chat", Api.INVOCATIONS: "a text as `inputs`"}
    called = f" for the model {model}" if model else ""
    return [
        Shape(name + called, JSON, prompt_body(api, TEXT, TOKENS, stream=stream, model=model))
        for api, name in names.items()
    ]


def table_shapes() -> list[Shape]:
    """Return one row of 1 to 13 numbers in the usual ways, then some bytes and an empty object, likely ones first."""
    return [
        *(shape for width in WIDTHS for shape in _row_shapes(width)),
        Shape("64 bytes of nothing", BINARY, bytes(64)),
        Shape("an empty JSON object", JSON, b"{}"),
    ]


def _row_shapes(width: int) -> list[Shape]:
    row = [round(0.1 + 0.1 * index, 1) for index in range(width)]
    what = f"1 row of {width} {'number' if width == 1 else 'numbers'}"
    return [
        _json(f"{what} as JSON instances", {"instances": [row]}),
        _json(f"{what} as a JSON array", [row]),
        Shape(f"{what} as CSV", CSV, (",".join(map(str, row)) + "\n").encode()),
        _json(f"{what} as JSON inputs", {"inputs": [row]}),
        _json(f"{what} as JSON data", {"data": [row]}),
    ]


def _json(name: str, value: Any) -> Shape:
    return Shape(name, JSON, msgspec.json.encode(value))
