"""A tiny profile for tests of the core: what its scenario sees, and the TOML of a clause."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Seen", "clause_toml"]


@dataclass(frozen=True)
class Seen:
    """What the tests' scenario saw."""

    number: int
    data: bytes = b""


def clause_toml(clause_id: str, level: str = "MUST", **more: object) -> str:
    """The TOML of one clause; `more` adds keys."""
    lines = [f'id = "{clause_id}"', f'level = "{level}"', 'text = "It holds."', 'source = ["here"]',
             'provenance = "documented"']  # fmt: skip
    lines += [f"{key} = {_toml(value)}" for key, value in more.items()]
    return "\n[[clause]]\n" + "\n".join(lines) + "\n"


def _toml(value: object) -> str:
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{k} = {v}" for k, v in value.items()) + " }"
    return repr(list(value)).replace("'", '"') if isinstance(value, (list, tuple)) else f'"{value}"'
