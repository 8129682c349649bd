"""The highest rate that keeps the objectives, with its confidence: the search, pure, and how it is drawn."""

from __future__ import annotations

from seatrial.loadgen.capacity.plot import draw, sparkline, table
from seatrial.loadgen.capacity.rising import rising
from seatrial.loadgen.capacity.search import Capacity, Ending, Runner, find_capacity
from seatrial.loadgen.capacity.trial import Standing, Trial, trial_of

__all__ = [
    "Capacity", "Ending", "Runner", "Standing", "Trial", "draw", "find_capacity", "rising", "sparkline", "table",
    "trial_of",
]  # fmt: skip
