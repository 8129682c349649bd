"""One benchmark from its options to its result: start as the platform does, wait until ready, measure, clean up."""

from __future__ import annotations

import dataclasses
import threading
import time
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING

from seatrial.conformance.bench import baseline
from seatrial.conformance.bench.document import read_performance
from seatrial.conformance.bench.generator import check_words
from seatrial.conformance.bench.load import Load, read
from seatrial.conformance.bench.machine import this_machine
from seatrial.conformance.bench.measure import Log, Orders, closed_loop_objectives, load_words, measure
from seatrial.conformance.bench.payload import Chosen, Prompts, choose
from seatrial.conformance.bench.result import Outcome, Performance, Request, Step
from seatrial.conformance.bench.usage import meter_for
from seatrial.conformance.boot_watch import watch_boot
from seatrial.conformance.scenario import MAIN
from seatrial.conformance.session.signals import Interrupts
from seatrial.conformance.session.subject import prepared, redactor_of, trial_facts
from seatrial.conformance.subject.lock import Run
from seatrial.conformance.subject.offers import with_brought
from seatrial.conformance.wire.rawhttp import Client

if TYPE_CHECKING:
    from collections.abc import Callable

    from seatrial.conformance.boot import Boot
    from seatrial.conformance.evidence import TrialFacts
    from seatrial.conformance.options import TrialOptions
    from seatrial.conformance.subject.launcher import Instance, Launcher, SubjectFacts

__all__ = ["INTERRUPTED", "MISSED", "BenchOptions", "NotReady", "bench", "exit_code"]

MISSED, GATE, UNFIT, INTERRUPTED = 1, 13, 12, 130


class NotReady(Exception):
    """The subject did not become ready: one sentence, exit code 1."""


@dataclass(frozen=True)
class BenchOptions:
    """What a benchmark was asked for, beside the subject.

    Attributes:
        concurrency: the sweep, requests at a time.
        duration_s, warmup_s: of each run.
        objectives: of `--slo`.
        price: the load generator's option for the price of an hour and its value; empty without one.
        prompts: how long the prompts for a language model are.
        baseline: an earlier benchmark.
        threshold: the smallest change that matters, `5%`.
        force: compare with a baseline that was measured otherwise.
    """

    concurrency: tuple[int, ...]
    duration_s: float
    warmup_s: float
    objectives: tuple[str, ...]
    price: tuple[str, ...]
    prompts: Prompts
    baseline: Path | None
    threshold: str
    force: bool


def bench(trial: TrialOptions, wanted: BenchOptions, say: Callable[[str], None]) -> Performance:
    """Benchmark a subject.

    Args:
        trial: names the subject and what it is given.
        wanted: how it is measured.
        say: gets a line on what goes on.

    Raises:
        OptionError, SubjectError: the user's mistake.
        EngineError: the engine or the load generator failed.
        NotReady: the subject did not become ready.
        KeyboardInterrupt: before anything was measured.
    """
    return _Session(trial, wanted, say).run()


