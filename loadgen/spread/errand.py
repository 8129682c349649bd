"""What one machine of a run is given: everything, as values, so that it needs no file and no plug-in.

Intended times and the choice of payloads are drawn once, where the run is conducted, and travel: every machine sends
what one machine would have sent, whatever version of numpy it has.
"""

from __future__ import annotations

import dataclasses
import struct
from dataclasses import dataclass

import msgspec
import numpy as np

from seatrial.loadgen.answers.checks import Checks
from seatrial.loadgen.answers.expectation import Expectation, decoded
from seatrial.loadgen.answers.paths import PathCheck
from seatrial.loadgen.payload.payloads import Order, Payloads
from seatrial.loadgen.plan import Load, Plan
from seatrial.loadgen.recipe import Recipe, make_job
from seatrial.loadgen.run import Job, Slice
from seatrial.loadgen.schedule import Schedule, make_schedule
from seatrial.loadgen.spread.columns import pack, unpack
from seatrial.loadgen.target.values import HttpTarget, RoutedTarget, SageMakerTarget

__all__ = ["Errand", "draw", "errands", "job_of"]

LENGTH = struct.Struct("<Q")


@dataclass(frozen=True)
class _Times:
    """Columns of a `Schedule`, packed; `payloads` holds indexes of payloads and is empty where all send the first."""

    times: bytes
    payloads: bytes
    warmup: int
    end: int


@dataclass(frozen=True)
class _Sent:
    """`Payloads`, without the names by which a trace called them."""

    bodies: tuple[bytes, ...]
    media: tuple[str, ...]
    workload: bytes
    title: str
    streams: bool
    order: Order
    weights: bytes | None
    expected: tuple[bytes | None, ...] | None


@dataclass(frozen=True)
class _Checked:
    """`Checks` without what the payloads know themselves; `body` is the right answer and how a report calls it."""

    statuses: frozenset[int]
    paths: tuple[str, ...]
    body: tuple[bytes, str] | None


@dataclass(frozen=True)
class Errand:
    """One machine's part, without what it sends. Of the three kinds of target one is given.

    Attributes:
        index: of the machine, from 0.
        of: machines in all.
        load: of this machine; in an open loop only `times` say when.
        workers: engine processes to start.
        timeout_s: of one request.
        times: of this machine in an open loop; None in a closed one.
    """

    index: int
    of: int
    load: Load
    workers: int
    timeout_s: float
    http: HttpTarget | None
    sagemaker: SageMakerTarget | None
    routed: RoutedTarget | None
    method: str
    headers: tuple[str, ...]
    key: str | None
    secrets: tuple[str, ...]
    streams: bool
    counts: bool
    checks: _Checked
    times: _Times | None

    def job(self, sent: _Sent) -> Job:
        """Make the run of this machine.

        Args:
            sent: what it sends.

        Raises:
            UsageError: it cannot be made here: for SageMaker no credentials, region or botocore.
        """
        plan = Plan(self.load, timeout_s=self.timeout_s, workers=self.workers)
        payloads = Payloads(
            sent.bodies, sent.media, unpack(sent.workload, "d"), sent.title, streams=sent.streams, order=sent.order,
            weights=None if sent.weights is None else unpack(sent.weights, "d"), expected=sent.expected,
        )  # fmt: skip
        recipe = Recipe(
            target=self._target, method=self.method, headers=self.headers, key=self.key, payloads=payloads,
            checks=self._checks(sent), streams=self.streams, counts=self.counts, secrets=self.secrets,
        )  # fmt: skip
        if self.times is None:
            return make_job(recipe, plan, part=Slice(self.index, self.of))
        chosen = unpack(self.times.payloads, "I") if self.times.payloads else None
        schedule = Schedule(unpack(self.times.times, "q"), self.times.warmup, self.times.end, chosen)
        return make_job(recipe, plan, schedule=schedule)

    @property
    def _target(self) -> HttpTarget | SageMakerTarget | RoutedTarget:
        found = self.http or self.sagemaker or self.routed
        if found is None:
            raise ValueError("an errand without a target")
        return found

    def _checks(self, sent: _Sent) -> Checks:
        body = self.checks.body
        return Checks(
            statuses=self.checks.statuses,
            paths=tuple(map(PathCheck.parse, self.checks.paths)),
            body=None if body is None else Expectation(body[0], decoded(body[0]), body[1]),
            expected=tuple(None if one is None else Expectation.of_json(one) for one in sent.expected or ()),
        )


