"""The plan of a trial in words: what will be started, driven and waited for, and what the subject is given.

Printed at the head of every run, and alone with `--trial-plan`. Its seconds are the plan's own estimates.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from seatrial.reports.progress import LANES
from seatrial.reports.terminal import Line, Span, plain
from seatrial.reports.words import many, one_line, seconds

if TYPE_CHECKING:
    from collections.abc import Iterator

    from seatrial.conformance.options import TrialOptions
    from seatrial.conformance.result import Plan

__all__ = ["limits", "plan_lines"]

GIB = 2**30
MANY = 12
"""From so many starts on the plan says how long they take."""
STARTS = (1.0, 25.0)
"""Seconds of a start: a light server's, and one that loads a large model."""


def plan_lines(plan: Plan, options: TrialOptions) -> Iterator[Line]:
    """The plan."""
    kinds = ("image", "process", "endpoint", "archive")
    kind = next((kind for kind in kinds if getattr(options, kind)), "evidence")
    name = getattr(options, kind, "")
    yield (Span("seatrial  ", "bold"), Span(one_line(str(name), 160), "bold"), Span(f"  {kind}", "dim"))
    if not plan.launches and not plan.static:
        return
    driving = sum(launch.takes for launch in plan.launches)
    yield plain(
        f"  plan     {many(len(plan.launches), 'start')}, about {seconds(driving)} of driving, "
        f"{seconds(plan.waits)} of deliberate waits (many overlap)"
    )
    if len(plan.launches) > MANY:
        yield plain(f"  in all   {_estimate(plan)}")
    for launch in plan.launches:
        waits = f", waits {seconds(launch.waits)}" if launch.waits else ""
        yield (
            Span(f"  {launch.name:<16} "),
            Span(f"{one_line(launch.why, 120)}  "),
            Span(f"about {seconds(launch.takes)}{waits}", "dim"),
        )
    if plan.static:
        yield plain(f"  {'not started':<16} {', '.join(plan.static)}")
    for scenario, why in plan.left_out:
        yield plain(f"  {'left out':<16} {scenario}: {one_line(why, 120)}", "dim")
    if kind in {"image", "process"}:
        yield plain(f"  {'given':<16} {limits(options)}", "dim")


def _estimate(plan: Plan) -> str:
    """How long many starts take, which the first one will tell."""
    driving = sum(launch.takes + launch.waits for launch in plan.launches)
    quick, slow = (seconds((driving + len(plan.launches) * start) / LANES) for start in STARTS)
    return f"about {quick} where a start takes {STARTS[0]:g} s, {slow} where it takes {STARTS[1]:g} s, two at a time"


def limits(options: TrialOptions) -> str:
    """What the subject is given, defaults included: `8 GiB memory, every CPU, 4096 processes, …`."""
    given = options.limits
    cpus = f"{given.cpus:g} CPUs" if given.cpus else "every CPU"
    gpus = f"GPUs {given.gpus}" if given.gpus else "no GPU"
    network = f"network {given.network}" if given.network else "no route out"
    return ", ".join(
        (
            f"{given.memory_bytes / GIB:g} GiB memory", cpus, f"{given.pids} processes",
            f"{given.shm_bytes / GIB:g} GiB shared memory", gpus, network,
            f"{options.startup_timeout:g} s to start",
        )
    )  # fmt: skip
