"""Whether the head of the run was steady: MSER-5, and a second look that a stall is not taken for a warm-up."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from seatrial.loadgen.measure.rows import NS
from seatrial.loadgen.measure.statistics import correlation_time
from seatrial.loadgen.measure.words import time
from seatrial.loadgen.plan import Arrivals

if TYPE_CHECKING:
    import numpy.typing as npt

    from seatrial.loadgen.measure.evidence import Evidence
    from seatrial.loadgen.record import Times

__all__ = ["head_warning", "mser5"]

BATCH = 5
LEAST = 20
"""Batches below which nothing is said."""


def mser5(series: Times) -> int:
    """Return how many samples at the head are best left out.

    The cut that makes the mean of the rest surest: it minimises the variance of the batch means that are left, divided
    by their number. At most half can be cut.

    Source: K. P. White, "An effective truncation heuristic for bias reduction in simulation output" (1997).
    """
    means = _batches(series)
    if len(means) < LEAST:
        return 0
    return BATCH * int(np.argmin(_spread_of_rest(means)[: len(means) // 2 + 1]))


def _batches(series: Times) -> npt.NDArray[np.float64]:
    means: npt.NDArray[np.float64] = series[: len(series) // BATCH * BATCH].reshape(-1, BATCH).mean(axis=1)
    return means


def _spread_of_rest(means: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Return the squared standard error of the mean of means[d:], for each d."""
    centred = (means - means.mean())[::-1]
    left = np.arange(1, len(means) + 1)
    squares = np.cumsum(centred**2) - np.cumsum(centred) ** 2 / left
    return np.asarray((squares / left**2)[::-1], np.float64)


def head_warning(evidence: Evidence) -> str | None:
    """Return a sentence where the head of the run is no steady state, with the `--warmup` that cuts it."""
    load = evidence.observed.plan.load
    if load.ramp or load.arrivals is Arrivals.TRACE:
        return None  # a load that moves has no steady state to wait for
    series = evidence.rows.user
    cut = mser5(series)
    if not cut or not _stands_out(_batches(series), cut // BATCH):
        return None
    head, rest = time(float(np.median(series[:cut]))), time(float(np.median(series[cut:])))
    if cut >= BATCH * (len(series) // BATCH // 2):
        return (
            f"no steady state was reached: the median is {head} in the first half and {rest} in the second; "
            "run longer, or ask for a lower rate if it only rises"
        )
    due = evidence.rows.records.intended[evidence.rows.good]
    seconds = (int(due[cut]) - evidence.observed.counted_from) / NS
    return (
        f"the first {seconds:.1f} s are not steady (median {head}, then {rest}): "
        f"--warmup {math.ceil(load.warmup_s + seconds)} leaves them out"
    )


def _stands_out(means: npt.NDArray[np.float64], cut: int) -> bool:
    """Say whether the very beginning differs from the rest: a stall later on is cut as well, and is no warm-up."""
    begin, rest = means[: max(1, cut // 2)], means[cut:]
    difference = abs(float(np.median(begin)) - float(np.median(rest)))
    sure = 4.0 * float(rest.std()) * math.sqrt(correlation_time(rest) / len(begin))
    return difference > max(sure, 0.05 * float(np.median(rest)))
