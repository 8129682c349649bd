"""Judges which handler answers the two routes, and that nothing stands between it and the caller."""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING

from seatrial.conformance.api import BootEnd, Untested, broken, clause, expect, observed, untested
from seatrial.suites.standards.reasons.handlers import Reason
from seatrial.suites.standards.scenarios.handlers import BODIES, ENGINE, source

if TYPE_CHECKING:
    from seatrial.conformance.api import Exchange
    from seatrial.suites.standards.scenarios.handlers import (
        HandlerAnswers,
        HandlerDefaults,
        HandlersSeen,
        TransformsSeen,
    )

VARIABLE, DECORATED, LAST, NAMED = "variable", "decorated", "decorated-last", "named"


@clause("handlers.defaults")
def test_defaults(handler_defaults: HandlerDefaults) -> None:
    """A script that overrides nothing leaves the engine's routes as they are."""
    seen = handler_defaults
    expect(seen.ping.status, proof=seen.ping).to_be(200, reason=Reason.DEFAULT_MISSING)
    _not_allowed(seen.get)
    if seen.invocations is not None:
        expect(seen.invocations.status, proof=seen.invocations).to_hold(
            _is_2xx, reason=Reason.DEFAULT_MISSING, expected="2xx, as without the script"
        )


@clause("handlers.ping-replaced")
def test_ping_replaced(sources_decorated_ping: HandlersSeen, handler_answers: HandlerAnswers) -> None:
    """Status, body and headers of the answer are the handler's."""
    _ready(sources_decorated_ping)
    _ready(handler_answers.who)
    _replaced(sources_decorated_ping.ping, 200)
    _replaced(handler_answers.who.ping, 200)


@clause("handlers.invocations-replaced")
def test_invocations_replaced(sources_named_ping: HandlersSeen, handler_answers: HandlerAnswers) -> None:
    """Status, body and headers of the answer are the handler's."""
    _ready(sources_named_ping)
    _ready(handler_answers.who)
    _replaced(sources_named_ping.invocations, 200)
    _replaced(handler_answers.created, 201)


@clause("handlers.status-honoured")
def test_status_honoured(handler_answers: HandlerAnswers) -> None:
    """What the handler says of its health is what the platform hears."""
    _ready(handler_answers.who)
    unhealthy = handler_answers.unhealthy
    expect(unhealthy.status, proof=unhealthy).to_be(503, reason=Reason.STATUS_REWRITTEN)


@clause("handlers.other-methods")
def test_other_methods(handler_answers: HandlerAnswers) -> None:
    """An override takes one method."""
    _ready(handler_answers.who)
    for exchange in (handler_answers.put, handler_answers.delete, handler_answers.get):
        _not_allowed(exchange)
    head = handler_answers.head
    # The engine answers it itself: 503 while its model is still loading behind a customer's health check.
    allowed = {200, 204, 405, 503}
    expect(head.status, proof=head).to_be_in(allowed, reason=Reason.METHOD_ALLOWED, expected="200, 204, 405 or 503")
    observed(f"HEAD /ping brings {head.status}")


@clause("handlers.post-ping")
def test_post_ping(handler_answers: HandlerAnswers, handler_defaults: HandlerDefaults) -> None:
    """Only told: who answers POST /ping once GET /ping is overridden."""
    before, after = handler_defaults.post, handler_answers.post
    observed(f"POST /ping brings {before.status} without an override, and with one {after.status} from {source(after)}")


@clause("handlers.body-unchanged")
def test_body_unchanged(handler_answers: HandlerAnswers) -> None:
    """The handler reads the bytes that were sent."""
    _ready(handler_answers.who)
    for (kind, body), exchange in zip(BODIES, handler_answers.bodies, strict=True):
        what = f"{len(body)} bytes of {kind or 'no type'}"
        if source(exchange) == ENGINE:
            broken(
                Reason.ENGINE_CHECKS_FIRST,
                expected=f"the handler's own answer to {what}",
                observed=exchange.summary,
                proof=exchange,
            )
        arrived = (_header(exchange, "X-Seatrial-Length"), _header(exchange, "X-Seatrial-Sha256"))
        expect(arrived, f"{arrived[0]} bytes with another digest for {what}", proof=exchange).to_be(
            (str(len(body)), sha256(body).hexdigest()), reason=Reason.BODY_CHANGED, expected="the same bytes"
        )


