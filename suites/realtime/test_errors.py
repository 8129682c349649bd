"""Judges what bad input does: it is refused with a reason, and the next caller does not notice it."""

import msgspec

from seatrial.conformance.api import Body, Exchange, Limits, Untested, clause, expect, observed, untested
from seatrial.suites.realtime.reasons import Reason
from seatrial.suites.realtime.scenarios.fuzz import FuzzSeen, still_answers
from seatrial.suites.realtime.scenarios.invoke import Form
from seatrial.suites.realtime.scenarios.malformed import MalformedSeen

ERROR_KEYS = ("error", "errors", "exception", "traceback")
HTML = ("<!doctype", "<html", "<head", "<body", "<h1", "<title")


@clause("invocations.refuses-malformed")
def test_refuses_malformed(malformed: MalformedSeen, limit: Limits) -> None:
    """Malformed input is answered 4xx with a short reason."""
    for form in malformed.forms:
        exchange = form.exchange
        shown = f"{_named(form)}: {exchange.summary}"
        expect(exchange.trouble is None, shown, proof=exchange).to_be_true(
            reason=Reason.MALFORMED_DROPPED, expected="a complete answer to a malformed request"
        )
        if exchange.ok:
            _taken(form, exchange, shown, reads_body=malformed.reads_body)
            continue
        expect(400 <= (exchange.status or 0) < 500, shown, proof=exchange).to_be_true(
            reason=Reason.MALFORMED_STATUS, expected="4xx for a malformed request"
        )
        if exchange.answer is not None:
            _has_short_reason(exchange.answer.body, shown, exchange, limit)


def _taken(form: Form, exchange: Exchange, shown: str, *, reads_body: bool) -> None:
    """A model may take what others would not, but not report an error as success, nor read what is no JSON."""
    body = exchange.answer.body if exchange.answer else Body()
    expect(_is_error(body), f"{shown} with {body.text[:80]!r}", proof=exchange).to_be(
        False, reason=Reason.MALFORMED_200, expected="4xx where the body reports an error"
    )
    expect(form.name == "broken" and reads_body, shown, proof=exchange).to_be(
        False, reason=Reason.MALFORMED_ACCEPTED, expected="4xx for broken JSON, from a model that reads JSON"
    )


def _has_short_reason(body: Body, shown: str, proof: Exchange, limit: Limits) -> None:
    expect(body.length > 0, f"{shown}, no body", proof=proof).to_be_true(
        reason=Reason.MALFORMED_NO_REASON, expected="a reason in the body"
    )
    expect(body.text.lstrip()[:32].lower().startswith(HTML), f"{shown}: {body.text[:60]!r}", proof=proof).to_be(
        False, reason=Reason.MALFORMED_HTML, expected="a reason in JSON or plain text, not an HTML page"
    )
    expect(body.length, f"{shown}, {body.length:,} bytes of reason", proof=proof).to_be_at_most(
        limit.reason_characters, unit="characters", reason=Reason.MALFORMED_REASON_LONG
    )


def _is_error(body: Body) -> bool:
    """Whether a body is a JSON object that reports an error."""
    if not body.json or body.cut:
        return False
    try:
        value = msgspec.json.decode(body.head)
    except msgspec.DecodeError:  # what is kept is masked, and a mask may stand for a number
        return False
    return isinstance(value, dict) and any(value.get(key) for key in ERROR_KEYS)


def _named(form: Form) -> str:
    return f"{form.name} body {form.exchange.request.body.head[:40]!r}"


@clause("invocations.survives-bad-input")
def test_survives_bad_input(fuzz: FuzzSeen, limit: Limits) -> None:
    """After each bad request a valid one is answered."""
    if fuzz.after is not None:
        still_answers(fuzz.after, because_of=fuzz.bad)
    if fuzz.rounds < limit.rounds:
        untested(Untested.PREREQUISITE, f"only {fuzz.rounds} rounds of {limit.rounds:g} were driven")
    recycled = " Other processes serve now." if fuzz.pids_changed else ""
    observed(
        f"{fuzz.rounds} bad requests, each followed by a valid one: {fuzz.refused} answered 4xx, {fuzz.failed} 5xx,"
        f" {fuzz.accepted} accepted, {fuzz.unanswered} without an answer.{recycled}"
    )
