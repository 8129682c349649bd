"""Unloads an adapter while it answers."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

from seatrial.conformance.api import Drive, Exchange, Sample, Unobserved, Untested, scenario
from seatrial.suites.adapters.answers import BASE, NOBODY, said
from seatrial.suites.adapters.requests import lengthened
from seatrial.suites.adapters.stage import stage_of

if TYPE_CHECKING:
    from seatrial.suites.adapters.listing import Source
    from seatrial.suites.adapters.stage import Stage

__all__ = ["InFlight", "InUseSeen"]

CALLERS = 6
MOST_WAIT = 2.0


@dataclass(frozen=True)
class InFlight:
    """An invocation that was under way when the adapter was unloaded, and whose voice it got."""

    call: Exchange
    who: str


@dataclass(frozen=True)
class InUseSeen:
    """An unload in the middle of answers.

    Attributes:
        label: what people call the adapter.
        unload: the unload.
        in_flight: the invocations that had begun before it and ended after it had begun.
        ping: afterwards.
        base: the base model afterwards.
        who: whose voice that was.
    """

    label: str
    unload: Exchange
    in_flight: tuple[InFlight, ...]
    ping: Exchange
    base: Exchange
    who: str


@dataclass(frozen=True)
class _Long:
    """A request that takes a while, and what the base model and the adapter say to it; what it took in seconds."""

    sample: Sample
    base: str
    own: str
    seconds: float

    def who(self, call: Exchange, label: str) -> str:
        words = said(call)
        return {"": "", self.own: label, self.base: BASE}.get(words, NOBODY)


@scenario("adapters-in-use", sees=InUseSeen, waits=0.2, takes=1.0)
def in_use(drive: Drive) -> InUseSeen:
    """Have several callers ask one adapter without a pause, unload it, and see what each of them got."""
    stage = stage_of(drive)
    label = stage.choir().voices[0][0].label
    source = next((one for one in stage.loadable if one.label == label), None)
    if source is None:
        raise Unobserved(Untested.PREREQUISITE, f"the adapter {label} cannot be loaded by its path")
    try:
        name = stage.take(source)
        long = _longest(stage, source, name)
        unload, calls = _unload_amid(drive, stage, long, name)
    finally:
        stage.clear()
    begun = unload.started
    overlapping = (call for call in calls if call.started < begun < call.started + call.done)
    in_flight = tuple(InFlight(call, long.who(call, label)) for call in overlapping)
    base = stage.route.ask(long.sample)
    return InUseSeen(label, unload, in_flight, drive.ping(), base, long.who(base, label))


def _longest(stage: Stage, source: Source, name: str) -> _Long:
    """The longer form of the sample, where it is answered and still tells the adapter from the base model."""
    choir, route = stage.choir(), stage.route
    longer = lengthened(choir.sample)
    if longer != choir.sample:
        own, again, base = route.ask(longer, name), route.ask(longer, name), route.ask(longer)
        if said(own) and said(own) == said(again) != said(base) != "":
            return _Long(longer, said(base), said(own), again.done)
    own = route.ask(choir.sample, name)
    return _Long(choir.sample, choir.base, dict(choir.voices)[source], own.done)


def _unload_amid(drive: Drive, stage: Stage, long: _Long, name: str) -> tuple[Exchange, list[Exchange]]:
    """Unload while each of several callers has a call under way; the unload and all their calls."""
    over = threading.Event()

    def keep_asking() -> list[Exchange]:
        calls = [stage.route.ask(long.sample, name)]
        while not over.is_set() and calls[-1].ok:
            calls.append(stage.route.ask(long.sample, name))
        return calls

    with ThreadPoolExecutor(CALLERS, thread_name_prefix="caller") as pool:
        asking = [pool.submit(keep_asking) for _ in range(CALLERS)]
        try:
            drive.wait(min(long.seconds / 2, MOST_WAIT) / drive.facts.scale)
            unload = stage.route.unload(name)
        finally:
            over.set()
    return unload, [call for some in asking for call in some.result()]
