"""Explores adapters: programs of several clients, invented by Hypothesis, each judged against the model of a name.

A program loads, unloads and asks under two names, each of which may get either adapter, and asks the base model, in any
order and at once: so adapters come and go while others answer in the same step.
"""

from __future__ import annotations

from itertools import repeat
from typing import TYPE_CHECKING, NoReturn
from weakref import WeakKeyDictionary

from seatrial.conformance.api import (
    Drive,
    ExploredPrograms,
    Lifecycle,
    Step,
    Taken,
    Trace,
    broken,
    explore_programs,
    scenario,
)
from seatrial.suites.adapters.answers import BASE, NOBODY
from seatrial.suites.adapters.bursts import burst
from seatrial.suites.adapters.lives import ANYBODY, ASK, ASK_BASE, LOAD, UNLOAD, about, impossible, wrong_base
from seatrial.suites.adapters.reasons import Reason
from seatrial.suites.adapters.stage import Stage, stage_of

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

    from seatrial.conformance.api import Program

__all__ = ["ADAPTERS"]

EXAMPLES, SHRINKS = 20, 60
NAMES, TOGETHER = 2, 8

_steady: WeakKeyDictionary[Stage, bool] = WeakKeyDictionary()


class AdapterDriver:
    """Takes the steps of one program, under names that only this program uses.

    Args:
        drive: of the scenario.
    """

    def __init__(self, drive: Drive) -> None:
        self._stage = stage_of(drive)
        self._choir = self._stage.choir()
        self._stage.clear()
        self._steady = _is_steady(drive, self._stage)
        known = self._stage.loadable
        self._sources = tuple(source for source, _ in self._choir.voices if source in known) or known
        self._names = tuple(self._stage.new_name() for _ in range(NAMES))

    def __call__(self, step: Step) -> Taken:
        """Take one step."""
        route, name = self._stage.route, self._names[step.target % NAMES]
        if step.action == LOAD:
            source = self._sources[int(step.value or 0) % len(self._sources)]
            return Taken(step, about(name, source.label), route.load(name, source.path))
        if step.action == UNLOAD:
            return Taken(step, name, route.unload(name))
        name = "" if step.action == ASK_BASE else name
        asked = route.ask(self._choir.sample, name)
        who = self._choir.who(asked)
        return Taken(step, about(name, ANYBODY if who == NOBODY and not self._steady else who), asked)


def _is_steady(drive: Drive, stage: Stage) -> bool:
    """Whether answers are the same when several are made together; measured once an instance."""
    if stage not in _steady:
        choir = stage.choir()
        calls = [(BASE, ""), *((source.label, stage.take(source)) for source, _ in choir.voices)]
        tallies = [tally for call in calls for tally in burst(drive, stage, choir, repeat(call, TOGETHER))]
        _steady[stage] = all(tally.heard != NOBODY for tally in tallies)
        stage.clear()
    return _steady[stage]


def judge_adapters(trace: Trace) -> None:
    """Each name is free or has one adapter behind it, and whoever asks hears the one that is asked."""
    for taken in wrong_base(trace):
        _refuse((taken,), Reason.BASE_CHANGED, "the base model")
    for calls in impossible(trace):
        wrong = any(taken.step.action == ASK and taken.exchange and taken.exchange.ok for taken in calls)
        reason = Reason.WRONG_ADAPTER if wrong else Reason.ADAPTER_LIFE
        _refuse(calls, reason, "what a name allows, in some order of what was asked at once")


def _refuse(calls: tuple[Taken, ...], reason: Reason, expected: str) -> NoReturn:
    told = (
        f"{taken.step.action} {taken.about.strip(': ') or 'the base model'}:"
        f" {taken.exchange.summary if taken.exchange else 'nothing'}"
        for taken in calls
    )
    proof = tuple(taken.exchange for taken in calls if taken.exchange)
    broken(reason, expected=expected, observed="; ".join(told), proof=proof)


class ReusedNames(Lifecycle):
    """Programs that begin with an adapter behind every name and end by asking each, so that little is lost unheard."""

    def programs(self) -> SearchStrategy[Program]:
        """The strategy that Hypothesis draws programs from."""
        opening = tuple(Step(LOAD, number, str(number)) for number in range(NAMES))
        closing = (*(Step(ASK, number) for number in range(NAMES)), Step(ASK_BASE))
        return super().programs().map(lambda rounds: (opening, *rounds, closing))


ADAPTERS = ReusedNames(
    "lora-adapters",
    (LOAD, LOAD, UNLOAD, ASK, ASK, ASK_BASE),
    AdapterDriver,
    judge_adapters,
    values=("0", "1"),
    targets=NAMES,
    clients=4,
    rounds=6,
)


@scenario("adapters-programs", sees=ExploredPrograms, takes=4.0)
def programs(drive: Drive) -> ExploredPrograms:
    """Explore what several clients may do to two names at once."""
    try:
        return explore_programs(drive, ADAPTERS, examples=EXAMPLES, shrinks=SHRINKS)
    finally:
        stage_of(drive).clear()
