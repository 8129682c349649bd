"""Whether two runs differ, in what, by how much, and how sure that is.

"Slower" is only said where a difference is shown *and* matters: its interval leaves out zero, and it is at least as
large as the threshold. All intervals of a comparison hold together with 95 %, so looking at eight quantities does not
make one of them come out by chance.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum, unique
from statistics import NormalDist
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from seatrial.loadgen.compare.bootstrap import DRAWS, Drawn, redraw
from seatrial.loadgen.measure.samples import unpack
from seatrial.loadgen.measure.statistics import wilson
from seatrial.loadgen.mistakes import UsageError
from seatrial.loadgen.result import Interval, Verdict

if TYPE_CHECKING:
    from seatrial.loadgen.result import Distribution, Result

__all__ = ["Change", "Comparison", "Difference", "compare"]

CONFIDENCE = 0.95
PERCENTILES = {"p50": 0.5, "p90": 0.9, "p99": 0.99}
ERRORS_MATTER = 0.001
"""A rise of the error share that matters, whatever the threshold: one more failure in a thousand."""
SAME_RATE = 0.01
"""Rates this near to each other are the same load."""
LEAST_SECONDS = 10


@unique
class Change(StrEnum):
    """What is shown of one quantity of the second run."""

    BETTER = "better"
    WORSE = "worse"
    SAME = "same"
    """The interval lies within the threshold: any difference is too small to matter."""
    UNSHOWN = "unshown"
    """No difference can be shown, nor that there is none."""


@dataclass(frozen=True)
class Difference:
    """One quantity in both runs.

    Attributes:
        quantity: `p99`, `ttft p50`, `throughput`, `errors`.
        unit: `ms`, `per second` or `share`.
        before, after: in that unit.
        change: after / before - 1; of `errors` after - before. None where it cannot be told.
        interval: of the change; ends are None where the samples are too few.
        shown: what follows.
    """

    quantity: str
    unit: str
    before: float
    after: float
    change: float | None
    interval: Interval
    shown: Change


@dataclass(frozen=True)
class Comparison:
    """Two runs held against each other: the second against the first.

    Attributes:
        differences: one for each quantity.
        threshold: the smallest change that matters, as a share.
        remarks: what a reader has to know besides.
    """

    differences: tuple[Difference, ...]
    threshold: float
    remarks: tuple[str, ...] = ()

    @property
    def worse(self) -> tuple[Difference, ...]:
        """What became worse."""
        return tuple(each for each in self.differences if each.shown is Change.WORSE)

    @property
    def better(self) -> tuple[Difference, ...]:
        """What became better."""
        return tuple(each for each in self.differences if each.shown is Change.BETTER)

    @property
    def words(self) -> str:
        """`slower`, `faster` or `no difference can be shown`; a mixed outcome is slower."""
        return "slower" if self.worse else "faster" if self.better else "no difference can be shown"

    @property
    def exit_code(self) -> int:
        """0 no worse, 1 slower."""
        return 1 if self.worse else 0

    def to_json(self) -> dict[str, Any]:
        """Return plain dictionaries and lists."""
        return dataclasses.asdict(self) | {"words": self.words}


def compare(
    before: Result, after: Result, *, threshold: float = 0.05, force: bool = False, seed: int = 0, draws: int = DRAWS
) -> Comparison:
    """Hold a run against an earlier one.

    Args:
        before: the earlier run, as `--json` wrote it.
        after: the later one.
        threshold: the smallest relative change that matters, 0…1.
        force: compare runs whose load differs.
        seed: of the draws.
        draws: how often each run is redrawn.

    Raises:
        UsageError: a run is INVALID or has no samples, or their loads differ.
    """
    for name, run in (("first", before), ("second", after)):
        if run.verdict is Verdict.INVALID:
            raise UsageError(
                f"the {name} run is INVALID and measures nothing ({_why(run)}): repeat it and compare that one."
            )
    differing = _differing(before, after)
    if differing and not force:
        raise UsageError(
            f"the runs had different loads ({differing}), so a difference would say nothing about the server: "
            "repeat one with the load of the other, or give --force."
        )
    random = np.random.default_rng(seed)

    def drawn(series: npt.NDArray[np.int64], shares: tuple[float, ...]) -> tuple[Drawn, ...]:
        return redraw(series, shares, random, draws=draws)

    pairs = _latencies(before, after, drawn) + _throughput(before, after, drawn)
    # Bonferroni: all intervals together hold with 95 %, errors included.
    alpha = (1 - CONFIDENCE) / (len(pairs) + 1)
    found = [_difference(pair, alpha, threshold) for pair in pairs]
    found.append(_errors(before, after, alpha))
    remarks = [f"the loads differ: {differing}"] if differing else []
    remarks += [
        f"the {name} run was interrupted: what was measured until then is compared"
        for name, run in (("first", before), ("second", after))
        if run.facts.partial
    ]
    return Comparison(tuple(found), threshold, tuple(remarks))


def _why(run: Result) -> str:
    return run.complaints[0].seen if run.complaints else "it was never judged"


def _differing(before: Result, after: Result) -> str:
    """Return in what the loads differ; empty where they are the same."""
    first, second = before.facts, after.facts
    if first.open_loop != second.open_loop:
        loops = ("closed", "open")
        return f"{loops[first.open_loop]} loop, then {loops[second.open_loop]} loop"
    one, other = before.rate.asked, after.rate.asked
    if one and other and abs(other / one - 1) > SAME_RATE:
        return f"{one:.4g} requests a second, then {other:.4g}"
    for what in ("rhythm", "concurrency", "payload"):
        if getattr(first, what) != getattr(second, what):
            return f"{what} {getattr(first, what)!r}, then {getattr(second, what)!r}"
    return ""


_Drawer = Callable[[npt.NDArray[np.int64], tuple[float, ...]], tuple[Drawn, ...]]


@dataclass(frozen=True)
class _Pair:
    """One quantity of both runs, with what was drawn of it."""

    quantity: str
    unit: str
    before: float
    after: float
    first: Drawn
    second: Drawn
    more_is_better: bool = False


def _latencies(before: Result, after: Result, drawn: _Drawer) -> list[_Pair]:
    first, second = ({each.metric: each for each in run.samples} for run in (before, after))
    user = "response" if before.facts.open_loop and after.facts.open_loop else "service"
    pairs: list[_Pair] = []
    for metric, share_of in ((user, PERCENTILES), ("ttft", PERCENTILES), ("itl", PERCENTILES)):
        one, other = _distribution(before, metric), _distribution(after, metric)
        if one is None or other is None or metric not in first or metric not in second:
            continue
        try:
            both = [drawn(unpack(each[metric]), tuple(share_of.values())) for each in (first, second)]
        except ValueError as error:
            raise UsageError(f"{error}; name files that loadgen wrote with --json.") from error
        prefix = "" if metric == user else f"{metric} "
        named = zip(("mean", *share_of), *both, strict=True)
        pairs += [
            _Pair(f"{prefix}{name}", "ms", _figure(one, name), _figure(other, name), left, right)
            for name, left, right in named
        ]
    if not pairs:
        raise UsageError(
            "the runs share no latency samples: one of them answered nothing well, or the loops are of different kinds."
        )
    return pairs


def _distribution(run: Result, metric: str) -> Distribution | None:
    if metric == "response":
        return run.response
    if metric == "service":
        return run.service
    if run.streams is None:
        return None
    return run.streams.ttft if metric == "ttft" else run.streams.itl


def _figure(of: Distribution, name: str) -> float:
    return of.mean if name == "mean" else of.points[name].value


def _throughput(before: Result, after: Result, drawn: _Drawer) -> list[_Pair]:
    """Good answers a second, redrawn in seconds; of the whole seconds in which requests were due."""
    first, second = (drawn(_answered(run), ())[0] for run in (before, after))
    one, other = before.rate.answered, after.rate.answered
    return [_Pair("throughput", "per second", one, other, first, second, more_is_better=True)]


def _answered(run: Result) -> npt.NDArray[np.int64]:
    whole = [second.succeeded for second in run.series if second.due][:-1]
    return np.asarray(whole or [0], np.int64)


def _difference(pair: _Pair, alpha: float, threshold: float) -> Difference:
    change = pair.after / pair.before - 1 if pair.before > 0 else None
    interval = _interval(pair, change, alpha)
    shown = _shown(change, interval, threshold, threshold)
    if pair.more_is_better:
        shown = {Change.WORSE: Change.BETTER, Change.BETTER: Change.WORSE}.get(shown, shown)
    return Difference(pair.quantity, pair.unit, pair.before, pair.after, change, interval, shown)


def _interval(pair: _Pair, change: float | None, alpha: float) -> Interval:
    first, second = pair.first, pair.second
    if change is None or first.draws is None or second.draws is None or first.value <= 0 or not (first.draws > 0).all():
        return Interval(None, None)
    # The draws say how far the change scatters; where it lies, the exact figures of all samples know better.
    scatter = (second.draws / first.draws - 1) - (second.value / first.value - 1)
    low, high = np.quantile(scatter, [alpha / 2, 1 - alpha / 2])
    wider = _few_blocks(min(first.blocks, second.blocks), alpha)
    return Interval(change + wider * float(low), change + wider * float(high))


def _few_blocks(blocks: float, alpha: float) -> float:
    """Return by how much Student's t is wider than the normal: a few stretches do not know their own scatter.

    Source: the Cornish-Fisher expansion, M. Abramowitz and I. Stegun, 26.7.5.
    """
    z, free = NormalDist().inv_cdf(1 - alpha / 2), max(blocks - 1, 1.0)
    return 1 + (z**2 + 1) / (4 * free) + (5 * z**4 + 16 * z**2 + 3) / (96 * free**2)


def _errors(before: Result, after: Result, alpha: float) -> Difference:
    """Compare error shares by Newcombe's interval, on as many requests as their clumps are worth."""
    shares, ends = [], []
    for run in (before, after):
        due = run.requests.due
        share = run.requests.failed / due if due else 0.0
        worth = due / _clumping(run)
        shares.append(share)
        ends.append(wilson(share * worth, worth, 1 - alpha))
    (one, other), ((one_low, one_high), (other_low, other_high)) = shares, ends
    change = other - one
    interval = Interval(
        change - math.hypot(other - other_low, one_high - one), change + math.hypot(other_high - other, one - one_low)
    )
    return Difference("errors", "share", one, other, change, interval, _shown(change, interval, ERRORS_MATTER, 0.01))


def _clumping(run: Result) -> float:
    """Return how much more the failures of a second scatter than independent ones would: 1 where they do not."""
    failed = np.array([second.failed for second in run.series if second.due], np.float64)
    if len(failed) < LEAST_SECONDS or failed.mean() == 0:
        return 1.0
    return max(1.0, float(failed.var(ddof=1) / failed.mean()))


def _shown(change: float | None, interval: Interval, matters: float, same: float) -> Change:
    """Say what an interval shows, where less is better."""
    low, high = interval.low, interval.high
    if change is None or low is None or high is None:
        return Change.UNSHOWN
    if low > 0 and change >= matters:
        return Change.WORSE
    if high < 0 and change <= -matters:
        return Change.BETTER
    return Change.SAME if -same <= low and high <= same else Change.UNSHOWN
