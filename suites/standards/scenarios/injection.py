"""Drives requests that name an adapter past a script's echo, which shows what a handler behind the layer gets."""

from __future__ import annotations

from dataclasses import dataclass

from seatrial.conformance.api import Drive, Exchange, Unobserved, Untested, scenario
from seatrial.suites.standards.scenarios.sessions import STATE, mounted
from seatrial.suites.standards.state_routes import ADAPTER, SESSION, Calls, StateRoute, error_text, json_of, session_of

__all__ = ["FIELDS", "NAME", "InjectionSeen", "SessionIdSeen"]

NAME = "seatrial-adapter"
FIELDS = {
    "text": 'größe \u2603 \U0001f6a2 \\ " \n',
    "big": 12345678901234567890123,
    "small": 1e-300,
    "third": 0.1,
    "truth": [True, False, None],
    "deep": {"a": [{"b": {}}], "": 0},
}
"""Fields that an injection has no business with."""


@dataclass(frozen=True)
class InjectionSeen:
    """What handlers behind the layer of adapters got.

    Attributes:
        calls: by what was sent.
        refusals: by the wrong arguments of a decoration, the exception that they raised; empty for none.
    """

    calls: Calls
    refusals: dict[str, str]


@dataclass(frozen=True)
class SessionIdSeen:
    """What handlers got of the session's id, where the layer of sessions is told to pass it on.

    Attributes:
        session: the id.
        calls: by what was sent.
    """

    session: str
    calls: Calls


@scenario("standards-injection", sees=InjectionSeen, launch=STATE, takes=0.3)
def injection(drive: Drive) -> InjectionSeen:
    """Send bodies with and without a place for an adapter, through layers that replace and that append."""
    route, header = mounted(drive), (ADAPTER, NAME)
    calls = _replaced(route) | _appended(route) | _nested(route)
    calls["fields"] = route.post({"model": "base", **FIELDS}, header)
    calls["two headers"] = route.post({"model": "base"}, header, (ADAPTER, "seatrial-second"))
    calls["without the layer"] = route.post({"model": "base"}, header, case="plain")
    return InjectionSeen(Calls(route.route, calls), _refusals(route))


@scenario("standards-session-id", sees=SessionIdSeen, launch=STATE, takes=0.2)
def session_id(drive: Drive) -> SessionIdSeen:
    """Send bodies with and without a place for the session's id, and requests past a handler without any layer."""
    route = mounted(drive)
    session = session_of(route.create())
    header = (SESSION, session)
    calls = {
        "top": route.post({"a": 1}, header, case="id"),
        "top, taken": route.post({"session_id": "mine"}, header, case="id"),
        "top, no header": route.post({"a": 1}, case="id"),
        "nested, no parent": route.post({"a": 1}, header, case="id-nested"),
        "nested": route.post({"meta": {"b": 2}}, header, case="id-nested"),
        "nested, odd parent": route.post({"meta": 5}, header, case="id-nested"),
        "deep": route.post({"a": {"b": {}}}, header, case="id-deep"),
        "deep, no parents": route.post({"c": 1}, header, case="id-deep"),
        "no layer, unknown id": route.post({"a": 1}, (SESSION, "seatrial-nobody"), case="plain"),
        "no layer, create": route.create(case="plain"),
    }
    route.close(session)
    return SessionIdSeen(session, Calls(route.route, calls))


def _replaced(route: StateRoute) -> dict[str, Exchange]:
    header = (ADAPTER, NAME)
    return {
        "replace": route.post({"model": "base", "a": 1}, header),
        "replace, spelt in lower case": route.post({"model": "base"}, (ADAPTER.lower(), NAME)),
        "replace, no key": route.post({"a": 1}, header),
        "replace, no header": route.post({"model": "base", "a": 1}),
        "replace, empty header": route.post({"model": "base"}, (ADAPTER, "")),
    }


def _appended(route: StateRoute) -> dict[str, Exchange]:
    header = (ADAPTER, NAME)
    return {
        "append": route.post({"model": "base"}, header, case="append"),
        "append bare": route.post({"model": "base"}, header, case="append-bare"),
        "append, no key": route.post({"a": 1}, header, case="append"),
        "append, null": route.post({"model": None}, header, case="append"),
        "append, no header": route.post({"model": "base"}, case="append"),
        "append, empty header": route.post({"model": "base"}, (ADAPTER, ""), case="append"),
        "append to an empty text": route.post({"model": ""}, header, case="append"),
        "append to a number": route.post({"model": 5}, header, case="append"),
    }


def _nested(route: StateRoute) -> dict[str, Exchange]:
    header = (ADAPTER, NAME)
    return {
        "nested": route.post({"cfg": {"lora": "base", "a": 1}}, header, case="nested"),
        "nested, no key": route.post({"cfg": {}}, header, case="nested"),
        "nested append": route.post({"cfg": {"lora": "base"}}, header, case="nested-append"),
        "nested, no parent": route.post({"a": 1}, header, case="nested"),
        "nested, odd parent": route.post({"cfg": 5}, header, case="nested"),
    }


def _refusals(route: StateRoute) -> dict[str, str]:
    told = route.post({}, case="refusals")
    found = json_of(told)
    if not told.ok or not isinstance(found, dict):
        raise Unobserved(Untested.PREREQUISITE, f"the script cannot tell what it tried: {error_text(told)[:200]}")
    return {str(name): str(value) for name, value in found.items()}
