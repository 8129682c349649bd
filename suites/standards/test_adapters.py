"""Judges loading and unloading of adapters, on the engine's own routes where it has them and on a script's handlers."""

import json
from collections.abc import Mapping

from seatrial.conformance.api import Exchange, clause, expect, observed
from seatrial.suites.standards.reasons.adapters import Reason
from seatrial.suites.standards.scenarios.adapters import ALIASED, SRC, AdaptersSeen, OwnAdaptersSeen
from seatrial.suites.standards.state_judging import expect_answer, need_some, tell_routes
from seatrial.suites.standards.state_routes import Calls, error_text, json_of


@clause("adapters.only-where-registered")
def test_only_where_registered(standards_own_adapters: OwnAdaptersSeen) -> None:
    """A route that nobody stands behind promises what the engine cannot do."""
    calls = standards_own_adapters.calls
    names = ("empty load", "load", "unload of nobody")
    if all(calls[name].status == 404 for name in names):
        observed("no handler of the engine, and no route")
    for name in names:
        call = calls[name]
        expect(call.status in {405, 500, 501}, f"{name}, {calls.said(name)}", proof=call).to_be(
            False, reason=Reason.ADAPTER_ROUTE_WITHOUT_HANDLER, expected="404, or a handler of the engine that answers"
        )
    observed("the engine has handlers of its own")


@clause("adapters.load")
def test_load(standards_adapters: AdaptersSeen, standards_own_adapters: OwnAdaptersSeen | None = None) -> None:
    """The platform reads that answer; what the engine said to itself is not for it."""
    found = [standards_adapters.calls]
    if standards_own_adapters is not None and standards_own_adapters.accepted:
        found.insert(0, standards_own_adapters.calls)
    for calls in found:
        call = calls["load"]
        expect(call.status, f"a load, {calls.said('load')}", proof=call).to_be(200, reason=Reason.ADAPTER_NOT_LOADED)
        text = f"Adapter {_name(call)} registered"
        expect(error_text(call), f"a load, {calls.said('load')}", proof=call).to_be(
            text, reason=Reason.ENGINE_BODY_LEAKS
        )
        leaked = call.answer.header("X-Seatrial-Engine") if call.answer else None
        expect(leaked, "a header of the engine's own answer", proof=call).to_be(
            None, reason=Reason.ENGINE_BODY_LEAKS, expected="none of the engine's own headers"
        )
    tell_routes(found)


@clause("adapters.alias")
def test_alias(standards_adapters: AdaptersSeen, standards_own_adapters: OwnAdaptersSeen | None = None) -> None:
    """A caller who gave an alias knows the adapter by it; the identifier of requests is another header."""
    found = _taken(standards_adapters, standards_own_adapters)
    for calls in found:
        for verb in ("load", "unload"):
            text = f"Adapter {ALIASED} {'un' if verb == 'unload' else ''}registered"
            expect_answer(calls, f"{verb} by alias", status=200, text=text, reason=Reason.ALIAS_IGNORED)
        call = calls["load with an identifier"]
        text = f"Adapter {_name(call)} registered"
        expect_answer(calls, "load with an identifier", status=200, text=text, reason=Reason.ALIAS_IGNORED)
    tell_routes(found)


@clause("adapters.request-model")
def test_request_model(standards_adapters: AdaptersSeen) -> None:
    """What a caller leaves out has a value, and what no adapter knows is dropped."""
    plain, full = (_shown(standards_adapters.calls[name]) for name in ("show", "show all"))
    wanted = {"name": "show-a", "src": SRC, "preload": True, "pin": False, "unknown": None}
    _expect_shown(standards_adapters.calls["show"], plain, wanted)
    _expect_shown(standards_adapters.calls["show all"], full, {**wanted, "preload": False, "pin": True})


@clause("adapters.invalid-load")
def test_invalid_load(standards_adapters: AdaptersSeen, standards_own_adapters: OwnAdaptersSeen | None = None) -> None:
    """A load that says nothing useful is the caller's mistake, and it is told which."""
    own = standards_own_adapters.invalid if standards_own_adapters and standards_own_adapters.invalid.named else None
    found = need_some((own, standards_adapters.invalid), "adapters")
    for calls in found:
        for name, call in calls.named.items():
            what = f"a load with {name}, {calls.said(name)}"
            expect(call.ok or call.status == 418, what, proof=call).to_be(
                False, reason=Reason.INVALID_LOAD_TAKEN, expected="400"
            )
            expect(call.status, what, proof=call).to_be(400, reason=Reason.INVALID_LOAD_STATUS)
            expect(error_text(call), what, proof=call).to_hold(
                lambda text: text.startswith("[{") and '"loc"' in text, reason=Reason.INVALID_LOAD_STATUS,
                expected="a JSON list of what is wrong, as text",
            )  # fmt: skip
    tell_routes(found)


