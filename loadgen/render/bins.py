"""Figures of stretches of time: what a chart over time draws, however many requests there were."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from seatrial.loadgen.render.rows import Floats

if TYPE_CHECKING:
    from collections.abc import Sequence

    from seatrial.loadgen.result import Second

__all__ = ["Bands", "Pace", "bands_of", "pace_of", "stretches"]

MOST = 120
"""Stretches of one chart: a phone has no more than three times as many pixels."""
ENOUGH = 10
"""Samples that a stretch should hold: a percentile of two is none, and a rate of half a request a second a comb."""
SHARES = (0.5, 0.9, 0.99, 1.0)
STEPS = (1, 2, 5, 10, 15, 20, 30, 60, 120, 300, 600, 900, 1800, 3600)


def stretches(samples: int) -> int:
    """Return into how many stretches so many samples are best divided."""
    return max(1, min(MOST, samples // ENOUGH))


@dataclass(frozen=True)
class Bands:
    """Percentiles of stretches of equal length; NaN where nothing fell into one. All of shape (stretches,).

    Attributes:
        begin, end: seconds.
        count: samples.
        p50, p90, p99, high: of the values.
    """

    begin: Floats
    end: Floats
    count: Floats
    p50: Floats
    p90: Floats
    p99: Floats
    high: Floats

    @property
    def middle(self) -> Floats:
        """Where a point of each stretch is drawn."""
        return (self.begin + self.end) / 2


def bands_of(at: Floats, values: Floats, seconds: float) -> Bands:
    """Return percentiles of values over time.

    Args:
        at: seconds of each value; shape (samples,).
        values: the same shape.
        seconds: length of the whole.
    """
    most = stretches(len(at))
    edges = np.linspace(0.0, max(seconds, 1e-9), most + 1)
    stretch = np.clip(np.searchsorted(edges, at, side="right") - 1, 0, most - 1)
    order = np.lexsort((values, stretch))
    ordered, first = values[order], np.searchsorted(stretch[order], np.arange(most + 1))
    count = np.diff(first)
    told = []
    for share in SHARES:
        # The value that this share of the samples does not exceed: never one that was not measured.
        rank = np.maximum(np.ceil(share * count).astype(np.int64), 1) - 1
        index = np.minimum(first[:-1] + rank, max(len(ordered) - 1, 0))
        told.append(np.where(count > 0, ordered[index] if len(ordered) else np.nan, np.nan))
    return Bands(edges[:-1], edges[1:], count.astype(np.float64), *told)


@dataclass(frozen=True)
class Pace:
    """Rates of stretches of whole seconds. `edges` has one more than the others.

    Attributes:
        edges: seconds; shape (stretches + 1,).
        due, sent, succeeded, failed: a second; shape (stretches,).
        in_flight: most of the seconds; shape (stretches,).
        p50, p99, send_error: ms, greatest of the seconds' own figures, NaN where there is none; shape (stretches,).
    """

    edges: Floats
    due: Floats
    sent: Floats
    succeeded: Floats
    failed: Floats
    in_flight: Floats
    p50: Floats
    p99: Floats
    send_error: Floats


def pace_of(series: Sequence[Second], window_s: float) -> Pace:
    """Return the rates of a run from its seconds, joined where there are more than a chart can show."""
    begin = np.array([second.at for second in series], np.float64)
    most = stretches(sum(second.due for second in series))
    step = next((each for each in STEPS if (len(series) or 1) / each <= most), STEPS[-1])
    first = np.arange(0, len(series), step)
    end = max(window_s, float(begin[-1]) + 1e-3) if len(series) else 1.0
    if len(first) > 1 and end - begin[first[-1]] < step / 2:
        first = first[:-1]  # a rest too short to have a rate of its own
    edges = np.append(begin[first] if len(series) else [0.0], end)
    length = np.diff(edges)

    def rate(name: str) -> Floats:
        total: Floats = np.add.reduceat(_column(series, name), first) / length if len(first) else np.zeros(1)
        return total

    def most_of(name: str) -> Floats:
        return np.fmax.reduceat(_column(series, name), first) if len(first) else np.full(1, np.nan)

    return Pace(
        edges, rate("due"), rate("sent"), rate("succeeded"), rate("failed"), most_of("in_flight"), most_of("p50"),
        most_of("p99"), most_of("send_error"),
    )  # fmt: skip


def _column(series: Sequence[Second], name: str) -> Floats:
    values = (getattr(second, name) for second in series)
    return np.array([np.nan if value is None else value for value in values], np.float64)
