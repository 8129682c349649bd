"""JSON of a peer that is not trusted, read leniently: what is not there is None."""

from __future__ import annotations

from typing import Any

import msgspec

__all__ = ["decoded", "dig", "listed"]


def decoded(text: bytes | str) -> Any:
    """A JSON text as a value; None where it is none."""
    try:
        return msgspec.json.decode(text)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None


def dig(value: Any, *path: str | int) -> Any:
    """A value deep inside another; None where there is none."""
    for step in path:
        try:
            value = value[step]
        except (LookupError, TypeError):
            return None
    return value


def listed(value: Any, *path: str | int) -> list[Any]:
    """A list deep inside a value; empty where there is none."""
    found = dig(value, *path)
    return found if isinstance(found, list) else []
