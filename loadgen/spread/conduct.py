"""One run over the machines of a crew: give each its part, let all begin at one moment, collect, join."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from seatrial.loadgen.fault import Fault
from seatrial.loadgen.measure.words import time as time_words
from seatrial.loadgen.mistakes import UsageError
from seatrial.loadgen.observed import EngineNotes, Observed
from seatrial.loadgen.plan import Plan
from seatrial.loadgen.record import Records, Tokens
from seatrial.loadgen.run import interruptible
from seatrial.loadgen.schedule import Schedule
from seatrial.loadgen.spread.chorus import Chorus
from seatrial.loadgen.spread.crew import Crew, MasterEnded
from seatrial.loadgen.spread.errand import draw, errands
from seatrial.loadgen.spread.harvest import Harvest, join
from seatrial.loadgen.spread.messages import Begun, Failed, Go, Look, Ping, Ready, Stop

if TYPE_CHECKING:
    from collections.abc import Callable

    from seatrial.loadgen.recipe import Recipe
    from seatrial.loadgen.snapshot import Snapshot
    from seatrial.loadgen.spread.member import Member

__all__ = ["conduct"]

NS = 1_000_000_000
PINGS = 10
LEAD = 200_000_000
"""ns from the word to the first request, on top of some round trips."""
ROUND_TRIPS = 4
PATIENCE_S = 20.0
"""Seconds for machines that were told to stop to hand over what they have."""
LOOK_EVERY = 0.25
APART = 5_000_000
"""ns by which the machines may have begun apart before a report says so."""


def conduct(crew: Crew, recipe: Recipe, plan: Plan, update: Callable[[Snapshot], bool]) -> Observed:
    """Put the load on from all machines, and return what they observed, joined; Ctrl-C ends it early.

    Args:
        crew: the machines, gathered.
        recipe: what they send.
        plan: of the whole run; its `workers` are engine processes of each machine.
        update: is told about four times a second how the run stands, and ends it early by returning True.

    Raises:
        UsageError: a machine cannot begin, or the schedule cannot be drawn.
        MasterEnded: the Locust master did before the load began.
    """
    members = crew.members
    if plan.load.concurrency is not None and plan.load.concurrency < len(members) * plan.workers:
        raise UsageError(
            f"-c {plan.load.concurrency} is less than one for each of {len(members)} machines with --workers "
            f"{plan.workers}: raise it, or take fewer."
        )
    schedule = draw(recipe, plan.load)
    shared, own = errands(recipe, plan, schedule, len(members))
    for member, errand in zip(members, own, strict=True):
        crew.say(member, member.give(shared, errand))
    _until(crew, lambda: all(each.ready for each in members))
    _ask_clocks(crew)
    with interruptible() as interrupted:
        origin = _go(crew)
        run = _Run(crew, plan, schedule, origin)
        run.collect(update, interrupted)
        return run.observed(recipe, interrupted=interrupted[0])


def _until(crew: Crew, condition: Callable[[], bool]) -> None:
    """Wait for a condition before the load begins: whatever goes wrong until then ends everything."""
    while not condition():
        match crew.hear():
            case member, Ready():
                member.ready = True
                member.expect(something=False)
            case member, Failed(text):
                raise UsageError(f"the worker {member.name}: {text}")
        for member in crew.lost():
            raise UsageError(f"the worker {member.name} was lost before the load began: start it again.")


def _ask_clocks(crew: Crew) -> None:
    for number in range(PINGS):
        for member in crew.members:
            member.asked(number, time.monotonic_ns())
            crew.say(member, Ping(number))
            _until(crew, lambda: not any(each.waits_for_pong for each in crew.members))


def _go(crew: Crew) -> int:
    """Give the word, and return the moment at which all begin, on the clock of this machine, ns."""
    slowest = max(each.round_trip or 0 for each in crew.members)
    origin = time.monotonic_ns() + LEAD + ROUND_TRIPS * slowest
    for member in crew.members:
        crew.say(member, Go(origin + member.offset))
        member.expect(something=True)
    return origin


@dataclass
class _Run:
    """A run that has begun.

    Attributes:
        crew: the machines.
        plan: of the whole run.
        schedule: of the whole run; None in a closed loop.
        origin: the first intended time on the clock of this machine, ns.
    """

    crew: Crew
    plan: Plan
    schedule: Schedule | None
    origin: int

    def __post_init__(self) -> None:
        load = self.plan.load
        if self.schedule is not None:
            self.length, self.warmup = self.schedule.end, self.schedule.warmup
        else:
            self.warmup = round(load.warmup_s * NS)
            self.length = self.warmup + round(load.duration_s * NS) if load.duration_s is not None else 1 << 61

    def collect(self, update: Callable[[Snapshot], bool], interrupted: list[bool]) -> None:
        """Listen until every machine has handed over what it has, or is lost."""
        chorus = Chorus(self.plan.load, self.length / NS if self.length < 1 << 60 else None)
        give_up, next_look = float("inf"), 0.0
        while not all(each.over for each in self.crew.members):
            try:
                self._listen(chorus)
                if time.monotonic() >= next_look and (snapshot := chorus.snapshot()):
                    next_look = time.monotonic() + LOOK_EVERY
                    interrupted[0] |= update(snapshot)
                if interrupted[0] and give_up == float("inf"):
                    give_up = time.monotonic() + PATIENCE_S
                    self._stop()
            except MasterEnded:
                self._give_up("the Locust master ended")
            if time.monotonic() > give_up:
                self._give_up("it did not hand over what it had")

    def _listen(self, chorus: Chorus) -> None:
        match self.crew.hear():
            case member, Begun(late):
                member.late = late
            case member, Look() as look:
                chorus.add(member.who, look)
            case member, Failed(text):
                member.failure = f"the worker {member.name}: {text}"
        for member in self.crew.lost():
            into = max(member.heard - self.origin / NS, 0.0)
            member.failure = f"the worker {member.name} was lost {into:.1f} s into the run, and its results with it"

    def _stop(self) -> None:
        for member in self.crew.members:
            if not member.over:
                self.crew.say(member, Stop())

    def _give_up(self, why: str) -> None:
        for member in self.crew.members:
            if not member.over:
                member.failure = f"the worker {member.name} was lost: {why}"

    def observed(self, recipe: Recipe, *, interrupted: bool) -> Observed:
        """Join what came back."""
        members = self.crew.members
        parts = [
            self._lost(index, each) if each.harvest is None else Harvest.from_bytes(each.harvest, self.origin)
            for index, each in enumerate(members)
        ]
        records, tokens = join(parts, open_loop=self.plan.load.open_loop)
        return Observed(
            plan=self.plan, target=recipe.target.display, payload=recipe.payloads.title, records=records,
            tokens=tokens, workload=recipe.payloads.workload, origin=self.origin,
            counted_from=self.origin + self.warmup, schedule_end=self.origin + self.length,
            ended=self._ended(parts),
            started=time.time() + (self.origin - time.monotonic_ns()) / NS,
            notes=tuple(note for part in parts for note in part.notes),
            interrupted=interrupted or any(part.interrupted for part in parts), remarks=tuple(self._remarks()),
        )  # fmt: skip

    @staticmethod
    def _ended(parts: list[Harvest]) -> int:
        """Return when the run was over: where it was cut off, nothing counts from the first machine's end on."""
        return min((part.ended for part in parts if part.interrupted), default=max(part.ended for part in parts))

    def _lost(self, index: int, member: Member) -> Harvest:
        """Return what is known of a lost machine's part: what was due while it was heard may have been sent."""
        heard, every = round(member.heard * NS), len(self.crew.members)
        times = self.schedule.times[index::every] if self.schedule else np.zeros(0, np.int64)
        records = Records.allocate(len(times))
        records.intended[:] = times + self.origin
        if self.schedule and self.schedule.payloads is not None:
            records.payload[:] = self.schedule.payloads[index::every]
        records.done[:] = np.maximum(records.intended, heard)
        records.fault[:] = np.where(records.intended <= heard, Fault.INTERRUPTED, Fault.UNSENT)
        broken = EngineNotes.broken(member.failure, "see that every machine stays up and connected, and run it again")
        others = [EngineNotes.broken("")] * (self.plan.workers - 1)
        return Harvest(records, Tokens.none(), heard, (broken, *others), interrupted=False)

    def _remarks(self) -> list[str]:
        """Say what the figures cannot: whether the machines began together, and who had no part."""
        members, found = self.crew.members, []
        late = [each.late for each in members if each.late is not None]
        unsure = max(each.round_trip or 0 for each in members) // 2
        apart = (max(late) - min(late) if late else 0) + unsure
        if len(members) > 1 and apart > APART:
            found.append(
                f"the machines began up to {time_words(apart)} apart: their messages took as much as "
                f"{time_words(2 * unsure)} to and fro"
            )
        if self.crew.too_late:
            hosts = ", ".join(sorted(set(self.crew.too_late)))
            found.append(f"{hosts} joined when --expect-workers had been reached, and had no part in the load")
        return found
