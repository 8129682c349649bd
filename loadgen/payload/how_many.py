"""How many different bodies are made where that is left to us: enough for variety, and never a memory full."""

from __future__ import annotations

from seatrial.loadgen.mistakes import UsageError

__all__ = ["how_many", "positive"]

USUAL = 100
MOST_ITEMS = 10_000_000
"""Numbers or words in all bodies together: some 100 MB."""


def how_many(asked: int | None, items: int) -> int:
    """Return the number of bodies.

    Args:
        asked: `--distinct`, or None.
        items: numbers or words in one body.
    """
    return positive("--distinct", asked) if asked is not None else max(1, min(USUAL, MOST_ITEMS // items))


def positive(option: str, value: int) -> int:
    """Return a number from 1.

    Raises:
        UsageError: it is less.
    """
    if value < 1:
        raise UsageError(f"{option} {value}: expected a whole number from 1.")
    return value