def draw(recipe: Recipe, load: Load) -> Schedule | None:
    """Draw the times of a whole run, and which payload each request sends; None in a closed loop.

    Raises:
        UsageError: a trace that cannot be read, or more requests than one run can hold.
    """
    if not load.open_loop:
        return None
    drawn = make_schedule(load)
    if drawn.payloads is None and len(recipe.payloads) == 1:
        return drawn
    return dataclasses.replace(drawn, payloads=recipe.payloads.assign(len(drawn.times), load.seed, drawn.payloads))


def errands(recipe: Recipe, plan: Plan, schedule: Schedule | None, of: int) -> tuple[bytes, list[bytes]]:
    """Divide a run.

    Args:
        recipe: what every machine sends.
        plan: of the whole run; its `workers` are those of each machine.
        schedule: what `draw` returned.
        of: machines.

    Returns:
        what all machines are given, and what each is given on top; `job_of` reads the two, put together. They hold the
        secrets of the run.
    """
    target, checks = recipe.target, recipe.checks
    checked = _Checked(
        checks.statuses, tuple(path.text for path in checks.paths),
        None if checks.body is None else (checks.body.raw, checks.body.shown),
    )  # fmt: skip
    own = [
        Errand(
            index=index, of=of, load=_part_of_load(plan.load, index, of), workers=plan.workers,
            timeout_s=plan.timeout_s, http=target if isinstance(target, HttpTarget) else None,
            sagemaker=target if isinstance(target, SageMakerTarget) else None,
            routed=target if isinstance(target, RoutedTarget) else None, method=recipe.method, headers=recipe.headers,
            key=recipe.key, secrets=recipe.secrets, streams=recipe.streams, counts=recipe.counts, checks=checked,
            times=None if schedule is None else _part_of_times(schedule, index, of),
        )
        for index in range(of)
    ]  # fmt: skip
    return _shared(recipe.payloads), [msgspec.msgpack.encode(each) for each in own]


def job_of(data: bytes) -> tuple[Job, Errand]:
    """Return the run that a machine was given, and the errand itself.

    Raises:
        UsageError: it cannot be made here: for SageMaker no credentials, region or botocore.
    """
    (length,) = LENGTH.unpack_from(data)
    border = LENGTH.size + length
    errand = msgspec.msgpack.decode(memoryview(data)[border:], type=Errand)
    return errand.job(msgspec.msgpack.decode(memoryview(data)[LENGTH.size : border], type=_Sent)), errand


def _shared(payloads: Payloads) -> bytes:
    """Return the payloads: the greatest part, so it is kept once for all machines."""
    sent = _Sent(
        payloads.bodies, payloads.media, pack(payloads.workload), payloads.title, payloads.streams, payloads.order,
        None if payloads.weights is None else pack(payloads.weights), payloads.expected,
    )  # fmt: skip
    data = msgspec.msgpack.encode(sent)
    return LENGTH.pack(len(data)) + data


def _part_of_times(schedule: Schedule, index: int, of: int) -> _Times:
    chosen = schedule.payloads
    return _Times(
        pack(schedule.times[index::of]),
        b"" if chosen is None else pack(chosen[index::of].astype(np.uint32)),
        schedule.warmup,
        schedule.end,
    )


def _part_of_load(load: Load, index: int, of: int) -> Load:
    """Return one machine's share of what is divided; a trace has been read, and its file is not elsewhere."""

    def part(whole: int) -> int:
        return whole // of + (index < whole % of)

    return dataclasses.replace(
        load, trace=None, max_connections=max(1, part(load.max_connections)),
        requests=None if load.requests is None else part(load.requests),
        concurrency=None if load.concurrency is None else part(load.concurrency),
    )  # fmt: skip
