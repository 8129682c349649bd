"""Judges what the parts before and after a handler may change, and what becomes of their failures and of its own."""

import json
from typing import Any

from seatrial.conformance.api import Exchange, clause, expect, observed
from seatrial.suites.standards.reasons.middleware import Reason
from seatrial.suites.standards.scenarios.middleware import BODY, FormattersSeen, PostsSeen
from seatrial.suites.standards.started import expect_started, need_started
from seatrial.suites.standards.test_middleware import ENGINE, SECRET, request_trace, response_trace

SENT = BODY.decode()


@clause("middleware.formatters-combine")
def test_formatters_combine(formatters: FormattersSeen) -> None:
    """One before the handler, one after it, and the header that it adds reaches the client."""
    expect_started(formatters.started, Reason.SCRIPT_BREAKS_START)
    call = formatters.plain
    there, back = request_trace(call), response_trace(call)
    expect("IN" in there and "OUT" in back, f"request {there}, response {back}", proof=call).to_be_true(
        reason=Reason.FORMATTERS_NOT_COMBINED, expected="both formatters"
    )


@clause("middleware.pre-edits-body")
def test_pre_edits_body(formatters: FormattersSeen) -> None:
    """The handler reads what the part before it left, whether that had been read or not."""
    need_started(formatters.started)
    for what, wanted in (("edit", "edited before it was read"), ("read-and-edit", SENT.upper())):
        call = formatters.pre[what]
        expect(_told(call).get("body"), f"{call.summary}: {_text(call)!r}", proof=call).to_be(
            wanted, reason=Reason.EDIT_OF_BODY_LOST
        )
    length = _told(formatters.pre["edit"]).get("length")
    observed(f"Content-Length then says {length}, where {len(BODY)} bytes were sent")


@clause("middleware.pre-returns-other")
def test_pre_returns_other(formatters: FormattersSeen) -> None:
    """What a request of its own does is not promised."""
    need_started(formatters.started)
    call = formatters.pre["other"]
    taken = _told(call).get("body") == "the body of another request"
    observed(f"another request is {'taken' if taken else 'ignored'}: {call.status}")


@clause("middleware.pre-returns-nothing")
def test_pre_returns_nothing(formatters: FormattersSeen) -> None:
    """A part that returns nothing lets the request through."""
    need_started(formatters.started)
    call = formatters.pre["nothing"]
    expect(_told(call).get("body"), f"{call.summary}: {_text(call)!r}", proof=call).to_be(
        SENT, reason=Reason.NOTHING_RETURNED_FAILS
    )


@clause("middleware.pre-raises")
def test_pre_raises(formatters: FormattersSeen) -> None:
    """A part that fails ends the call: 500, or the status of the HTTPException that it raised."""
    need_started(formatters.started)
    for what, statuses in (("raise", {500}), ("raise-http", {500, 400})):
        call = formatters.pre[what]
        expect(call.status, f"{call.summary} for {what}", proof=call).to_be_in(
            statuses, reason=Reason.PRE_ERROR_PASSED_OVER, expected=" or ".join(str(s) for s in sorted(statuses))
        )
    _expect_next(formatters.after)
    call = formatters.pre["raise-http"]
    observed(f"HTTPException(400) is answered {call.status}{_told_why(call)}")


@clause("middleware.pre-returns-answer")
def test_pre_returns_answer(formatters: FormattersSeen) -> None:
    """Whether an answer ends the call is not promised."""
    need_started(formatters.started)
    call = formatters.pre["answer"]
    observed(f"an answer {'ends the call' if call.status == 299 else 'is ignored'}: {call.status}")


