"""`loadgen --find-capacity`: runs each rate that the search asks for, tells how it goes, and reports the outcome."""

from __future__ import annotations

import dataclasses
import json
import sys
import time
from typing import TYPE_CHECKING, TextIO

from seatrial.loadgen.capacity.plot import draw, table
from seatrial.loadgen.capacity.rising import rising
from seatrial.loadgen.capacity.search import Capacity, find_capacity
from seatrial.loadgen.capacity.trial import Standing, Trial, trial_of
from seatrial.loadgen.judge import judge
from seatrial.loadgen.measure import measure
from seatrial.loadgen.render.capacity_html import Probe, capacity_html
from seatrial.loadgen.render.write import write_file
from seatrial.loadgen.run import run
from seatrial.loadgen.snapshot import Watch

if TYPE_CHECKING:
    from collections.abc import Callable

    from seatrial.loadgen.plan import Outputs, Plan
    from seatrial.loadgen.run import Job, Scene

__all__ = ["search_capacity"]

STEP_S = 10.0
START = 1.0
ATTEMPTS = 3
NS = 1_000_000_000


def search_capacity(job: Job, *, quiet: bool) -> int:
    """Search, print, write, and return the exit code.

    Args:
        job: its plan's rate is where the search begins, its duration the length of a step.
        quiet: whether to say nothing while it goes on.

    Raises:
        UsageError: a rate or length that cannot be.
    """
    load = job.plan.load
    log = None if quiet else sys.stderr
    capacity = find_capacity(
        lambda rate, seconds: _try(job, rate, seconds),
        start=load.rate or START,
        seconds=load.duration_s or STEP_S,
        watch=lambda trial: _tell(trial, log),
    )
    sys.stdout.write("\n".join(["", *table(capacity), "", *draw(capacity), "", capacity.words]) + "\n")
    for path in _write(capacity, job, job.plan.outputs):
        sys.stderr.write(f"wrote {path}\n")
    return capacity.ending.exit_code


def _try(job: Job, rate: float, seconds: float) -> Trial:
    """Run one rate, given up early where requests in flight keep rising.

    It is run once more where this machine was busy with something else just then.
    """
    plan = _at(job.plan, rate, seconds)
    for attempt in range(1, ATTEMPTS + 1):
        stopped: list[bool] = []
        observed = run(dataclasses.replace(job, plan=plan), lambda scene: _stop_when_rising(scene, stopped))  # noqa: B023
        result = judge(measure(observed), observed)
        by_the_user = observed.interrupted and not stopped
        if by_the_user or attempt == ATTEMPTS or not any(each.cause == "client" for each in result.complaints):
            break
    return trial_of(rate, seconds, result, stopped=bool(stopped))


def _at(plan: Plan, rate: float, seconds: float) -> Plan:
    load = dataclasses.replace(plan.load, rate=rate, duration_s=seconds, requests=None)
    return dataclasses.replace(plan, load=load)


def _stop_when_rising(scene: Scene, stopped: list[bool]) -> Callable[[], bool]:
    watch = Watch(scene.records, scene.origin)
    in_flight: list[float] = []
    medians: list[float] = []

    def look() -> bool:
        now = time.monotonic_ns()
        if (now - scene.origin) // NS > len(in_flight) and now < scene.end:
            seen = watch.snapshot(now)
            in_flight.append(float(seen.in_flight))
            if seen.p50 is not None:
                medians.append(seen.p50 / 1000)
            # The least median of a second is the nearest to what an answer takes without a queue.
            if rising(in_flight, fill=min(medians, default=0.0)):
                stopped.append(True)
                return True
        return False

    return look


def _tell(trial: Trial, log: TextIO | None) -> None:
    if log:
        log.write(f"{trial.rate:>9.4g}/s for {trial.seconds:g} s: {trial.standing}, {trial.reason}\n")
        log.flush()


def _write(capacity: Capacity, job: Job, outputs: Outputs) -> list[object]:
    """Write what a search has to say: JSON and HTML."""
    written: list[object] = []
    if outputs.json:
        text = json.dumps(capacity.to_json(), indent=1)
        write_file(outputs.json, lambda out: out.write(text.encode()))
        written.append(outputs.json)
    if outputs.html:
        probes = [
            Probe(each.rate, each.p50, each.p99, each.standing is Standing.KEPT, str(each.standing), each.reason)
            for each in capacity.curve
        ]
        page = capacity_html(
            probes, target=job.target, slos=job.plan.slos, capacity=capacity.rate,
            interval=(capacity.interval.low, capacity.interval.high), command=job.plan.command,
        )  # fmt: skip
        write_file(outputs.html, lambda out: out.write(page))
        written.append(outputs.html)
    return written