@clause("adapters.query")
def test_query(standards_adapters: AdaptersSeen) -> None:
    """The platform may send a load without a body; a body that is JSON wins whole."""
    calls = standards_adapters.calls
    for name in ("query, no body", "query, broken body"):
        shown = _shown(calls[name])
        got = {key: shown.get(key) for key in ("name", "src", "preload")}
        expect(got, f"{name}, {calls.said(name)}", proof=calls[name]).to_be(
            {"name": "show-q", "src": SRC, "preload": False}, reason=Reason.QUERY_UNREAD
        )
    for name in ("query, empty object", "form"):
        expect_answer(calls, name, status=400, reason=Reason.QUERY_MERGED)


@clause("adapters.errors-pass")
def test_errors_pass(standards_adapters: AdaptersSeen, standards_own_adapters: OwnAdaptersSeen | None = None) -> None:
    """An adapter that was not loaded must not be said to be."""
    calls = standards_adapters.calls
    text = '{"engine": "no such path"}'
    expect_answer(calls, "missing", status=404, text=text, reason=Reason.ENGINE_ERROR_CHANGED)
    if standards_own_adapters is not None and not standards_own_adapters.accepted:
        own = standards_own_adapters.calls
        refused = own["load"]
        expect("registered" in error_text(refused), f"a load, {own.said('load')}", proof=refused).to_be(
            False, reason=Reason.ENGINE_ERROR_CHANGED, expected="the engine's refusal"
        )


@clause("adapters.created-status")
def test_created_status(standards_adapters: AdaptersSeen) -> None:
    """An engine may say 201; what becomes of that differs."""
    calls = standards_adapters.calls
    observed(f"an engine's 201 becomes {calls['created'].status} with {error_text(calls['created'])[:80]!r}")


@clause("adapters.dictionary")
def test_dictionary(standards_adapters: AdaptersSeen) -> None:
    """A handler may return a dictionary; what becomes of that differs."""
    calls = standards_adapters.calls
    observed(f"a handler that returns a dictionary is answered {calls['dictionary'].status}")


@clause("adapters.unload")
def test_unload(standards_adapters: AdaptersSeen, standards_own_adapters: OwnAdaptersSeen | None = None) -> None:
    """Once given up, an adapter is gone, and giving it up again is refused by the engine."""
    found = _taken(standards_adapters, standards_own_adapters)
    for calls in found:
        call = calls["unload"]
        name = call.request.target.rpartition("/")[2]
        text = f"Adapter {name} unregistered"
        expect_answer(calls, "unload", status=200, text=text, reason=Reason.ADAPTER_NOT_UNLOADED)
        again = calls["unload again"]
        expect(again.ok, f"unloaded again, {calls.said('unload again')}", proof=again).to_be(
            False, reason=Reason.UNLOADED_TWICE, expected="the engine's refusal"
        )
    expect_answer(standards_adapters.calls, "unload again", status=404, reason=Reason.UNLOADED_TWICE)
    tell_routes(found)


@clause("adapters.methods")
def test_methods(standards_adapters: AdaptersSeen) -> None:
    """What cannot be done is refused; a list may be given."""
    calls = standards_adapters.calls
    for name in ("PUT /adapters", "GET /adapters/NAME", "POST /adapters/NAME", "DELETE /adapters"):
        expect_answer(calls, name, status=405, reason=Reason.METHOD_TAKEN)
    expect_answer(calls, "GET /adapters", status=frozenset({200, 405}), reason=Reason.METHOD_TAKEN)
    observed(f"GET /adapters is answered {calls['GET /adapters'].status}")


@clause("adapters.slash")
def test_slash(standards_adapters: AdaptersSeen) -> None:
    """`a/b` is another name than `a`, whatever it is."""
    calls = standards_adapters.calls
    for name in ("unload with a slash", "unload with an encoded slash"):
        expect_answer(calls, name, status=404, reason=Reason.SLASH_TAKEN)
    expect_answer(calls, "unload after slashes", status=200, reason=Reason.SLASH_TAKEN)


@clause("adapters.mapping")
def test_mapping(standards_adapters: AdaptersSeen) -> None:
    """A handler gets what its shape asks for, from the body, the headers and the query, nested as it says."""
    call = standards_adapters.calls["show all"]
    wanted = {"alias": ALIASED, "query": "seatrial", "nested": {"name": "show-a", "alias": ALIASED}, "unknown": None}
    _expect_shown(call, _shown(call), wanted, Reason.SHAPE_NOT_MAPPED)


def _taken(mounted: AdaptersSeen, own: OwnAdaptersSeen | None) -> tuple[Calls, ...]:
    """Loads and unloads on every route that took them, the engine's own first."""
    return (own.taken, mounted.calls) if own is not None and own.accepted else (mounted.calls,)


def _name(call: Exchange) -> str:
    sent = json.loads(call.request.body.head)
    return str(sent["name"])


def _shown(call: Exchange) -> dict[str, object]:
    found = json_of(call)
    return found if isinstance(found, dict) and call.status == 418 else {}


def _expect_shown(
    call: Exchange, shown: Mapping[str, object], wanted: Mapping[str, object], reason: Reason = Reason.LOAD_DEFAULTS
) -> None:
    got = {key: shown.get(key, "nothing") for key in wanted}
    expect(got, f"the handler got {got!r}", proof=call).to_be(wanted, reason=reason, expected=f"{wanted!r}")
