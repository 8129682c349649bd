"""What a job is made from, once files, plug-ins and the target itself have been asked: plain values.

The same recipe makes the same job on this machine and on any other.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from seatrial.loadgen.answers.checks import Checks
from seatrial.loadgen.answers.reader import AnswerReader
from seatrial.loadgen.answers.status import faults_of_statuses
from seatrial.loadgen.payload.payloads import Payloads
from seatrial.loadgen.run import Job, Slice
from seatrial.loadgen.target.factory import build_traffic
from seatrial.loadgen.target.values import Target

if TYPE_CHECKING:
    from seatrial.loadgen.plan import Plan
    from seatrial.loadgen.sagemaker.runtime import Runtime
    from seatrial.loadgen.schedule import Schedule

__all__ = ["Recipe", "make_job"]


@dataclass(frozen=True)
class Recipe:
    """Where requests go, what they carry, what a good answer is.

    Attributes:
        target: with the path that is really used.
        method: of HTTP.
        headers: `-H` options, each `Name: value`.
        key: API key; None without one.
        payloads: everything that can be sent.
        checks: what answers must be.
        streams: whether answers are streams.
        counts: whether whole answers say how many tokens they have.
        secrets: values that no report may show.
    """

    target: Target
    method: str
    headers: tuple[str, ...]
    key: str | None
    payloads: Payloads
    checks: Checks
    streams: bool
    counts: bool
    secrets: tuple[str, ...]


def make_job(recipe: Recipe, plan: Plan, *, part: Slice | None = None, schedule: Schedule | None = None,
             runtime: Runtime | None = None) -> Job:  # fmt: skip
    """Return a run that can begin.

    Args:
        recipe: what it is made from.
        plan: how much, how fast.
        part: this machine's part of the schedule; None: all of it.
        schedule: this machine's own times, where they were drawn elsewhere.
        runtime: of SageMaker, where it has been found already.

    Raises:
        UsageError: something that cannot be sent; for SageMaker no credentials, region or botocore.
    """
    payloads = recipe.payloads
    keeps = recipe.streams or recipe.counts or recipe.checks.read_bodies
    reader = AnswerReader(recipe.checks, streams=recipe.streams, counts=recipe.counts, secrets=recipe.secrets)
    traffic = build_traffic(
        recipe.target, payloads.bodies, payloads.media, method=recipe.method, headers=recipe.headers, key=recipe.key,
        workload=payloads.workload.tolist(), keeps=keeps, runtime=runtime,
    )  # fmt: skip
    return Job(
        plan=plan,
        traffic=traffic,
        reader=reader if keeps else None,
        fault_of_status=faults_of_statuses(recipe.checks.statuses),
        assign=lambda rows, named: payloads.assign(rows, plan.load.seed, named),
        workload=payloads.workload,
        target=recipe.target.display,
        payload=payloads.title,
        slice=part or Slice(),
        schedule=schedule,
    )
