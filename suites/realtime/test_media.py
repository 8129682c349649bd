"""Judges how media types are read and stated."""

from seatrial.conformance.api import Exchange, clause, expect
from seatrial.suites.realtime.reasons import Reason
from seatrial.suites.realtime.scenarios.invoke import is_json
from seatrial.suites.realtime.scenarios.media import MediaTypesSeen


@clause("invocations.optional-headers")
def test_optional_headers(media_types: MediaTypesSeen) -> None:
    """A request without its optional headers is answered 2xx or 4xx."""
    for form in media_types.bare:
        expect(form.exchange, f"{form.name}: {form.exchange.summary}", proof=form.exchange).to_hold(
            _served_or_refused, reason=Reason.OPTIONAL_HEADER_NEEDED, expected="2xx, or 4xx with a reason"
        )


@clause("invocations.content-type")
def test_content_type(media_types: MediaTypesSeen) -> None:
    """Content-Type means the same in upper case and with a charset."""
    for spelled in media_types.spelled:
        for form in spelled.forms:
            difference = spelled.plain.difference(form.exchange)
            expect(
                not difference, f"{form.name}: {difference}", proof=(spelled.plain.exchange, form.exchange)
            ).to_be_true(
                reason=Reason.CONTENT_TYPE_COMPARED_WHOLE, expected=f"the answer to {spelled.plain.content_type}"
            )


@clause("invocations.unsupported-type")
def test_unsupported_type(media_types: MediaTypesSeen) -> None:
    """A type that nobody reads is refused."""
    unknown = media_types.unknown
    expect(unknown.ok, unknown.summary, proof=unknown).to_be(
        False, reason=Reason.UNSUPPORTED_TYPE_SERVED, expected="415 or another 4xx"
    )
    expect(unknown, unknown.summary, proof=unknown).to_hold(
        _served_or_refused, reason=Reason.UNSUPPORTED_TYPE_ERROR, expected="415 or another 4xx"
    )


@clause("invocations.truthful-type")
def test_truthful_type(media_types: MediaTypesSeen) -> None:
    """The Content-Type of an answer is that of its body, whatever Accept asked for."""
    for form in media_types.accepts:
        expect(form.exchange, f"{form.name}: {form.exchange.summary}", proof=form.exchange).to_hold(
            _served_or_refused, reason=Reason.ACCEPT_ERROR, expected="2xx in a type that fits, or 406"
        )
        lie = _lie(form.exchange)
        expect(not lie, f"{form.name}: {lie}", proof=form.exchange).to_be_true(
            reason=Reason.CONTENT_TYPE_LIES, expected="the media type of the body in Content-Type, or 406"
        )


def _served_or_refused(exchange: Exchange) -> bool:
    """A complete answer, 2xx or 4xx."""
    status = exchange.status or 0
    return exchange.trouble is None and (200 <= status < 300 or 400 <= status < 500)


def _lie(exchange: Exchange) -> str:
    """What is wrong with the Content-Type of a 2xx answer, in words; empty where nothing can be shown."""
    answer = exchange.answer
    if answer is None or not answer.ok or not answer.body.length or answer.header("content-encoding"):
        return ""
    stated = answer.header("content-type") or ""
    kind = stated.partition(";")[0].strip().lower()
    if not kind:
        return ""
    if "*" in kind or "," in kind or ";q=" in stated.replace(" ", "").lower():
        return f"Content-Type is {stated!r}, which is an Accept value and no media type"
    json_body = answer.body.json is True and answer.body.head.lstrip()[:1] in {b"{", b"["}
    if is_json(kind) and answer.body.json is False:
        return f"Content-Type is {stated!r}, the body is no JSON: {answer.body.text[:60]!r}"
    if json_body and kind in {"text/csv", "application/x-nope"}:
        return f"Content-Type is {stated!r}, the body is JSON: {answer.body.text[:60]!r}"
    return ""