class _Session:
    """What the parts of one benchmark share."""

    def __init__(self, trial: TrialOptions, wanted: BenchOptions, say: Callable[[str], None]) -> None:
        self._trial, self._wanted, self._say = trial, wanted, say
        self._machine = this_machine()
        self._before = read_performance(wanted.baseline, "--baseline") if wanted.baseline else None
        self._differing: tuple[str, ...] = ()
        self._interrupts = Interrupts(None)

    def run(self) -> Performance:
        """Measure, compare and sum up."""
        self._check()
        self._interrupts.install()
        with prepared(self._trial) as (launcher, subject):
            try:
                performance = self._performed(launcher, subject)
            finally:
                self._interrupts.hold()  # while it is cleaned up
        return self._judged(performance)

    def _performed(self, launcher: Launcher, subject: SubjectFacts) -> Performance:
        """Start it, measure it and stop it."""
        self._trial = with_brought(self._trial, launcher)
        facts = trial_facts(self._trial, launcher, subject, profiles=())
        request = self._request(facts)
        self._compare_launch(subject.kind, request)
        instance = launcher.launch(MAIN)
        self._say(f"started at {instance.address}")
        own = Run.open()  # its folder is swept later where this process is killed
        try:
            ready, chosen = self._prepare(instance, facts, own.scratch)
            log, partial = self._measured(launcher, instance, chosen, own.scratch)
        finally:
            own.close()
        return Performance(
            version=metadata.version("seatrial"), started=facts.started, kind=subject.kind, subject=subject.name,
            digest=subject.digest, machine=self._machine, request=request, payload=chosen.payload,
            ready_after_s=round(ready, 3), steps=tuple(log.steps), search=log.search, at_capacity=log.at_capacity,
            partial=partial, notes=tuple(log.notes),
        )  # fmt: skip

    def _check(self) -> None:
        """Have what the load generator can refuse refused before anything is started."""
        wanted = self._wanted
        sent = wanted.prompts.words("invocations") if wanted.prompts.asked else ("--body", "-")
        orders = self._orders(sent)
        objectives = closed_loop_objectives(wanted.objectives)
        check_words((*load_words(orders, objectives=objectives), "-c", "1"))
        if wanted.objectives:
            check_words((*load_words(orders, objectives=wanted.objectives), "--find-capacity"))

    def _orders(self, target: tuple[str, ...]) -> Orders:
        wanted = self._wanted
        return Orders(
            target, wanted.concurrency, wanted.duration_s, wanted.warmup_s, wanted.objectives, wanted.price
        )  # fmt: skip

    def _request(self, facts: TrialFacts) -> Request:
        wanted = self._wanted
        return Request(
            wanted.concurrency, wanted.duration_s, wanted.warmup_s, wanted.objectives, " ".join(wanted.price),
            facts.settings,
        )  # fmt: skip

    def _compare_launch(self, kind: str, request: Request) -> None:
        if self._before is None or self._wanted.baseline is None:
            return
        self._differing = baseline.differing_launch(self._before, kind=kind, machine=self._machine, request=request)
        baseline.refuse(self._wanted.baseline, self._differing, force=self._wanted.force)

    def _prepare(self, instance: Instance, facts: TrialFacts, folder: Path) -> tuple[float, Chosen]:
        """Wait until it is ready, and find what to send; seconds to ready, and the choice."""
        client = Client(
            instance.address, origin=time.monotonic() - instance.now(), mask=redactor_of(self._trial),
            verify=not self._trial.insecure,
        )  # fmt: skip
        boot = watch_boot(instance, client, facts, threading.Event())
        if boot.ready_at is None:
            raise NotReady(_not_ready(boot, instance))
        self._say(f"ready after {boot.ready_at:.1f} s")
        chosen = choose(client, self._trial, facts, self._wanted.prompts, folder)
        self._say(f"it is sent {chosen.payload.words}")
        if self._before is not None and self._wanted.baseline is not None:
            self._differing += (other := baseline.differing_payload(self._before, chosen.payload))
            baseline.refuse(self._wanted.baseline, other, force=self._wanted.force)
        return boot.ready_at, chosen

    def _measured(self, launcher: Launcher, instance: Instance, chosen: Chosen, folder: Path) -> tuple[Log, bool]:
        """Measure; whether it was interrupted.

        Raises:
            KeyboardInterrupt: before anything was measured.
        """
        log = Log()
        target = ["-e", f"{instance.address}/invocations", *chosen.words]
        target += ["--insecure"] if self._trial.insecure else []
        target += ["--local-gpus"] if self._shares_gpus(launcher) else []
        try:
            measure(self._orders(tuple(target)), instance, meter_for(launcher, instance), log, self._say, folder)
        except KeyboardInterrupt:
            if not any(step.figures for step in log.steps):
                raise
            return log, True
        return log, False

    def _shares_gpus(self, launcher: Launcher) -> bool:
        """Whether a container was given GPUs of this machine; those of a process are found by its address."""
        engine = getattr(launcher, "engine", None)
        return bool(self._trial.limits.gpus and engine and engine.local)

    def _judged(self, performance: Performance) -> Performance:
        """Compare with the baseline, and fix the exit code."""
        comparison = None
        if self._before is not None and not performance.partial:
            self._say("comparing with the baseline")
            comparison = baseline.held_against(
                self._before, performance, differing=self._differing, threshold=self._wanted.threshold,
                force=self._wanted.force,
            )  # fmt: skip
        judged = dataclasses.replace(performance, comparison=comparison)
        return dataclasses.replace(judged, exit_code=exit_code(judged))


def exit_code(performance: Performance) -> int:
    """What the command ends with; what is certain goes before what could not be measured.

    An objective on a latency is one of the capacity: that a load of the sweep goes beyond it is no failure.
    """
    steps = (*performance.steps, *([performance.at_capacity] if performance.at_capacity else []))
    if performance.partial:
        return INTERRUPTED
    if any(step.outcome is Outcome.UNREACHED or _errs(step) for step in steps):
        return MISSED
    if performance.search is not None and performance.search.ending == "nothing":
        return MISSED
    comparison = performance.comparison
    if comparison is not None and comparison.worse:
        return GATE
    unsearched = bool(performance.request.objectives) and performance.search is None
    at_client = performance.search is not None and performance.search.ending == "client"
    uncompared = comparison is not None and not comparison.changes
    invalid = any(step.outcome is Outcome.INVALID for step in steps)
    return UNFIT if invalid or at_client or unsearched or uncompared else 0


def _errs(step: Step) -> bool:
    """Whether more requests failed than may."""
    objectives = read(step.load, Load).objectives if step.load else ()
    return any(each.text.startswith("errors") and not each.met for each in objectives)


def _not_ready(boot: Boot, instance: Instance) -> str:
    state = boot.state
    how = f"exited with code {state.exit_code}" if not state.running else f"gave no 200 to /ping: {boot.end}"
    last = next((line.text.strip() for line in reversed(instance.logs.lines) if line.text.strip()), "")
    said = f", its last words were {last!r}" if last else ""
    return (
        f"the subject did not become ready within {boot.waited:.1f} s, it {how}{said}; nothing was measured, "
        "`seatrial certify` finds out why"
    )
