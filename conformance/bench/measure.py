"""Measures a ready subject: a sweep of requests at a time, then the capacity under objectives, then a run at it."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from seatrial.conformance.bench.figures import step_of
from seatrial.conformance.bench.generator import Ended, generate
from seatrial.conformance.bench.load import Search, read
from seatrial.conformance.bench.result import Outcome, Step

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from seatrial.conformance.bench.usage import Meter
    from seatrial.conformance.subject.launcher import Instance

__all__ = ["ERRORS", "Log", "Orders", "closed_loop_objectives", "load_words", "measure"]

ERRORS = "errors<1%"
OPEN_LOOP_ONLY = re.compile(r"\s*(response\s*:|rate\s*[<>])")
"""Objectives on intended times, which a closed loop has none of."""
LEAST_RATE = 1.0


@dataclass(frozen=True)
class Orders:
    """What is to be measured.

    Attributes:
        target: the options that say where to and what is sent.
        concurrency: requests at a time, one run each.
        duration_s, warmup_s: of each run.
        objectives: of `--slo`; without any, no capacity is searched.
        price: the options that name the price; empty without one.
    """

    target: tuple[str, ...]
    concurrency: tuple[int, ...]
    duration_s: float
    warmup_s: float
    objectives: tuple[str, ...]
    price: tuple[str, ...]


@dataclass
class Log:
    """What has been measured so far; it outlives an interruption."""

    steps: list[Step] = field(default_factory=list)
    search: Search | None = None
    at_capacity: Step | None = None
    notes: list[str] = field(default_factory=list)


def load_words(orders: Orders, *, objectives: tuple[str, ...]) -> tuple[str, ...]:
    """The options of every run, but for how fast."""
    slos = [word for text in objectives for word in ("--slo", text)]
    warmup = ("--warmup", f"{orders.warmup_s:g}") if orders.warmup_s else ()
    return (*orders.target, "-d", f"{orders.duration_s:g}", *warmup, *orders.price, *slos)


def closed_loop_objectives(objectives: tuple[str, ...]) -> tuple[str, ...]:
    """Those that a sweep is held against: what speaks of intended times left out, and errors always among them."""
    fit = tuple(text for text in objectives if not OPEN_LOOP_ONLY.match(text))
    return fit if any(text.strip().startswith("errors") for text in fit) else (*fit, ERRORS)


def measure(
    orders: Orders, instance: Instance, meter: Meter | None, log: Log, say: Callable[[str], None], folder: Path
) -> None:
    """Measure, until it is done or the subject has ended.

    Args:
        orders: what is to be measured.
        instance: ready.
        meter: of what it uses; None where that cannot be seen.
        log: gets what was measured, run by run.
        say: gets a line on what goes on.
        folder: where the load generator may write; removed by whoever made it.

    Raises:
        KeyboardInterrupt: the user's; the run that it fell into is in the log.
        OptionError: the load generator refuses its options.
        EngineError: the load generator broke.
    """
    bench = _Bench(orders, instance, meter, log, say, folder)
    bench.sweep()
    if orders.objectives and instance.state().running:
        bench.search()


class _Bench:
    """What the parts of one benchmark share."""

    def __init__(
        self,
        orders: Orders,
        instance: Instance,
        meter: Meter | None,
        log: Log,
        say: Callable[[str], None],
        folder: Path,
    ) -> None:
        self._folder = folder
        self._orders, self._instance, self._meter, self._log, self._say = orders, instance, meter, log, say

    def sweep(self) -> None:
        """One closed loop for each number of requests at a time."""
        objectives = closed_loop_objectives(self._orders.objectives)
        for concurrency in self._orders.concurrency:
            self._say(f"{concurrency} at a time for {self._orders.duration_s:g} s")
            words = (*load_words(self._orders, objectives=objectives), "-c", str(concurrency), "--quiet")
            ended = self._run(words)
            self._log.steps.append(self._step(ended, concurrency=concurrency))
            self._pass_on(ended)
            if not self._instance.state().running:
                return

    def search(self) -> None:
        """The highest rate that keeps the objectives, and a run at it."""
        self._say(f"the capacity under {', '.join(self._orders.objectives)}")
        words = load_words(self._orders, objectives=self._orders.objectives)
        start = f"{self._start():.3g}"
        ended = self._run((*words, "--find-capacity", "-rps", start), told=self._say)
        if ended.document:
            self._log.search = read(ended.document, Search)
        elif not ended.interrupted:
            self._log.notes.append(f"the capacity is not known: {ended.said}")
        self._pass_on(ended)
        search = self._log.search
        if search is None or search.rate is None or not self._instance.state().running:
            return
        rate = search.interval.low or search.rate
        self._say(f"{rate:.4g} a second for {self._orders.duration_s:g} s")
        ended = self._run((*words, "-rps", f"{rate:.4g}", "--quiet"))
        self._log.at_capacity = self._step(ended, rate=rate)
        self._pass_on(ended)

    def _start(self) -> float:
        """Where the search begins: half of the most that the sweep saw, so that it need not climb there."""
        seen = [each.figures.requests_per_second for each in self._log.steps if each.figures]
        return max(max(seen, default=0.0) / 2, LEAST_RATE)

    def _run(self, words: tuple[str, ...], told: Callable[[str], None] = lambda _: None) -> Ended:
        if self._meter:
            self._meter.restart()
        return generate(words, self._folder / "load.json", meanwhile=self._meanwhile, told=told)

    def _meanwhile(self) -> bool:
        """Look at what is used; whether the subject still runs."""
        if self._meter:
            self._meter.glance()
        return self._instance.state().running

    def _step(self, ended: Ended, *, concurrency: int | None = None, rate: float | None = None) -> Step:
        step = step_of(ended, self._meter.usage() if self._meter else None, concurrency=concurrency, rate=rate)
        state = self._instance.state()
        if state.running or ended.interrupted:
            return step
        why = state.stopped_for or ("the kernel killed it for memory" if state.oom_killed else "")
        said = f"the subject ended during this run with code {state.exit_code}{f': {why}' if why else ''}"
        self._log.notes.append(said)
        return Step(step.concurrency, step.rate, Outcome.UNREACHED, said, usage=step.usage, gpus=step.gpus)

    @staticmethod
    def _pass_on(ended: Ended) -> None:
        if ended.interrupted:
            raise KeyboardInterrupt
