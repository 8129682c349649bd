"""Drawing whole stretches of a run again and again, to see how far its figures could have come out elsewhere.

Stretches, not single samples: neighbours that queued together stay together, so a run that went up and down slowly is
not taken for thousands of independent answers. The moving blocks wrap around, so that every sample is drawn as often.

Source: D. Politis and J. Romano, "A circular block-resampling procedure for stationary data" (1992).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from seatrial.loadgen.measure.statistics import effective_samples, percentile_rank

__all__ = ["DRAWS", "LEAST_EFFECTIVE", "Drawn", "redraw"]

DRAWS = 2000
MOST = 20_000
"""Samples that are drawn from: more are thinned evenly, which makes the intervals wider and never narrower."""
AT_ONCE = 30_000
"""Samples of several redrawn runs that are counted together: as many as a core keeps in its cache."""
BLOCK = 4.0
"""Length of a stretch in correlation times: what reaches across its ends is lost, a tenth of the scatter at this."""
LEAST_EFFECTIVE = 10.0
"""Below so many independent samples nothing can be said."""
LEAST_BEYOND = 5.0
"""Independent samples that have to lie beyond a percentile."""


@dataclass(frozen=True)
class Drawn:
    """One statistic of a run.

    Attributes:
        value: of the samples themselves.
        draws: of each redrawn run; shape (DRAWS,). None where the samples are too few to say.
        blocks: how many stretches the run is made of.
    """

    value: float
    draws: npt.NDArray[np.float64] | None
    blocks: float = math.inf


def redraw(
    series: npt.NDArray[np.int64], shares: tuple[float, ...], random: np.random.Generator, *, draws: int = DRAWS
) -> tuple[Drawn, ...]:
    """Redraw a run.

    Args:
        series: samples in send order; at least one.
        shares: percentiles that are wanted, 0…1.
        random: what is drawn from.
        draws: how often.

    Returns:
        The mean, then each percentile.
    """
    series = series[:: max(1, -(-len(series) // MOST))]
    order = np.argsort(series, kind="stable")
    ordered = series[order]
    count = len(series)
    values = [float(series.mean())] + [float(ordered[percentile_rank(share, count) - 1]) for share in shares]
    worth = [effective_samples(series)]
    worth += [effective_samples(series > value) for value in values[1:]]
    beyond = [math.inf] + [
        effective * min(share, 1 - share) for effective, share in zip(worth[1:], shares, strict=True)
    ]
    known = [
        effective >= LEAST_EFFECTIVE and outside >= LEAST_BEYOND
        for effective, outside in zip(worth, beyond, strict=True)
    ]
    if not any(known):
        return tuple(Drawn(value, None) for value in values)
    # As long as what belongs together, by the quantity that needs it most among those that can be told at all.
    together = max(count / effective for effective, told in zip(worth, known, strict=True) if told)
    block = min(max(math.ceil(BLOCK * together), math.ceil(count ** (1 / 3))), count)
    table = _draws(series, order, shares, random, block, draws)
    return tuple(
        Drawn(value, table[:, at] if told else None, count / block)
        for at, (value, told) in enumerate(zip(values, known, strict=True))
    )


def _draws(
    series: npt.NDArray[np.int64], order: npt.NDArray[np.int64], shares: tuple[float, ...],
    random: np.random.Generator, block: int, draws: int,
) -> npt.NDArray[np.float64]:  # fmt: skip
    """Return mean and percentiles of each redrawn run, shape (draws, 1 + percentiles).

    A redrawn run is never laid out: how often each sample was drawn is enough, and the samples are sorted once.
    """
    count, blocks = len(series), -(-len(series) // block)
    ordered, width, total = series[order], count + block, blocks * block
    ranks = np.ceil(np.asarray(shares) * total - 1e-9).astype(np.int64)
    found = np.empty((draws, 1 + len(shares)))
    at_once = max(1, AT_ONCE // width)
    for first in range(0, draws, at_once):
        runs = np.arange(min(at_once, draws - first))[:, None]
        begins = random.integers(0, count, (len(runs), blocks)) + runs * width
        edges = np.bincount(begins.ravel(), minlength=runs.size * width)
        edges -= np.bincount(begins.ravel() + block, minlength=runs.size * width)[: runs.size * width]
        times = np.cumsum(edges.reshape(-1, width), axis=1)
        times[:, :block] += times[:, count:]
        times = times[:, :count]
        # One rising array of all runs: each run's counts end where the next one's begin.
        drawn = np.cumsum(times[:, order], axis=1) + runs * total
        at = np.searchsorted(drawn.ravel(), ranks + runs * total) - runs * count
        found[first : first + len(runs), 0] = times @ series / total
        found[first : first + len(runs), 1:] = ordered[at]
    return found
