"""The statistics behind every figure: exact percentiles, and intervals that know that neighbours resemble each other.

Requests that meet in a queue share its length, so a thousand of them say less than a thousand independent ones. All
intervals here rest on the *effective* number of samples: n divided by the integrated autocorrelation time.
Distribution-free throughout: latencies are never normal.
"""

from __future__ import annotations

import math
from statistics import NormalDist

import numpy as np
import numpy.typing as npt

__all__ = [
    "binomial_cdf", "clean_samples", "correlation_time", "effective_samples", "percentile", "percentile_interval",
    "percentile_rank", "wilson",
]  # fmt: skip

Series = npt.NDArray[np.float64] | npt.NDArray[np.int64] | npt.NDArray[np.bool_]

BINS = 1 << 16
"""A longer series is averaged into this many bins first: exact for the variance of the mean, in a tenth of the time."""
WINDOW = 5.0
"""Sokal's window: correlations are summed up to this many times their own sum, where what follows is noise."""


def percentile_rank(share: float, count: int) -> int:
    """Return the rank (from 1) of a percentile: the least with at least that share of samples at or below."""
    # 0.07 * 100 is 7.000000000000001: what is meant is 7.
    return min(max(math.ceil(share * count - 1e-9), 1), count)


def percentile(ordered: npt.NDArray[np.int64], share: float) -> int:
    """Return an exact percentile, one of the samples, of a sorted array of at least one.

    Args:
        ordered: samples in rising order.
        share: 0…1, so 0.99 for p99.
    """
    return int(ordered[percentile_rank(share, len(ordered)) - 1])


def correlation_time(series: Series) -> float:
    """Return the integrated autocorrelation time of a series in its own order, 1 where neighbours tell nothing.

    It is 1 + 2 * the sum of autocorrelations, up to Sokal's self-consistent window. Alternating series would give less
    than 1; they are given 1, so that no sample counts for more than itself.

    Source: A. Sokal, "Monte Carlo methods in statistical mechanics" (1996), section 3.
    """
    return len(series) / effective_samples(series) if len(series) else 1.0


def effective_samples(series: Series) -> float:
    """Return how many independent samples would know the mean of this series as well: at least 1, at most all."""
    count = len(series)
    if count < 4:
        return float(count)
    width = max(1, count // BINS)
    bins = count // width
    whole = series[: bins * width].reshape(bins, width).mean(axis=1, dtype=np.float64)
    spread = float(np.var(series, dtype=np.float64))
    between = float(np.var(whole))
    if spread <= 0.0 or between <= 0.0:
        return float(count)
    of_mean = between * _summed_correlation(whole - whole.mean()) / bins
    return max(spread / of_mean, 1.0) if of_mean > spread / count else float(count)


def _summed_correlation(centred: npt.NDArray[np.float64]) -> float:
    """Return 1 + 2 * the sum of autocorrelations of a series without its mean."""
    count = len(centred)
    power = np.abs(np.fft.rfft(centred, 2 << (count - 1).bit_length())) ** 2
    covariance = np.fft.irfft(power)[:count]
    sums = 2.0 * np.cumsum(covariance / covariance[0]) - 1.0
    inside = np.arange(count) < WINDOW * sums
    # Where the window never closes the series drifts from its first to its last sample: one sample, or hardly more.
    return float(sums[int(np.argmin(inside))]) if not inside.all() else float(count)


def binomial_cdf(most: int, count: int, share: float) -> float:
    """Return the probability of at most `most` hits in `count` independent draws of probability `share`."""
    if most < 0:
        return 0.0
    if most >= count or share <= 0.0:
        return 1.0
    if share >= 1.0:
        return 0.0
    mean, spread = count * share, math.sqrt(count * share * (1.0 - share))
    first = max(0, math.floor(mean - 12.0 * spread) - 30)
    if most < first:
        return 0.0
    return float(min(np.sum(_probabilities(first, most, count, share)), 1.0))


def _probabilities(first: int, last: int, count: int, share: float) -> npt.NDArray[np.float64]:
    """Return the binomial probabilities of first…last hits; sums of logarithms, so that a million draws are exact."""
    hits = np.arange(first, last + 1)
    start = math.lgamma(count + 1) - math.lgamma(first + 1) - math.lgamma(count - first + 1)
    start += first * math.log(share) + (count - first) * math.log1p(-share)
    steps = np.log((count - hits[:-1]) / (hits[:-1] + 1.0)) + math.log(share) - math.log1p(-share)
    probabilities: npt.NDArray[np.float64] = np.exp(np.concatenate([[start], start + np.cumsum(steps)]))
    return probabilities


def percentile_interval(count: int, effective: float, share: float) -> tuple[int | None, int | None]:
    """Return the ranks (from 1) of the order statistics that hold a percentile with 95 % confidence.

    The ranks are exact binomial ones for the effective number of samples, carried over to all samples by their share,
    rounded outwards. None where even the outermost sample does not bound it.
    """
    worth = max(1, math.floor(min(effective, count) + 1e-9))
    mean, spread = worth * share, math.sqrt(worth * share * (1.0 - share))
    first = max(0, math.floor(mean - 12.0 * spread) - 30)
    last = min(worth, math.ceil(mean + 12.0 * spread) + 30)
    reached = np.cumsum(_probabilities(first, last, worth, share))
    # low: the greatest rank with P(hits < rank) <= 2.5 %; high: the least with P(hits < rank) >= 97.5 %.
    low = first + int(np.searchsorted(reached, 0.025, side="right"))
    high = first + int(np.searchsorted(reached, 0.975, side="left")) + 1
    lower = (low - 1) * count // worth + 1 if low >= 1 else None
    upper = -(-high * count // worth) if high <= worth else None
    return lower, upper


def clean_samples(share: float, confidence: float = 0.95) -> int:
    """Return how many samples without a single miss show that a percentile holds: 299 for p99 with 95 %."""
    return math.ceil(math.log(1.0 - confidence) / math.log(share) - 1e-9)


def wilson(hits: float, count: float, confidence: float = 0.95) -> tuple[float, float]:
    """Return Wilson's score interval of a share, 0…1; of nothing, all of it.

    Args:
        hits: how many; with an effective count the share of it.
        count: of how many.
        confidence: two-sided.
    """
    if count <= 0:
        return 0.0, 1.0
    z = NormalDist().inv_cdf(0.5 + confidence / 2)
    share, z2 = hits / count, z * z
    centre = share + z2 / (2 * count)
    half = z * math.sqrt(share * (1 - share) / count + z2 / (4 * count * count))
    scale = 1 + z2 / count
    return max(0.0, (centre - half) / scale), min(1.0, (centre + half) / scale)
