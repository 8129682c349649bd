"""What the contract allows to happen to one session, and to one adapter: the models that traces are judged against.

Each says into which states a call may lead from a state. Calls of one round overlap, so they may have happened in any
order; a call near the moment at which a session's time runs out may be answered either way. So neither several clients
nor a slow machine make a model wrong.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from seatrial.conformance.api import Exchange, Taken, Trace
from seatrial.suites.standards.linear import first_impossible
from seatrial.suites.standards.state_routes import echoed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = [
    "Lifetime", "When", "about", "impossible_adapters", "impossible_sessions", "name_of", "when_of", "wrongly_injected",
]  # fmt: skip

OPEN, CLOSED, EXPIRED = "open", "closed", "expired"
LOADED, ABSENT = "loaded", "absent"
NONE: frozenset[str] = frozenset()
SLACK = 0.03
"""Seconds that a server may need between reading its clock and doing what it is asked."""

Calls = tuple[Taken, ...]


class When(StrEnum):
    """When something was asked of a session, as far as its time goes."""

    IN_TIME = "in time"
    BORDER = "at the border"
    OVER = "over"


@dataclass(frozen=True)
class Lifetime:
    """When a session's time runs out, in seconds from the launch: not before `earliest`, and at `latest` for sure."""

    earliest: float
    latest: float

    @classmethod
    def of(cls, created: Exchange, ttl: float) -> Lifetime:
        """The lifetime of the session that an exchange created."""
        begun = created.started
        return cls(begun + ttl - SLACK, begun + created.done + ttl + SLACK)

    def when(self, call: Exchange) -> When:
        """When a call was made."""
        if call.started + call.done < self.earliest:
            return When.IN_TIME
        return When.OVER if call.started > self.latest else When.BORDER


def about(name: str, when: When = When.IN_TIME) -> str:
    """What a step was about, as a trace keeps it."""
    return name if when is When.IN_TIME else f"{name} ({when})"


def name_of(taken: Taken) -> str:
    """The session or adapter that a step was about."""
    return taken.about.partition(" (")[0]


def when_of(taken: Taken) -> When:
    """When it was asked, as far as the time of its session goes."""
    word = taken.about.partition(" (")[2].rstrip(")")
    return When(word) if word else When.IN_TIME


def impossible_sessions(trace: Trace) -> Iterator[Calls]:
    """Calls of one round that no model of a session explains, one session after the other."""
    made = {name_of(taken): taken for taken in _all(trace) if taken.step.action == "create"}
    yield from ((taken,) for name, taken in made.items() if not (name and taken.exchange and taken.exchange.ok))
    for name in filter(None, made):
        rounds = _rounds(trace, name, without="create")
        rivals = any(sum(taken.step.action == "close" for taken in some) > 1 for some in rounds)
        at = first_impossible(rounds, OPEN, _session_step(rivals=rivals))
        if at is not None:
            yield rounds[at]
    for taken in _all(trace):
        if taken.exchange and name_of(taken) not in made and taken.exchange.status != 400:
            yield (taken,)


def impossible_adapters(trace: Trace) -> Iterator[Calls]:
    """Calls of one round that no model of an adapter explains, one adapter after the other."""
    for name in dict.fromkeys(name_of(taken) for taken in _all(trace)):
        rounds = _rounds(trace, name)
        at = first_impossible(rounds, ABSENT, _adapter_step)
        if at is not None:
            yield rounds[at]


def wrongly_injected(trace: Trace) -> Calls:
    """Requests that named an adapter and whose handler saw another one; told only where an echo shows it."""
    calls = (taken for taken in _all(trace) if taken.step.action == "infer" and taken.exchange)
    seen = ((taken, echoed(taken.exchange)) for taken in calls if taken.exchange)
    return tuple(taken for taken, body in seen if isinstance(body, dict) and body.get("model") != name_of(taken))


def _session_step(*, rivals: bool) -> Callable[[str, Taken], frozenset[str]]:
    """The model of one session.

    Args:
        rivals: whether several clients close it at once, of whom a loser may have passed the first check.
    """

    def step(state: str, taken: Taken) -> frozenset[str]:
        status, closes, when = _status(taken), taken.step.action == "close", when_of(taken)
        if state != OPEN:
            lost = {400, 424} if closes and (rivals or state == EXPIRED) else {400}
            return frozenset({state}) if status in lost else NONE
        found = set()
        if when is not When.OVER and status == 200:
            found.add(CLOSED if closes else OPEN)
        # The first use may still be served: only then is the session seen to be over.
        if when is not When.IN_TIME and status in ({200, 400, 424} if closes else {200, 400}):
            found.add(EXPIRED)
        return frozenset(found)

    return step


def _adapter_step(state: str, taken: Taken) -> frozenset[str]:
    """The model of one adapter: loaded once, given up once; naming it in a request changes nothing."""
    if taken.step.action == "infer":
        return frozenset({state}) if _status(taken) == 200 else NONE
    if taken.step.action == "load":
        wanted, reached = (200 if state == ABSENT else 400), LOADED
    else:
        wanted, reached = (200 if state == LOADED else 404), ABSENT
    return frozenset({reached}) if _status(taken) == wanted else NONE


def _status(taken: Taken) -> int | None:
    return taken.exchange.status if taken.exchange and taken.exchange.trouble is None else None


def _all(trace: Trace) -> Iterator[Taken]:
    return (taken for steps in trace.rounds for taken in steps)


def _rounds(trace: Trace, name: str, without: str = "") -> tuple[Calls, ...]:
    mine = (
        tuple(taken for taken in steps if name_of(taken) == name and taken.step.action != without)
        for steps in trace.rounds
    )
    return tuple(some for some in mine if some)
