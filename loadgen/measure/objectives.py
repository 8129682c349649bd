"""Whether each objective holds, and whether the samples can show it.

A percentile holds where enough samples keep its limit; it is *shown* where a percentile beyond the limit would have
brought what was seen in less than one run of twenty. That is a one-sided binomial test on the effective number of
samples: 299 clean ones show `p99<X`, and hardly any number does where 1.0 % of them miss it.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from seatrial.loadgen.measure.evidence import within
from seatrial.loadgen.measure.statistics import (
    binomial_cdf,
    clean_samples,
    effective_samples,
    percentile,
)
from seatrial.loadgen.measure.words import count, per_cent, time
from seatrial.loadgen.result import Objective
from seatrial.loadgen.slo import Metric, Slo

if TYPE_CHECKING:
    from seatrial.loadgen.measure.evidence import Evidence
    from seatrial.loadgen.measure.rows import Mask

__all__ = ["evaluate"]

DOUBT = 0.05
ONE_SIDED = 1.6449
"""Standard errors that a normal variable exceeds in one of twenty."""


def evaluate(slo: Slo, evidence: Evidence) -> Objective:
    """Hold one objective against a run."""
    if slo.metric.latency:
        return _latency(slo, evidence)
    if slo.metric is Metric.RATE:
        return _rate(slo, evidence)
    if slo.metric.share:
        return _share(slo, evidence)
    amount = evidence.output_tokens if slo.metric is Metric.TOKENS else int(evidence.rows.good.sum())
    if amount is None:
        return _missing(slo, evidence)
    per_second = amount / evidence.window_s if evidence.window_s > 0 else 0.0
    return Objective(slo.text, f"{per_second:,.4g} a second", slo.holds(per_second), shown=True)


def _missing(slo: Slo, evidence: Evidence) -> Objective:
    """Say that there is nothing to hold the objective against: it is missed."""
    if not len(evidence.rows):
        return Objective(slo.text, "no request was counted", met=False, shown=False)
    if slo.metric is Metric.TOKENS and evidence.rows.good.any():
        note = "the answers do not say how many tokens they have: ask for a stream, or for a usage"
        return Objective(slo.text, "no tokens were counted", met=False, shown=True, note=note)
    if slo.streamed and evidence.rows.good.any():
        note = "the answers were no streams: ask for one in the body, or bound the response time"
        return Objective(slo.text, "no streamed answer", met=False, shown=True, note=note)
    return Objective(slo.text, "no request succeeded", met=False, shown=True)


def _latency(slo: Slo, evidence: Evidence) -> Objective:
    samples = evidence.latencies(slo.metric)
    if not len(samples):
        return _missing(slo, evidence)
    if slo.statistic == "max":
        value = float(samples.max())
        return Objective(slo.text, time(value), slo.holds(value), shown=True)
    if slo.statistic == "mean":
        value, worth = float(samples.mean()), effective_samples(samples)
        met = slo.holds(value)
        shown = abs(slo.limit - value) >= ONE_SIDED * float(samples.std()) / math.sqrt(worth)
        return Objective(slo.text, time(value), met, shown, "" if shown else _doubt(met, len(samples), worth))
    share = slo.share or 1.0
    value = float(percentile(np.sort(samples), share))
    beyond = ~within(slo, samples)
    # Where none is beyond the limit, those beyond the percentile tell how they cluster.
    worth = effective_samples(beyond if beyond.any() else samples > value)
    return _tested(slo, time(value), beyond, worth, allowed=1.0 - share, met=slo.holds(value))


def _share(slo: Slo, evidence: Evidence) -> Objective:
    """Hold a share of the requests that came to an end of their own against its limit."""
    settled = evidence.rows.settled
    if not settled.any():
        return _missing(slo, evidence)
    missed = ~(evidence.rows.good if slo.metric is Metric.ERRORS else evidence.kept)[settled]
    seen = float(missed.mean()) if slo.metric is Metric.ERRORS else 1.0 - float(missed.mean())
    allowed = slo.limit if slo.metric is Metric.ERRORS else 1.0 - slo.limit
    words = f"{per_cent(seen)} ({count(missed.sum())} of {count(len(missed))} missed it)"
    if slo.metric is Metric.ERRORS:
        words = f"{per_cent(seen)} ({count(missed.sum())} of {count(len(missed))})"
    return _tested(slo, words, missed, effective_samples(missed), allowed=allowed, met=slo.holds(seen))


def _rate(slo: Slo, evidence: Evidence) -> Objective:
    if not len(evidence.rows):
        return _missing(slo, evidence)
    kept = float(evidence.on_time.mean())
    return Objective(slo.text, f"{per_cent(kept)} of the asked rate", slo.holds(kept), shown=True)


def _tested(slo: Slo, seen: str, missed: Mask, worth: float, *, allowed: float, met: bool) -> Objective:
    """Test whether the samples tell the true share of misses from the allowed one."""
    if allowed <= 0.0 or allowed >= 1.0:  # none, or any: a fact of the run, no estimate
        return Objective(slo.text, seen, met, shown=True)
    worth = max(worth, 1.0)
    misses, draws = float(missed.mean()) * worth, math.floor(worth + 1e-9)
    if met:
        doubt = binomial_cdf(math.ceil(misses - 1e-9), draws, allowed)
    else:
        doubt = 1.0 - binomial_cdf(math.floor(misses + 1e-9) - 1, draws, allowed)
    if doubt <= DOUBT:
        return Objective(slo.text, seen, met, shown=True)
    note = _doubt(met, len(missed), worth)
    if met and not missed.any():
        note += f": {count(clean_samples(1.0 - allowed))} without a miss can"
    return Objective(slo.text, seen, met, shown=False, note=note)


def _doubt(met: bool, number: int, worth: float) -> str:
    samples = f"{count(number)} samples" if worth > 0.9 * number else f"{count(number)} samples, worth {count(worth)},"
    return f"{'met' if met else 'missed'}, but {samples} cannot show it with 95 % confidence"