@clause("handlers.no-engine-checks")
def test_no_engine_checks(handler_answers: HandlerAnswers) -> None:
    """What the engine asks of a request does not apply to a handler that replaced its route."""
    _ready(handler_answers.who)
    for (kind, _), exchange in zip(BODIES, handler_answers.bodies, strict=True):
        expect(exchange.status, proof=exchange).to_be(
            200, reason=Reason.ENGINE_CHECKS_FIRST, expected=f"200 for {kind or 'no media type'}"
        )
        sent = _header(exchange, "X-Seatrial-Sent-Type")
        expect(sent, f"the handler saw {sent!r}", proof=exchange).to_be(
            kind, reason=Reason.ENGINE_CHECKS_FIRST, expected=f"Content-Type {kind!r} as it was sent"
        )


@clause("handlers.malformed-json")
def test_malformed_json(transforms: TransformsSeen) -> None:
    """A transform refuses what is no JSON, and says so."""
    _transforms_ready(transforms)
    for exchange in transforms.malformed:
        expect(exchange.status, proof=exchange).to_be(400, reason=Reason.MALFORMED_JSON_STATUS)
        said = exchange.answer.body.head.decode("utf-8", "replace") if exchange.answer else ""
        expect(said, f"{said[:80]!r}", proof=exchange).to_hold(
            lambda text: "JSON decode error:" in text,
            reason=Reason.MALFORMED_JSON_STATUS,
            expected="a text that begins `JSON decode error:`",
        )


@clause("handlers.json-of-other-kinds")
def test_json_of_other_kinds(transforms: TransformsSeen) -> None:
    """Only told: what JSON that is no object brings."""
    _transforms_ready(transforms)
    statuses = ", ".join(str(exchange.status) for exchange in transforms.others)
    observed(
        f"an array, a string, a number and bytes that are no UTF-8 bring {statuses}; then {transforms.after.status}"
    )


@clause("handlers.transforms-read-any-json")
def test_transforms_read_any_json(transforms: TransformsSeen) -> None:
    """A transform reads the body, whatever the header calls it."""
    _transforms_ready(transforms)
    for what, exchange in (*transforms.tolerated, ("a JSON object after all of them", transforms.after)):
        expect(exchange.status, proof=exchange).to_be(
            200, reason=Reason.CONTENT_TYPE_REQUIRED, expected=f"200 for {what}"
        )


@clause("handlers.env-first")
def test_env_first(handler_answers: HandlerAnswers) -> None:
    """With all four sources at once, the variables win."""
    _answered(handler_answers.who, VARIABLE, VARIABLE, Reason.ORDER_SWAPPED)


@clause("handlers.env-beats-decorator")
def test_env_beats_decorator(sources_pairs: HandlersSeen, sources_pairs_crossed: HandlersSeen) -> None:
    """On both routes."""
    _who(sources_pairs.invocations, VARIABLE, Reason.ORDER_SWAPPED, sources_pairs)
    _who(sources_pairs_crossed.ping, VARIABLE, Reason.ORDER_SWAPPED, sources_pairs_crossed)


@clause("handlers.env-beats-named")
def test_env_beats_named(sources_pairs: HandlersSeen, sources_pairs_crossed: HandlersSeen) -> None:
    """On both routes."""
    _who(sources_pairs.ping, VARIABLE, Reason.ORDER_SWAPPED, sources_pairs)
    _who(sources_pairs_crossed.invocations, VARIABLE, Reason.ORDER_SWAPPED, sources_pairs_crossed)


@clause("handlers.env-beats-engine")
def test_env_beats_engine(sources_variable_ping: HandlersSeen, sources_decorator_only: HandlersSeen) -> None:
    """On both routes."""
    _who(sources_variable_ping.ping, VARIABLE, Reason.VARIABLE_IGNORED, sources_variable_ping)
    _who(sources_decorator_only.invocations, VARIABLE, Reason.VARIABLE_IGNORED, sources_decorator_only)


