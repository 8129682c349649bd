"""Asks many adapters and the base model at once."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import chain, repeat
from typing import TYPE_CHECKING

from seatrial.conformance.api import Drive, scenario
from seatrial.suites.adapters.answers import BASE
from seatrial.suites.adapters.bursts import Call, Tally, burst
from seatrial.suites.adapters.stage import Choir, stage_of

if TYPE_CHECKING:
    from seatrial.suites.adapters.stage import Stage

__all__ = ["ParallelSeen"]

NAMES, CALLS = 8, 32
ALONE = 16


@dataclass(frozen=True)
class ParallelSeen:
    """Many calls at once.

    Attributes:
        names: under how many names adapters were loaded.
        alone: calls of one voice only at once, each voice in its turn: how far answers vary when they share a step.
        mixed: calls of all at once.
    """

    names: int
    alone: tuple[Tally, ...]
    mixed: tuple[Tally, ...]


@scenario("adapters-parallel", sees=ParallelSeen, takes=2.0)
def parallel(drive: Drive) -> ParallelSeen:
    """Load as many names as are taken, up to eight; then ask for each of them and for the base model, all at once."""
    stage = stage_of(drive)
    choir = stage.choir()
    try:
        names = _names(stage, choir)
        everyone: list[Call] = [(BASE, ""), *names]
        one_each = dict(reversed(everyone)).items()
        alone = [tally for call in one_each for tally in burst(drive, stage, choir, repeat(call, ALONE))]
        mixed = burst(drive, stage, choir, chain.from_iterable(repeat(everyone, CALLS)))
    finally:
        stage.clear()
    return ParallelSeen(len(names), tuple(alone), mixed)


def _names(stage: Stage, choir: Choir) -> list[Call]:
    """Names by turns of each adapter, the first of each for sure."""
    found = [(source.label, stage.take(source)) for source, _ in choir.voices]
    loadable = [source for source, _ in choir.voices if source.path]
    while loadable and len(found) < NAMES:
        source = loadable[len(found) % len(loadable)]
        name = stage.new_name()
        if not stage.route.load(name, source.path).ok:
            break
        found.append((source.label, name))
    return found