@clause("middleware.post-edits-body")
def test_post_edits_body(output_formatter: PostsSeen) -> None:
    """Setting the body may or may not show, but the answer stays whole; a new answer takes the old one's place."""
    need_started(output_formatter.started)
    edited = output_formatter.post["edit"]
    effective = _text(edited) == "edited after it was made"
    whole = edited.ok and (effective or _told(edited).get("body") == SENT)
    expect(whole, f"{edited.summary}: {_text(edited)!r}", proof=edited).to_be_true(
        reason=Reason.POST_ANSWER_BROKEN, expected="the answer as the handler made it, or as it was edited"
    )
    new = output_formatter.post["new"]
    seen = (new.status, _text(new), _header(new, "X-Seatrial-New"), _header(new, "X-Seatrial-Handler"))
    expect(seen, f"{seen}", proof=new).to_be(
        (203, "another answer", "yes", None), reason=Reason.NEW_ANSWER_LOST,
        expected="the new answer, without the old one's headers",
    )  # fmt: skip
    observed(f"setting response.body is {'effective' if effective else 'ignored'}")


@clause("middleware.post-returns-nothing")
def test_post_returns_nothing(output_formatter: PostsSeen) -> None:
    """The answer goes out, with the headers that were edited."""
    need_started(output_formatter.started)
    call = output_formatter.post["nothing"]
    kept = _told(call).get("body") == SENT and "OUT" in response_trace(call)
    expect(call.ok and kept, f"{call.summary}, trace {response_trace(call)}", proof=call).to_be_true(
        reason=Reason.NOTHING_RETURNED_FAILS, expected="the handler's answer with the edited headers"
    )


@clause("middleware.post-raises")
def test_post_raises(output_formatter: PostsSeen) -> None:
    """A part that fails after the handler ends the call as well."""
    need_started(output_formatter.started)
    call = output_formatter.post["raise"]
    expect(call.status, proof=call).to_be(500, reason=Reason.POST_ERROR_PASSED_OVER)
    _expect_next(output_formatter.after)
    observed(f"answered 500{_told_why(call)}")


@clause("middleware.handler-raises")
def test_handler_raises(formatters: FormattersSeen) -> None:
    """The layers outside see an answer of 500, and the next call is served."""
    need_started(formatters.started)
    call = formatters.exception
    expect(call.status, proof=call).to_be(500, reason=Reason.HANDLER_ERROR_STATUS)
    usual = [name for name in response_trace(formatters.plain) if name in {"T", *ENGINE}]
    names = [name for name in response_trace(call) if name in {"T", *ENGINE}]
    expect(names, f"layers {names}", proof=call).to_be(
        usual, reason=Reason.OUTER_LAYERS_SKIPPED, expected=f"the outer layers as in any call: {usual}"
    )
    _expect_next(formatters.after)
    observed(f"answered 500{_told_why(call)}")


@clause("middleware.handler-http-exception")
def test_handler_http_exception(formatters: FormattersSeen) -> None:
    """An HTTPException is an answer like any other."""
    need_started(formatters.started)
    call = formatters.http_exception
    expect(call.status, proof=call).to_be(409, reason=Reason.HTTP_EXCEPTION_CHANGED)
    expect("seatrial conflict" in _text(call), _text(call), proof=call).to_be_true(
        reason=Reason.HTTP_EXCEPTION_CHANGED, expected="the detail that was raised"
    )
    expect("OUT" in response_trace(call), f"response {response_trace(call)}", proof=call).to_be_true(
        reason=Reason.POST_SKIPPED, expected="the part after the handler to run"
    )


def _expect_next(call: Exchange) -> None:
    expect(call.ok, proof=call).to_be_true(reason=Reason.NEXT_CALL_FAILS, expected="200 for the next call")


def _told_why(call: Exchange) -> str:
    return ", with the text of the exception" if SECRET in _text(call) else ""


def _told(call: Exchange) -> dict[str, Any]:
    """What the handler said it was given; empty where it did not answer."""
    try:
        value = json.loads(_text(call))
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}


def _text(call: Exchange) -> str:
    return call.answer.body.text if call.answer else ""


def _header(call: Exchange, name: str) -> str | None:
    return call.answer.header(name) if call.answer else None