@clause("handlers.decorator-beats-named")
def test_decorator_beats_named(sources_decorated_ping: HandlersSeen, sources_named_ping: HandlersSeen) -> None:
    """A decorated function goes before one that is only named, on both routes."""
    for seen in (sources_decorated_ping, sources_named_ping):
        _ready(seen)
    for exchange in (sources_decorated_ping.ping, sources_named_ping.invocations):
        expect(source(exchange), f"{source(exchange)} answered: {exchange.summary}", proof=exchange).to_be_in(
            {DECORATED, LAST}, reason=Reason.ORDER_SWAPPED, expected="the answer of the decorated handler"
        )


@clause("handlers.decorator-beats-engine")
def test_decorator_beats_engine(sources_variable_ping: HandlersSeen, sources_decorator_only: HandlersSeen) -> None:
    """On both routes."""
    _who(sources_decorator_only.ping, DECORATED, Reason.DECORATOR_IGNORED, sources_decorator_only)
    _who(sources_variable_ping.invocations, DECORATED, Reason.DECORATOR_IGNORED, sources_variable_ping)


@clause("handlers.named-beats-engine")
def test_named_beats_engine(sources_decorated_ping: HandlersSeen, sources_named_ping: HandlersSeen) -> None:
    """On both routes."""
    _who(sources_named_ping.ping, NAMED, Reason.NAME_IGNORED, sources_named_ping)
    _who(sources_decorated_ping.invocations, NAMED, Reason.NAME_IGNORED, sources_decorated_ping)


@clause("handlers.routes-independent")
def test_routes_independent(
    sources_variable_ping: HandlersSeen,
    sources_only_ping: HandlersSeen,
    sources_only_invocations: HandlersSeen,
) -> None:
    """Each route has its own handler, by its own source."""
    _answered(sources_variable_ping, VARIABLE, DECORATED, Reason.ROUTES_COUPLED)
    _who(sources_only_ping.ping, DECORATED, Reason.ROUTES_COUPLED, sources_only_ping)
    _who(sources_only_invocations.invocations, DECORATED, Reason.ROUTES_COUPLED, sources_only_invocations)
    for seen, exchange in (
        (sources_only_ping, sources_only_ping.invocations),
        (sources_only_invocations, sources_only_invocations.ping),
    ):
        _ready(seen)
        expect(source(exchange), proof=exchange).to_hold(
            lambda who: who not in {DECORATED, VARIABLE},
            reason=Reason.ROUTES_COUPLED,
            expected="the engine's own answer on the other route",
        )


@clause("handlers.exact-names")
def test_exact_names(sources_only_ping: HandlersSeen, sources_only_invocations: HandlersSeen) -> None:
    """A short name may count where the document says so; `ping_handler` and the like never do."""
    short = []
    for seen, exchange, guesses, documented in (
        (sources_only_ping, sources_only_ping.invocations, {"invoke", "invocation_handler"}, "invocations"),
        (sources_only_invocations, sources_only_invocations.ping, {"ping_handler"}, "ping"),
    ):
        _ready(seen)
        who = source(exchange)
        expect(who in guesses, f"the function {who!r} answered", proof=exchange).to_be(
            False, reason=Reason.NAME_GUESSED, expected="the engine's own answer: only the long names are looked for"
        )
        short += [documented] if who == documented else []
    observed(f"the short names {' and '.join(short)} count too" if short else "only the two long names count")


@clause("handlers.last-definition")
def test_last_definition(sources_decorated_ping: HandlersSeen, sources_named_ping: HandlersSeen) -> None:
    """Two uses of one decorator are no mistake."""
    _who(sources_decorated_ping.ping, LAST, Reason.FIRST_DEFINITION_WINS, sources_decorated_ping)
    _who(sources_named_ping.invocations, LAST, Reason.FIRST_DEFINITION_WINS, sources_named_ping)


