"""Judges what headers change: nothing, and custom attributes in both directions."""

from seatrial.conformance.api import Exchange, Limits, clause, expect, observed
from seatrial.suites.realtime.reasons import Reason
from seatrial.suites.realtime.scenarios.headers import ATTRIBUTES, MARK, HeadersSeen


@clause("invocations.ignores-extra-headers")
def test_ignores_extra_headers(headers: HeadersSeen) -> None:
    """Unknown headers change nothing."""
    _alike(headers, headers.extra, Reason.EXTRA_HEADERS_MATTER)


@clause("invocations.named-headers")
def test_named_headers(headers: HeadersSeen) -> None:
    """The platform's own headers change nothing."""
    _alike(headers, headers.named, Reason.NAMED_HEADERS_MATTER)


@clause("invocations.custom-attributes-in")
def test_custom_attributes_in(headers: HeadersSeen) -> None:
    """Custom attributes are an opaque string; a model may read them, so the answer itself is not compared."""
    exchange = headers.attributes
    expect(exchange.ok, exchange.summary, proof=exchange).to_be_true(
        reason=Reason.ATTRIBUTES_REFUSED, expected="2xx with 1024 characters of custom attributes"
    )


@clause("invocations.custom-attributes-out")
def test_custom_attributes_out(headers: HeadersSeen, limit: Limits) -> None:
    """Custom attributes in an answer can be carried by the platform, and belong to its own request."""
    answers = (headers.plain.exchange, headers.extra, headers.named, headers.attributes, headers.after)
    for exchange in answers:
        for value in _attributes(exchange):
            expect(value, f"{len(value)} characters: {value[:60]!r}", proof=exchange).to_hold(
                lambda text: 1 <= len(text) <= limit.characters and text.isascii() and text.isprintable(),
                reason=Reason.ATTRIBUTES_UNFIT,
                expected=f"no {ATTRIBUTES}, or 1 to {limit.characters:g} visible US-ASCII characters",
            )
    leaked = [value for value in _attributes(headers.after) if MARK in value]
    expect(not leaked, f"those of the request before: {leaked}", proof=(headers.attributes, headers.after)).to_be_true(
        reason=Reason.ATTRIBUTES_LEAK, expected="no custom attributes of another request"
    )
    if not any(_attributes(exchange) for exchange in answers):
        observed("the server sets no custom attributes")


def _alike(headers: HeadersSeen, exchange: Exchange, reason: Reason) -> None:
    difference = headers.plain.difference(exchange)
    expect(not difference, difference, proof=(headers.plain.exchange, exchange)).to_be_true(
        reason=reason, expected="the answer to the same request without these headers"
    )


def _attributes(exchange: Exchange) -> tuple[str, ...]:
    if exchange.answer is None:
        return ()
    return tuple(value for name, value in exchange.answer.headers if name.lower() == ATTRIBUTES.lower())
