"""Drives `/adapters`: on the engine's own routes where it has them, and on a script's handlers.

The script's handlers show what they got by refusing an adapter whose name asks for it, since the library replaces the
body of whatever succeeds.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import uuid4

from seatrial.conformance.api import Drive, Exchange, Unobserved, Untested, scenario
from seatrial.suites.standards.scenarios.sessions import OWN, STATE
from seatrial.suites.standards.state_routes import ADAPTER, ALIAS, Calls, StateRoute

if TYPE_CHECKING:
    from seatrial.suites.standards.state_routes import Headers

__all__ = ["INVALID", "AdaptersSeen", "OwnAdaptersSeen"]

SRC = "/seatrial/nothing"
"""A path that nothing has: an engine that reads it refuses, one that only keeps it does not."""
INVALID: dict[str, object] = {
    "no field": {},
    "no source": {"name": "show-a"},
    "no name": {"src": SRC},
    "empty name": {"name": "", "src": SRC},
    "empty source": {"name": "show-a", "src": ""},
    "name that is a number": {"name": 5, "src": SRC},
    "null name": {"name": None, "src": SRC},
    "an array": [1],
}
ALIASED = "seatrial-alias"


@dataclass(frozen=True)
class OwnAdaptersSeen:
    """The engine's own `/adapters`.

    Attributes:
        calls: what was answered to a load without a field, a load, and two unloads of what nobody loaded.
        invalid: loads with something wrong; empty where there is no such route.
        accepted: whether the engine took an adapter whose files do not exist, so that more could be tried.
        taken: loads and unloads of such adapters; empty where it did not.
    """

    calls: Calls
    invalid: Calls
    accepted: bool
    taken: Calls


@dataclass(frozen=True)
class AdaptersSeen:
    """A script's handlers behind `/adapters`.

    Attributes:
        calls: by what was sent.
        invalid: loads with something wrong.
    """

    calls: Calls
    invalid: Calls


@scenario("standards-own-adapters", sees=OwnAdaptersSeen, launch=OWN, takes=0.3)
def own_adapters(drive: Drive) -> OwnAdaptersSeen:
    """See whether the engine serves `/adapters`, and try it where it does."""
    route, name = StateRoute(drive, drive.sample), f"seatrial-{uuid4().hex[:8]}"
    calls = {
        "empty load": route.load({}),
        "unload of nobody": route.unload(f"{name}-nobody"),
        "load": route.load({"name": name, "src": SRC}),
    }
    accepted = calls["load"].ok
    there = any(call.status != 404 for call in (calls["empty load"], calls["load"]))
    taken = _taken(route, name) if accepted else {}
    invalid = {what: route.load(body) for what, body in INVALID.items()} if there else {}
    own = route.route
    return OwnAdaptersSeen(Calls(own, calls), Calls(own, invalid), accepted, Calls(own, taken))


@scenario("standards-adapters", sees=AdaptersSeen, launch=STATE, takes=0.3)
def adapters(drive: Drive) -> AdaptersSeen:
    """Load and unload through a script's handlers in every form."""
    route, name = StateRoute(drive), f"seatrial-{uuid4().hex[:8]}"
    calls = {"load": route.load({"name": name, "src": SRC})}
    if calls["load"].trouble is not None:
        raise Unobserved(Untested.PREREQUISITE, f"/adapters does not answer: {calls['load'].summary}")
    calls |= _taken(route, name) | _forms(route) | _queries(route) | _methods(route, name)
    invalid = {what: route.load(body) for what, body in INVALID.items()}
    return AdaptersSeen(Calls(route.route, calls), Calls(route.route, invalid))


def _taken(route: StateRoute, name: str) -> dict[str, Exchange]:
    """After one load: unload, and everything by an alias."""
    alias: Headers = ((ALIAS, ALIASED), (ADAPTER, "seatrial-identifier"))
    other = f"{name}-other"
    return {
        "unload": route.unload(name),
        "unload again": route.unload(name),
        "load by alias": route.load({"name": other, "src": SRC}, *alias),
        "unload by alias": route.unload(other, *alias),
        "load with an identifier": route.load({"name": other, "src": SRC}, (ADAPTER, "seatrial-identifier")),
        "unload with an identifier": route.unload(other, (ADAPTER, "seatrial-identifier")),
    }


def _forms(route: StateRoute) -> dict[str, Exchange]:
    shown = {"name": "show-a", "src": SRC}
    return {
        "show": route.load(shown),
        "show all": route.load(
            {**shown, "preload": "false", "pin": "yes", "unknown": "seatrial"}, (ALIAS, ALIASED), query="?q=seatrial"
        ),
        "missing": route.load({"name": "missing-a", "src": SRC}),
        "created": route.load({"name": "created-a", "src": SRC}),
        "dictionary": route.load({"name": "dict-a", "src": SRC}),
    }


def _queries(route: StateRoute) -> dict[str, Exchange]:
    query = f"?name=show-q&src={SRC}&preload=false"
    return {
        "query, no body": route.load(b"", query=query),
        "query, broken body": route.load(b"{bad", query=query),
        "query, empty object": route.load({}, query=query),
        "form": route.load(f"name=show-f&src={SRC}".encode(), ("Content-Type", "application/x-www-form-urlencoded")),
    }


def _methods(route: StateRoute, name: str) -> dict[str, Exchange]:
    kept, slash = f"{name}-a", f"{name}-a/b"
    return {
        "GET /adapters": route.ask("GET", "/adapters"),
        "PUT /adapters": route.ask("PUT", "/adapters"),
        "GET /adapters/NAME": route.ask("GET", f"/adapters/{kept}"),
        "POST /adapters/NAME": route.ask("POST", f"/adapters/{kept}"),
        "DELETE /adapters": route.ask("DELETE", "/adapters"),
        "load before slashes": route.load({"name": kept, "src": SRC}),
        "unload with a slash": route.unload(slash),
        "unload with an encoded slash": route.unload(slash.replace("/", "%2F")),
        "unload after slashes": route.unload(kept),
    }
