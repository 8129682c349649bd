"""What the contract allows to happen to one name of an adapter: the model that traces are judged against. Pure.

A name is free, or has one of the adapters behind it. Calls of one round overlap: they may have happened in any order.
What is a SHOULD elsewhere is allowed here: a name that nobody has may be answered by the base model, and its unload
with 200.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from seatrial.suites.adapters.answers import BASE
from seatrial.suites.standards.linear import first_impossible

if TYPE_CHECKING:
    from collections.abc import Iterator

    from seatrial.conformance.api import Taken, Trace

__all__ = ["ANYBODY", "ASK", "ASK_BASE", "LOAD", "UNLOAD", "about", "impossible", "wrong_base"]

LOAD, UNLOAD, ASK, ASK_BASE = "load", "unload", "ask", "ask-base"
FREE = ""
ANYBODY = "anybody"
"""The voice of an answer that tells nothing, because answers vary when they are made together."""
SPARED = frozenset({429, 503, 507})
"""A server may say that it is busy, or full."""
CONFLICT = 409

Calls = tuple["Taken", ...]


def about(name: str, adapter: str) -> str:
    """What a step was about, as a trace keeps it: a name, and the adapter that is wanted behind it or that answered."""
    return f"{name}: {adapter}"


def _name(taken: Taken) -> str:
    return taken.about.partition(": ")[0]


def _adapter(taken: Taken) -> str:
    return taken.about.partition(": ")[2]


def impossible(trace: Trace) -> Iterator[Calls]:
    """Calls of one round that no model of a name explains, one name after the other."""
    for name in dict.fromkeys(_name(taken) for steps in trace.rounds for taken in steps):
        mine = (tuple(taken for taken in steps if name and _name(taken) == name) for steps in trace.rounds)
        rounds = [calls for calls in mine if calls]
        at = first_impossible([_marked(calls) for calls in rounds], FREE, _step)
        if at is not None:
            yield rounds[at]


def wrong_base(trace: Trace) -> Calls:
    """Invocations without an adapter that the base model did not answer."""
    calls = (taken for steps in trace.rounds for taken in steps if taken.step.action == ASK_BASE)
    return tuple(taken for taken in calls if _adapter(taken) not in {BASE, ANYBODY} and _status(taken) not in SPARED)


def _marked(calls: Calls) -> tuple[tuple[Taken, bool], ...]:
    """Each call with whether the name was given up at the same time: what is under way then may be refused."""
    leaving = len(calls) > 1 and any(taken.step.action == UNLOAD for taken in calls)
    return tuple((taken, leaving) for taken in calls)


def _step(state: str, marked: tuple[Taken, bool]) -> frozenset[str]:
    taken, leaving = marked
    status = _status(taken)
    if status is None:
        return frozenset()
    done = 200 <= status < 300
    spared = status in SPARED
    if taken.step.action == ASK:
        refused = not done and (state == FREE or leaving or spared)
        return frozenset({state}) if refused or _adapter(taken) in {state or BASE, ANYBODY} else frozenset()
    if done:
        return frozenset({_adapter(taken) if taken.step.action == LOAD else FREE})
    unchanged = state != FREE if taken.step.action == LOAD else state == FREE or (leaving and status == CONFLICT)
    return frozenset({state}) if unchanged or spared else frozenset()


def _status(taken: Taken) -> int | None:
    return taken.exchange.status if taken.exchange and taken.exchange.trouble is None else None
