"""One quantity over the requests that succeeded: exact percentiles, each with its own interval."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from seatrial.loadgen.measure.statistics import effective_samples, percentile_interval, percentile_rank
from seatrial.loadgen.result import Distribution, Interval, Point

if TYPE_CHECKING:
    import numpy.typing as npt

    from seatrial.loadgen.record import Times

__all__ = ["PERCENTILES", "distribution"]

PERCENTILES = {"p50": 0.5, "p90": 0.9, "p95": 0.95, "p99": 0.99, "p99.9": 0.999}
DRAWN = 400
"""Points of a distribution function: as many as a wide screen shows."""


def distribution(series: Times, *, per: float = 1e6, unit: str = "ms", draw: bool = True) -> Distribution | None:
    """Describe a series of samples.

    Args:
        series: samples in the order in which they happened, which their correlation is read from; shape (samples,).
        per: how many of a sample's unit make one of the reported: 1e6 ns a ms.
        unit: the reported one.
        draw: whether the distribution function is wanted.

    Returns:
        None where there is no sample.
    """
    count = len(series)
    if not count:
        return None
    ordered = np.sort(series)
    points = {name: _point(series, ordered, share, per) for name, share in PERCENTILES.items()}
    return Distribution(
        count=count,
        effective=effective_samples(series),
        mean=float(np.mean(series, dtype=np.float64)) / per,
        low=float(ordered[0]) / per,
        high=float(ordered[-1]) / per,
        points=points,
        unit=unit,
        cdf=_drawn(ordered, per) if draw else (),
    )


def _point(series: Times, ordered: Times, share: float, per: float) -> Point:
    """Return a percentile with its interval.

    What a percentile knows depends on how the samples beyond it cluster, not on how the values correlate: one stall
    puts a hundred samples beyond p99 that are one event, and leaves the median as sure as it was.
    """
    count = len(ordered)
    value = ordered[percentile_rank(share, count) - 1]
    low, high = percentile_interval(count, effective_samples(series > value), share)
    return Point(
        float(value) / per,
        Interval(
            None if low is None else float(ordered[low - 1]) / per,
            None if high is None else float(ordered[high - 1]) / per,
        ),
    )


def _drawn(ordered: Times, per: float) -> tuple[tuple[float, float], ...]:
    """Return the distribution function: even steps, and ever finer ones towards the greatest sample."""
    count = len(ordered)
    even = np.linspace(0.0, 1.0, DRAWN * 5 // 8)
    fine = 1.0 - np.logspace(0, -np.log10(count) if count > 1 else 0, DRAWN * 3 // 8 - 2)
    ranks = np.unique(np.clip(np.ceil(np.concatenate([even, fine]) * count), 1, count).astype(np.int64))
    values: npt.NDArray[np.int64] = np.unique(ordered[ranks - 1])
    shares = np.searchsorted(ordered, values, side="right") / count
    return tuple(zip((values / per).tolist(), shares.tolist(), strict=True))
