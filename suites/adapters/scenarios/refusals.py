"""Drives what has to be refused: loads of nothing and from nowhere, the unload of what nobody loaded."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import uuid4

from seatrial.conformance.api import Drive, Exchange, scenario
from seatrial.suites.adapters.stage import stage_of

__all__ = ["Leftover", "RefusalsSeen"]

NOWHERE = "/seatrial/no/such/adapter"


@dataclass(frozen=True)
class Leftover:
    """A load that had to be refused, and whether anything is there under its name all the same.

    Attributes:
        load: the load.
        unload: the adapter given up again; None where the load was refused, so that nothing has to be.
        ask: an invocation that names it; None where no valid request is known.
    """

    load: Exchange
    ask: Exchange | None
    unload: Exchange | None


@dataclass(frozen=True)
class RefusalsSeen:
    """What came of requests that no adapter stands behind.

    Attributes:
        incomplete: loads without a name or a source, by what is wrong with them.
        nowhere: a load from a path that does not exist.
        damaged: a load of weights that are cut short; None where the user gave no adapter.
        stranger: the unload of a name that nobody loaded.
        extras: a list of adapters, one adapter, a change of one, by their requests.
    """

    incomplete: dict[str, Exchange]
    nowhere: Leftover
    damaged: Leftover | None
    stranger: Exchange
    extras: dict[str, Exchange]


@scenario("adapters-refusals", sees=RefusalsSeen, takes=0.5)
def refusals(drive: Drive) -> RefusalsSeen:
    """Send them; what is accepted wrongly is given up again."""
    route, mark = stage_of(drive).route, f"seatrial-{uuid4().hex[:8]}"
    path = next((source.path for source in stage_of(drive).sources if source.path), NOWHERE)
    incomplete = {
        "nothing in query or body": route.send("POST", "/adapters"),
        "no source in the query": route.send("POST", f"/adapters?name={mark}"),
        "an empty name in the query": route.load_by_query("", path),
        "no source in JSON": route.load_by_body(name=mark),
        "no name in JSON": route.load_by_body(src=path),
        "an empty source in JSON": route.load_by_body(name=mark, src=""),
    }
    damaged = drive.instance.adapters.damaged
    seen = RefusalsSeen(
        incomplete,
        _tried(drive, f"{mark}-nowhere", NOWHERE),
        _tried(drive, f"{mark}-damaged", damaged) if damaged else None,
        route.unload(f"{mark}-stranger"),
        {
            "GET /adapters": route.send("GET", "/adapters"),
            "GET /adapters/NAME": route.send("GET", f"/adapters/{mark}"),
            "POST /adapters/NAME": route.send("POST", f"/adapters/{mark}"),
        },
    )
    if any(call.ok for call in incomplete.values()):
        route.unload(mark)
    return seen


def _tried(drive: Drive, name: str, src: str) -> Leftover:
    route = stage_of(drive).route
    load = route.load(name, src)
    ask = route.ask(drive.valid[0], name) if drive.valid else None
    return Leftover(load, ask, route.unload(name) if load.ok else None)
