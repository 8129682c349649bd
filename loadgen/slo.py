"""Objectives: `--slo 'p99<200ms'` read, and what cannot hold refused before anything is sent."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum, unique
from typing import NoReturn

from seatrial.loadgen.mistakes import UsageError

__all__ = ["DEFAULT", "Metric", "Slo", "parse_slo", "parse_slos"]

DEFAULT = "errors<1%"
"""What holds where nothing was asked for."""


@unique
class Metric(StrEnum):
    """What an objective is about."""

    RESPONSE = "response"
    SERVICE = "service"
    TTFT = "ttft"
    ITL = "itl"
    TPOT = "tpot"
    E2E = "e2e"
    ERRORS = "errors"
    RATE = "rate"
    GOODPUT = "goodput"
    THROUGHPUT = "throughput"
    TOKENS = "tokens/s"

    @property
    def latency(self) -> bool:
        """Whether it is a time, of which a percentile, the mean or the greatest is bounded."""
        return self in LATENCIES

    @property
    def share(self) -> bool:
        """Whether it is a share, in per cent or as a fraction."""
        return self in (Metric.ERRORS, Metric.RATE, Metric.GOODPUT)


LATENCIES = (Metric.RESPONSE, Metric.SERVICE, Metric.TTFT, Metric.ITL, Metric.TPOT, Metric.E2E)
STREAMED = (Metric.TTFT, Metric.ITL, Metric.TPOT, Metric.E2E)
UNITS_NS = {"us": 1e3, "µs": 1e3, "ms": 1e6, "s": 1e9, "min": 60e9}
SHAPE = re.compile(
    r"(?:(?P<metric>[^:<>=\s]+)\s*:)?\s*(?P<what>[^:<>=\s]+)\s*(?P<sign><=|>=|<|>)\s*"
    r"(?P<number>[-+]?(?:\d+\.?\d*|\.\d+)(?:e[-+]?\d+)?)\s*(?P<unit>\S*)",
    re.IGNORECASE,
)
WAYS = (
    "p50<20ms, p99<200ms, mean<, max< (of the response time; in a closed loop of the service time), one of response: "
    "service: ttft: itl: tpot: e2e: before it, errors<0.1%, rate>=99%, goodput>95%, throughput>100, tokens/s>1000"
)


@dataclass(frozen=True)
class Slo:
    """One objective.

    Attributes:
        text: as it was written.
        metric: what is bounded.
        statistic: `p99`, `mean` or `max` of a latency; empty otherwise.
        share: of a percentile, 0…1; None otherwise.
        below: whether the limit is an upper one.
        strict: whether the limit itself is already too much (`<`, `>`).
        limit: ns of a latency, 0…1 of a share, per second otherwise.
    """

    text: str
    metric: Metric
    statistic: str
    share: float | None
    below: bool
    strict: bool
    limit: float

    def holds(self, value: float) -> bool:
        """Say whether a value, in the unit of the limit, keeps it."""
        if self.below:
            return value < self.limit if self.strict else value <= self.limit
        return value > self.limit if self.strict else value >= self.limit

    @property
    def streamed(self) -> bool:
        """Whether only streamed answers have it."""
        return self.metric in STREAMED


def parse_slos(texts: tuple[str, ...], *, open_loop: bool) -> tuple[Slo, ...]:
    """Read all objectives; without any, `errors<1%` holds.

    Raises:
        UsageError: one cannot be read, or can never hold.
    """
    return tuple(parse_slo(text, open_loop=open_loop) for text in texts or (DEFAULT,))


def parse_slo(text: str, *, open_loop: bool) -> Slo:
    """Read one objective.

    Args:
        text: `[METRIC:]STATISTIC SIGN NUMBER UNIT`, like `ttft:p95<500ms`.
        open_loop: whether requests have intended times: a latency without a metric is then the response time.

    Raises:
        UsageError: it cannot be read, or can never hold.
    """
    found = SHAPE.fullmatch(text.strip().replace("≤", "<=").replace("≥", ">="))
    if not found:
        _refuse(text, "is no objective")
    metric, statistic, share = _subject(text, found["metric"], found["what"].lower(), open_loop=open_loop)
    sign, number, unit = found["sign"], float(found["number"]), found["unit"].lower()
    slo = Slo(
        text.strip(), metric, statistic, share, sign.startswith("<"), len(sign) == 1, _limit(text, metric, number, unit)
    )
    _refuse_impossible(slo, open_loop=open_loop)
    return slo


def _subject(text: str, named: str | None, what: str, *, open_loop: bool) -> tuple[Metric, str, float | None]:
    """Return the metric, the statistic, and the share of a percentile."""
    if named is None and what in tuple(Metric):
        metric = Metric(what)
        if metric.latency:
            _refuse(text, f"does not say which {what}: write {what}:p99, {what}:mean or {what}:max")
        return metric, "", None
    if named is not None and named.lower() not in LATENCIES:
        _refuse(text, f"names {named!r}, which is no latency")
    metric = Metric(named.lower()) if named else Metric.RESPONSE if open_loop else Metric.SERVICE
    if what in ("mean", "max"):
        return metric, what, None
    percentile = re.fullmatch(r"p(\d+(?:\.\d+)?)", what)
    if not percentile:
        _refuse(text, f"bounds {what!r}, which is not measured")
    share = float(percentile[1]) / 100
    if not 0 < share < 1:
        _refuse(text, f"bounds {what}, and a percentile lies between p0 and p100 (the greatest is max)")
    return metric, what, share


def _limit(text: str, metric: Metric, number: float, unit: str) -> float:
    if number < 0:
        _refuse(text, "has a negative limit")
    if metric.latency:
        if unit not in UNITS_NS:
            _refuse(text, f"bounds a time by {number:g}{unit}, which is none: its unit is us, ms, s or min")
        return number * UNITS_NS[unit]
    if metric.share:
        if unit not in ("", "%"):
            _refuse(text, f"bounds a share by {number:g}{unit}: its unit is %, or none for a fraction")
        number = number / 100 if unit else number
        if number > 1:
            _refuse(text, f"bounds a share by {number:g}, which is more than all: write it in % or as a fraction")
        return number
    if unit not in ("", "/s"):
        _refuse(text, f"bounds a number a second by {number:g}{unit}: it has no unit")
    return number


def _refuse_impossible(slo: Slo, *, open_loop: bool) -> None:
    upper = slo.metric.latency or slo.metric is Metric.ERRORS
    if upper != slo.below:
        _refuse(slo.text, f"bounds {slo.metric} from the wrong side: write {'<' if upper else '>'}")
    if upper and slo.limit == 0 and (slo.strict or slo.metric.latency):
        _refuse(slo.text, "can never hold: nothing is less than 0" if slo.strict else "can never hold: no time is 0")
    if slo.metric.share and not upper and slo.strict and slo.limit == 1:
        _refuse(slo.text, "can never hold: no share is more than all")
    if not open_loop and slo.metric in (Metric.RESPONSE, Metric.RATE):
        _refuse(slo.text, f"needs intended times: a closed loop (-c) has no {slo.metric}")


def _refuse(text: str, why: str) -> NoReturn:
    raise UsageError(f"--slo {text!r} {why}; there are: {WAYS}.")
