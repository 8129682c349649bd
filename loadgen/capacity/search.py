"""The highest rate that keeps the objectives: doubling until it fails, then bisection.

Pure: it is given something that runs a rate for some seconds and says how that went. It never compares means, and never
trusts a short run that cannot show what it claims: an undecided step is run again, longer.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum, unique
from typing import TYPE_CHECKING, Any

from seatrial.loadgen.capacity.trial import Standing, Trial
from seatrial.loadgen.mistakes import UsageError
from seatrial.loadgen.result import Interval

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["Capacity", "Ending", "Runner", "find_capacity"]

Runner = Callable[[float, float], Trial]
"""Runs a rate (requests a second) for a number of seconds."""

LONGER = 4.0
"""An undecided step is run for up to this many times as long."""
BOUNDING = (1.1, 1.3, 1.7)
"""Factors away from the answer at which something is tried that can be shown."""
UNFIT_TRIES = 3
"""A rate at which the client did not keep its own times is tried so often: what disturbed it may have passed."""
STEPS_DOWN = 12
"""Halvings below the start before nothing is said to be kept."""


@unique
class Ending(StrEnum):
    """Why the search was over."""

    FOUND = "found"
    MOST = "most"
    NOTHING = "nothing"
    CLIENT = "client"
    INTERRUPTED = "interrupted"

    @property
    def exit_code(self) -> int:
        """0 a rate is known, 1 none keeps the objectives, 3 the client is the limit, 130 interrupted."""
        return {"found": 0, "most": 0, "nothing": 1, "client": 3, "interrupted": 130}[self.value]


@dataclass(frozen=True)
class Capacity:
    """What a search found.

    Attributes:
        ending: why it was over.
        rate: the highest rate that kept the objectives, requests a second; None where none did.
        interval: the highest rate that is shown to keep them, and the lowest that is shown to fail.
        failed: the lowest rate tried that did not keep them; None where none failed.
        trials: every run, in its order.
    """

    ending: Ending
    rate: float | None
    interval: Interval
    failed: float | None
    trials: tuple[Trial, ...]

    @property
    def words(self) -> str:
        """One sentence for the user."""
        kept = f"{self.rate:.4g} requests a second keep the objectives" if self.rate else "no rate kept the objectives"
        if self.ending is Ending.CLIENT:
            return f"the client, not the server, is the limit: {self.trials[-1].reason}; until there, {kept}"
        if self.ending is Ending.INTERRUPTED:
            return f"interrupted: until then, {kept}"
        if self.ending is Ending.NOTHING or self.rate is None:
            return (
                f"not even {self.trials[-1].rate:.4g} requests a second keep the objectives: {self.trials[-1].reason}"
            )
        if self.ending is Ending.MOST:
            return f"{kept}, the most that was to be tried: the capacity is higher"
        return f"{kept}, {self.failed:.4g} do not; {self._shown}"

    @property
    def _shown(self) -> str:
        low, high = self.interval.low, self.interval.high
        kept = f"{low:.4g} are shown to be kept" if low else "none is shown to be kept with 95 % confidence"
        return f"{kept}, {high:.4g} shown to fail" if high else f"{kept}, none shown to fail"

    @property
    def curve(self) -> tuple[Trial, ...]:
        """The longest run of each rate, in the order of rates: latency against rate."""
        longest: dict[float, Trial] = {}
        for trial in self.trials:
            if trial.rate not in longest or trial.seconds >= longest[trial.rate].seconds:
                longest[trial.rate] = trial
        return tuple(longest[rate] for rate in sorted(longest))

    def to_json(self) -> dict[str, Any]:
        """Return plain dictionaries and lists, as `--json` writes them."""
        return dataclasses.asdict(self) | {"words": self.words}


def find_capacity(
    run: Runner,
    *,
    start: float = 1.0,
    most: float | None = None,
    precision: float = 0.05,
    seconds: float = 10.0,
    watch: Callable[[Trial], None] | None = None,
) -> Capacity:
    """Search for the highest rate that keeps the objectives.

    Args:
        run: runs a rate for some seconds; called ten to twenty times.
        start: the first rate, requests a second.
        most: the highest rate to try; None for no bound.
        precision: how near the rate that is kept and the one that fails have to come, as a share of the rate.
        seconds: of each run; from the first that decides nothing they are made longer, up to four times.
        watch: called after each run.

    Raises:
        UsageError: a rate, precision or length that cannot be.
    """
    if not (start > 0 and 0 < precision < 1 and seconds > 0 and (most is None or most >= start)):
        raise UsageError(
            f"--find-capacity needs a start above 0 and not above the highest rate (found {start:g} and {most}), "
            f"a precision between 0 and 1 (found {precision:g}) and seconds above 0 (found {seconds:g})."
        )
    search = _Search(run, seconds, watch or _unwatched)
    for rate in _rates(search, start, most, precision):
        if not search.step(rate):
            break
    return search.outcome(most)


def _unwatched(_: Trial) -> None:
    """Take no notice."""


def _rates(search: _Search, start: float, most: float | None, precision: float) -> Iterator[float]:
    """Give the next rate to try, from what the search knows by then."""
    rate = start
    while not search.failing:
        yield rate
        if most is not None and rate >= most and not search.failing:
            return
        rate = min(rate * 2, most or rate * 2)
    for halving in range(1, STEPS_DOWN + 1):
        if search.holding:
            break
        yield start / 2**halving
    while search.holding and search.failing / search.holding > 1 + precision:
        yield _readable((search.holding * search.failing) ** 0.5)
    # Near the knee hardly any run can show anything. Steps away from it bound the answer on both sides.
    for away in BOUNDING:
        if search.holding and min(search.shown(Standing.FAILED), default=math.inf) > search.failing * away:
            yield _readable(search.failing * away)
    for away in BOUNDING:
        if search.holding and max(search.shown(Standing.KEPT), default=0.0) < search.holding / away:
            yield _readable(search.holding / away)


def _readable(rate: float) -> float:
    """Round to four digits: nobody asks for 141.42135 requests a second."""
    return float(f"{rate:.4g}")


class _Search:
    """What is known so far."""

    def __init__(self, run: Runner, seconds: float, watch: Callable[[Trial], None]) -> None:
        self.run, self.watch = run, watch
        self.length, self.longest = seconds, seconds * LONGER
        self.trials: list[Trial] = []
        self.holding = 0.0
        """The highest rate that held, below every one that did not."""
        self.failing = 0.0
        """The lowest rate that did not hold; 0 where none failed yet."""

    def step(self, rate: float) -> bool:
        """Run a rate until it is decided, or as long as may be; False where the search cannot go on."""
        unfit = 0
        while True:
            trial = self.run(rate, self.length)
            self.trials.append(trial)
            self.watch(trial)
            unfit += trial.standing is Standing.UNFIT
            if trial.standing is Standing.INTERRUPTED or unfit == UNFIT_TRIES:
                return False
            if trial.standing is Standing.UNFIT:
                continue
            if trial.standing is not Standing.UNDECIDED or self.length * 2 > self.longest:
                break
            # What comes next is nearer to the knee and no easier to decide: it starts with this length.
            self.length *= 2
        if not trial.holds:
            self.failing = min(self.failing or rate, rate)
        elif not self.failing or rate < self.failing:
            self.holding = max(self.holding, rate)
        return True

    def shown(self, standing: Standing) -> list[float]:
        """Return the rates on their side of the answer that are shown to be kept, or to fail."""
        kept = standing is Standing.KEPT
        return [
            each.rate
            for each in self.trials
            if each.standing is standing and (each.rate <= self.holding if kept else each.rate > self.holding)
        ]

    def outcome(self, most: float | None) -> Capacity:
        """Sum up."""
        last = self.trials[-1].standing
        if last is Standing.UNFIT:
            ending = Ending.CLIENT
        elif last is Standing.INTERRUPTED:
            ending = Ending.INTERRUPTED
        elif not self.holding:
            ending = Ending.NOTHING
        else:
            ending = Ending.MOST if not self.failing and most else Ending.FOUND
        kept, failed = self.shown(Standing.KEPT), self.shown(Standing.FAILED)
        interval = Interval(max(kept, default=None), min(failed, default=None))
        return Capacity(ending, self.holding or None, interval, self.failing or None, tuple(self.trials))
