"""When the pieces of a stream arrived, as a picture of twenty equal spans of its time. Pure.

Bins instead of gaps: one stall of a busy machine must not look like a buffer, and a buffer must not hide behind one
early piece.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from seatrial.conformance.api import Streamed

__all__ = ["BINS", "Arrival", "arrival_of"]

BINS = 20


@dataclass(frozen=True)
class Arrival:
    """How the pieces of one stream lie in its time.

    Attributes:
        total: seconds until its last piece.
        filled: the spans of its time in which pieces came, counted from 0.
        late_share: the share of its bytes that came in the last of them.
    """

    total: float
    filled: tuple[int, ...]
    late_share: float

    @property
    def apart(self) -> bool:
        """Whether silence lies between any two spans in which pieces came."""
        return all(second - first > 1 for first, second in pairwise(self.filled))


def arrival_of(seen: Streamed) -> Arrival:
    """Lay the pieces of a stream into its time; it must have some."""
    total = seen.pieces[-1].at
    placed = [(min(int(piece.at / total * BINS), BINS - 1) if total else 0, piece.size) for piece in seen.pieces]
    late = sum(size for place, size in placed if place == BINS - 1)
    return Arrival(total, tuple(sorted({place for place, _ in placed})), late / max(1, sum(size for _, size in placed)))
