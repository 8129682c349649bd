"""Whether the requests in flight keep rising: a server past its capacity shows it long before its latencies do.

In a steady state the number in flight moves around a mean; past the capacity it grows by the difference of what comes
and what is answered, second after second, for as long as anyone asks. Usable while a run goes on (give what was seen so
far) and after it (give the whole series).
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["rising"]

LEAST = 5
"""Moments below which nothing is said."""
SURE = 3.0
"""Standard errors between the mean step and none; more with few steps, whose own spread is less sure."""
GROWTH = 10.0
"""Requests by which the number has to have grown at least: less is a handful that happened to meet."""


def rising(in_flight: Sequence[float], *, fill: float = 0.0) -> bool:
    """Say whether requests in flight keep rising.

    A queue near its capacity wanders: its length is a random walk, in which a straight line looks far surer than it is.
    So the steps are tested, not the levels: their mean has to be above zero by more than a walk without a drift would
    bring, and the growth has to double what was there at first.

    Args:
        in_flight: requests due and not dealt with, at moments one second apart (any even step will do).
        fill: how many steps an answer takes, by the median of those that came: until then every server fills up, and
            those moments are left out.
    """
    values = np.asarray(in_flight, np.float64)[math.ceil(fill) :]
    if len(values) < LEAST:
        return False
    steps = np.diff(values)
    growth = float(values[-1] - values[0])
    if growth < max(GROWTH, float(values[0])):
        return False
    error = float(steps.std(ddof=1)) / math.sqrt(len(steps))
    return float(steps.mean()) > (SURE + 6.0 / len(steps)) * error