@clause("handlers.called-decorator")
def test_called_decorator(called_decorator: HandlersSeen) -> None:
    """With parentheses it is refused or works, but never disappears."""
    if called_decorator.end is not BootEnd.READY:
        observed(f"`@custom_ping_handler()` is refused: the start ended as {called_decorator.end}")
    who = source(called_decorator.ping)
    expect(who, f"the server became ready and {who} answers", proof=called_decorator.ping).to_be(
        "called", reason=Reason.BARE_DECORATOR_ONLY, expected="a start that fails, or the decorated handler's answer"
    )
    observed("`@custom_ping_handler()` works like the bare decorator")


@clause("handlers.register-is-no-override")
def test_register_is_no_override(sources_only_ping: HandlersSeen, sources_only_invocations: HandlersSeen) -> None:
    """What registers the engine's handler does not override it from a customer's script."""
    for seen, exchange in (
        (sources_only_ping, sources_only_ping.invocations),
        (sources_only_invocations, sources_only_invocations.ping),
    ):
        _ready(seen)
        expect(source(exchange), proof=exchange).to_hold(
            lambda who: who != "registered",
            reason=Reason.REGISTRATION_OVERRIDES,
            expected="the engine's own answer",
        )


def _ready(seen: HandlersSeen) -> None:
    if seen.end is not BootEnd.READY:
        _start_failed(seen.end, seen.last)


def _transforms_ready(seen: TransformsSeen) -> None:
    if seen.end is not BootEnd.READY:
        _start_failed(seen.end, seen.last)
    if source(seen.good) != DECORATED:
        untested(Untested.PREREQUISITE, f"the handler behind the transforms is not mounted: {seen.good.summary}")


def _start_failed(end: BootEnd, last: tuple[str, ...]) -> None:
    broken(
        Reason.HANDLERS_START_FAILED,
        expected="a server that becomes ready with a customer's handlers",
        observed=f"the start ended as {end}{f'; the log ends: {last[-1]}' if last else ''}",
    )


def _who(exchange: Exchange, wanted: str, reason: Reason, seen: HandlersSeen) -> None:
    """Expect one source to answer; that the engine does is told apart, with the versions that the script reports."""
    _ready(seen)
    who = source(exchange)
    versions = _header(exchange, "X-Seatrial-Versions")
    expect(who, f"{who} answered{f' ({versions})' if versions else ''}: {exchange.summary}", proof=exchange).to_be(
        wanted, reason=reason, expected=f"the answer of the handler that is {wanted}"
    )


def _answered(seen: HandlersSeen, ping: str, invocations: str, reason: Reason) -> None:
    _who(seen.ping, ping, reason, seen)
    _who(seen.invocations, invocations, reason, seen)


def _replaced(exchange: Exchange, status: int) -> None:
    who, versions = source(exchange), _header(exchange, "X-Seatrial-Versions")
    if who == ENGINE:
        broken(
            Reason.OVERRIDE_NOT_MOUNTED,
            expected="the answer of the customer's handler",
            observed=f"the engine's own{f' ({versions})' if versions else ''}: {exchange.summary}",
            proof=exchange,
        )
    expect(exchange.status, proof=exchange).to_be(status, reason=Reason.ANSWER_CHANGED)
    text = exchange.answer.body.head if exchange.answer else b""
    expect(text, repr(text[:80]), proof=exchange).to_hold(
        lambda body: body.startswith(f"{who} ".encode()), reason=Reason.ANSWER_CHANGED, expected="the handler's body"
    )
    kind = _header(exchange, "Content-Type")
    expect(kind, f"Content-Type: {kind}", proof=exchange).to_hold(
        lambda kind: kind.startswith("text/x-seatrial"),
        reason=Reason.ANSWER_CHANGED,
        expected="Content-Type: text/x-seatrial, as the handler set it",
    )


def _not_allowed(exchange: Exchange) -> None:
    expect(exchange.status, proof=exchange).to_be_in({404, 405, 501}, reason=Reason.METHOD_ALLOWED, expected="405")


def _header(exchange: Exchange, name: str) -> str:
    return (exchange.answer.header(name) or "") if exchange.answer else ""


def _is_2xx(status: int | None) -> bool:
    return status is not None and 200 <= status < 300
