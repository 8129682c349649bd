"""A right answer, and whether another one is as right: JSON by value, everything else by its bytes.

Numbers may differ by a millionth: sums of floats depend on the order in which a machine takes them.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from typing import Any, NoReturn

import msgspec

__all__ = ["TOLERANCE", "Expectation", "decoded", "same"]

TOLERANCE = 1e-6
"""Relative difference of two numbers that count as equal."""
TINY = 1e-9
"""Absolute difference of two numbers that count as equal: around zero nothing is relatively near."""
NOT_JSON: Any = msgspec.UNSET
"""Stands for what is no JSON; pickling keeps it the one it is."""


@dataclass(frozen=True)
class Expectation:
    """A right answer.

    Attributes:
        raw: its bytes.
        value: what they say as JSON; `NOT_JSON` where they are none.
        shown: how a report calls it.
    """

    raw: bytes
    value: Any
    shown: str

    @classmethod
    def of_file(cls, body: bytes, name: str) -> Expectation:
        """Return what `--expect-body FILE` asks for."""
        return cls(body, decoded(body), f"the body in {name}")

    @classmethod
    def of_json(cls, text: bytes) -> Expectation:
        """Return what the `expect` of a dataset line asks for: a string also stands for the bare text."""
        value = decoded(text)
        return cls(
            value.encode(errors="replace") if isinstance(value, str) else text,
            value,
            text[:80].decode(errors="replace"),
        )

    def met_by(self, body: bytes) -> bool:
        """Say whether a body is the right answer."""
        if body == self.raw:
            return True
        return self.value is not NOT_JSON and same(self.value, decoded(body))

    def met_by_text(self, text: str) -> bool:
        """Say whether the text of a stream, its events put together, is the right answer."""
        return text.encode(errors="replace") == self.raw or self.met_by(text.encode(errors="replace"))


def decoded(body: bytes) -> Any:
    """Return what a body says as JSON; `NOT_JSON` where it is none."""
    try:
        return msgspec.json.decode(body)
    except (msgspec.DecodeError, RecursionError):
        pass
    try:
        # Slower, and wider: half a surrogate pair and a number too large for a float are JSON too.
        return json.loads(body, parse_constant=_refuse)
    except (ValueError, RecursionError):
        return NOT_JSON


def _refuse(constant: str) -> NoReturn:
    raise ValueError(constant)  # NaN and Infinity, which are no JSON


def same(expected: Any, found: Any) -> bool:
    """Say whether two JSON values are equal, numbers within the tolerance; `true` is no number."""
    if isinstance(expected, bool) or isinstance(found, bool):
        return expected is found
    if isinstance(expected, int) and isinstance(found, int):
        return expected == found
    if isinstance(expected, int | float) and isinstance(found, int | float):
        return _near(expected, found)
    if isinstance(expected, dict) and isinstance(found, dict):
        return expected.keys() == found.keys() and all(same(value, found[key]) for key, value in expected.items())
    if isinstance(expected, list) and isinstance(found, list):
        return len(expected) == len(found) and all(map(same, expected, found))
    return type(expected) is type(found) and bool(expected == found)


def _near(expected: float, found: float) -> bool:
    try:
        return math.isclose(expected, found, rel_tol=TOLERANCE, abs_tol=TINY)
    except OverflowError:  # an integer of some hundred digits
        return False
