"""Drives the life of an adapter: loaded in both forms, and again under a name that is taken, unloaded, used after."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from seatrial.conformance.api import Drive, Exchange, Unobserved, scenario
from seatrial.suites.adapters.stage import stage_of

if TYPE_CHECKING:
    from seatrial.suites.adapters.listing import Source
    from seatrial.suites.adapters.stage import Stage

__all__ = ["Life", "LoadingSeen", "Used"]


@dataclass(frozen=True)
class Used:
    """Something done to an adapter, and an invocation that names it afterwards.

    Attributes:
        done: the load or unload.
        ask: the invocation; None where no request is answered.
        who: whose voice that was; empty where the voices cannot be told apart, and where nothing was said.
    """

    done: Exchange
    ask: Exchange | None = None
    who: str = ""


@dataclass(frozen=True)
class Life:
    """The life of one adapter.

    Attributes:
        label: what people call it.
        load: how it was loaded.
        unload: how it was unloaded; None where it could not be loaded.
    """

    label: str
    load: Used
    unload: Used | None


@dataclass(frozen=True)
class LoadingSeen:
    """Lives of adapters.

    Attributes:
        by_query: one that was loaded in the query with an empty body.
        by_body: the same in JSON.
        rival: what people call the adapter that was loaded under a name that was taken.
        duplicate: that second load; None where the first failed.
    """

    by_query: Life
    by_body: Life
    rival: str
    duplicate: Used | None


@scenario("adapters-loading", sees=LoadingSeen, takes=0.5)
def loading(drive: Drive) -> LoadingSeen:
    """Load, ask and unload: first by the query, then in JSON, then twice."""
    stage = stage_of(drive)
    first, rival = stage.loadable[0], stage.loadable[-1]
    try:
        lives = [_life(stage, first, by_query=by_query) for by_query in (True, False)]
        duplicate = _duplicate(stage, first, rival)
    finally:
        stage.clear()
    return LoadingSeen(lives[0], lives[1], rival.label, duplicate)


def _life(stage: Stage, source: Source, *, by_query: bool) -> Life:
    route, name = stage.route, stage.new_name()
    load = route.load_by_query(name, source.path) if by_query else route.load_by_body(name=name, src=source.path)
    loaded = _used(stage, load, name)
    return Life(source.label, loaded, _used(stage, route.unload(name), name) if load.ok else None)


def _duplicate(stage: Stage, source: Source, rival: Source) -> Used | None:
    name = stage.new_name()
    if not stage.route.load(name, source.path).ok:
        return None
    return _used(stage, stage.route.load(name, rival.path), name)


def _used(stage: Stage, done: Exchange, name: str) -> Used:
    try:
        sample, audition = stage.audition()
        choir = stage.choir() if audition.heard else None
    except Unobserved:
        return Used(done)
    if not audition.base[0].ok:
        return Used(done)
    ask = stage.route.ask(sample, name)
    return Used(done, ask, choir.who(ask) if choir else "")
