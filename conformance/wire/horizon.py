"""The moment after which nobody waits for a peer any more, whatever time-out a single request was given.

A peer that is not trusted can make each of many requests last as long as it may. Their sum is bounded by a horizon that
several clients share.
"""

from __future__ import annotations

import math

__all__ = ["Horizon"]


class Horizon:
    """A moment that several clients look at.

    Attributes:
        until: monotonic time; it may be moved while requests are under way, and counts for those that begin later.
    """

    def __init__(self, until: float = math.inf) -> None:
        self.until = until
