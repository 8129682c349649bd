"""Linearizability: whether what several clients saw at once could have happened one after the other.

Calls of one round overlap, so any order of them is allowed; rounds follow each other. A model says into which states
one call may lead from a state, and none where its answer is impossible there. Pure: it sees values and no server.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from typing import TypeVar

__all__ = ["Step", "after", "first_impossible"]

S = TypeVar("S", bound=Hashable)
E = TypeVar("E")
Step = Callable[[S, E], frozenset[S]]
"""The states that one call may lead to."""


def after(states: frozenset[S], calls: Sequence[E], step: Step[S, E]) -> frozenset[S]:
    """The states that some order of overlapping calls may lead to; empty where none explains what was seen."""
    if not calls:
        return states
    found: set[S] = set()
    for place, call in enumerate(calls):
        rest = (*calls[:place], *calls[place + 1 :])
        reached = frozenset(state for before in states for state in step(before, call))
        if reached:
            found |= after(reached, rest, step)
    return frozenset(found)


def first_impossible(rounds: Sequence[Sequence[E]], start: S, step: Step[S, E]) -> int | None:
    """The number of the first round that no order explains; None where all can be explained."""
    states = frozenset({start})
    for number, calls in enumerate(rounds):
        states = after(states, calls, step)
        if not states:
            return number
    return None
