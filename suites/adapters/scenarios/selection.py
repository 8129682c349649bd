"""Drives the choice of an adapter: by the header, by `model` in the body, by both, and by a name that nobody has."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import uuid4

from seatrial.conformance.api import Drive, Exchange, scenario
from seatrial.suites.adapters.answers import Audition
from seatrial.suites.adapters.requests import names_models
from seatrial.suites.adapters.route import ALIAS, with_fields
from seatrial.suites.adapters.stage import stage_of

__all__ = ["SelectionSeen"]


@dataclass(frozen=True)
class SelectionSeen:
    """Who answered what.

    Attributes:
        audition: the request that tells most, asked of all.
        stranger: the name that no adapter has.
        stranger_by_header: an invocation that names it in the header.
        stranger_by_model: one that names it in `model`; None where the body has no such field.
        against: for each adapter an invocation that names it in the header and the next one in `model`; empty where the
            body has no such field, or there is no next one.
        aliased: the first adapter by the header, with another name in the header of aliases.
        base: the base model, after each of these.
    """

    audition: Audition
    stranger: str
    stranger_by_header: Exchange
    stranger_by_model: Exchange | None
    against: dict[str, Exchange]
    aliased: Exchange
    base: tuple[Exchange, ...]


@scenario("adapters-selection", sees=SelectionSeen, takes=1.0)
def selection(drive: Drive) -> SelectionSeen:
    """Ask for every adapter in every way, and for the base model in between."""
    stage, stranger = stage_of(drive), f"seatrial-{uuid4().hex[:8]}"
    sample, audition = stage.audition()
    spoken, route = names_models(sample), stage.route
    try:
        names = {source.label: stage.take(source) for source in stage.sources}
        base = [route.ask(sample)]
        against: dict[str, Exchange] = {}
        for label, name in names.items():
            rivals = [other for other in names.values() if other != name]
            if spoken and rivals:
                against[label] = route.ask(with_fields(sample, {"model": rivals[0]}), name)
            else:
                route.ask(sample, name)
            base.append(route.ask(sample))
        aliased = route.ask(sample, next(iter(names.values())), (ALIAS, stranger))
        by_header = route.ask(sample, stranger)
        by_model = route.ask(with_fields(sample, {"model": stranger})) if spoken else None
        base.append(route.ask(sample))
    finally:
        stage.clear()
    return SelectionSeen(audition, stranger, by_header, by_model, against, aliased, tuple(base))
