"""Two runs held against each other: faster, slower, or no difference that can be shown."""

from __future__ import annotations

from seatrial.loadgen.compare.comparison import Change, Comparison, Difference, compare

__all__ = ["Change", "Comparison", "Difference", "compare"]
