"""Judges what becomes of the values that a customer's handler returns, and of what it raises."""

import json
from typing import Any

from seatrial.conformance.api import Exchange, clause, expect, observed
from seatrial.suites.standards.reasons.returns import Reason
from seatrial.suites.standards.scenarios.middleware import FormatterStreamSeen, LayersStreamSeen
from seatrial.suites.standards.scenarios.returns import BareSeen, PlainSeen, ReturnsSeen, StreamedSeen, TypedSeen
from seatrial.suites.standards.scenarios.streams import PIECES, StreamSeen
from seatrial.suites.standards.started import expect_started, need_started

SECRET = "seatrial-secret"  # noqa: S105  # what an answer must not tell
JSON_VALUES: dict[str, Any] = {
    "dict": {"seatrial": "dict", "list": [1, 2.5, None]},
    "list": ["seatrial", 1, {"two": 2}],
}
OTHER_VALUES: dict[str, Any] = {
    "text": "hello",
    "number": 5,
    "nothing": None,
    "bytes": "abc",
    "model": {"name": "seatrial", "count": 3},
    "tuple": [{"seatrial": "tuple"}, 503],
}
AS_IT_IS = b"\x00as it is\xff"
SPREAD = 1.0
"""Pauses between the first and the last piece, of the three that there are: an answer sent at once shows none."""


@clause("returns.json")
def test_json(returns: ReturnsSeen) -> None:
    """What a handler returns most is a dictionary or a list."""
    need_started(returns.started)
    _expect_values(returns, JSON_VALUES, Reason.NOT_JSON)


@clause("returns.values")
def test_values(returns: ReturnsSeen) -> None:
    """Everything else is JSON too, and a tuple is no status."""
    need_started(returns.started)
    _expect_values(returns, OTHER_VALUES, Reason.VALUE_CHANGED)


@clause("returns.response")
def test_response(returns: ReturnsSeen) -> None:
    """A Response is sent as it is."""
    need_started(returns.started)
    call = returns.calls["response"]
    expect(call.status, proof=call).to_be(201, reason=Reason.RESPONSE_CHANGED)
    answer = call.answer
    seen = (answer.header("X-Seatrial-Own"), answer.header("Content-Type"), answer.body.head) if answer else None
    expect(seen, f"own header, content type and body {seen}", proof=call).to_be(
        ("kept", None, AS_IT_IS), reason=Reason.RESPONSE_CHANGED, expected="header and body as set, no content type"
    )


@clause("returns.http-exception")
def test_http_exception(returns: ReturnsSeen) -> None:
    """Status, detail and headers of an HTTPException reach the client, in whatever form the engine gives errors."""
    need_started(returns.started)
    call = returns.calls["http-exception"]
    expect(call.status, proof=call).to_be(418, reason=Reason.HTTP_EXCEPTION_LOST)
    expect("kettle" in _text(call), _text(call), proof=call).to_be_true(
        reason=Reason.HTTP_EXCEPTION_LOST, expected="the detail that was raised"
    )
    expect(_header(call, "X-Seatrial-Raised"), proof=call).to_be("yes", reason=Reason.HTTP_EXCEPTION_LOST)


@clause("returns.no-argument")
def test_no_argument(returns: ReturnsSeen) -> None:
    """A handler that asks for nothing is given nothing."""
    if returns.ping.answer is None:
        expect_started(returns.started, Reason.SCRIPT_BREAKS_START)
    expect(returns.ping.status, proof=returns.ping).to_be(200, reason=Reason.NO_ARGUMENT_FAILS)
    expect(_header(returns.ping, "X-Seatrial-Handler"), proof=returns.ping).to_be(
        "no-argument", reason=Reason.NO_ARGUMENT_FAILS, expected="the answer of the handler without an argument"
    )


@clause("returns.exception")
def test_exception(returns: ReturnsSeen) -> None:
    """A bare 500, nothing of the exception in it, and the server goes on."""
    need_started(returns.started)
    call = returns.calls["exception"]
    expect(call.status, proof=call).to_be(500, reason=Reason.EXCEPTION_STATUS)
    expect(SECRET in _text(call), "the text of the exception in the answer", proof=call).to_be(
        False, reason=Reason.EXCEPTION_LEAKED, expected="an answer without the text of the exception"
    )
    expect(returns.after.ok, proof=returns.after).to_be_true(
        reason=Reason.EXCEPTION_KILLS, expected="200 for the next call"
    )


@clause("returns.unparsable")
def test_unparsable(returns: ReturnsSeen) -> None:
    """The engine cannot know that the handler blames its caller."""
    need_started(returns.started)
    call = returns.calls["unparsable"]
    expect(call.status, proof=call).to_be(500, reason=Reason.UNPARSABLE_STATUS)


@clause("returns.unserialisable")
def test_unserialisable(returns: ReturnsSeen) -> None:
    """A value that is no JSON has no form in which to send it."""
    need_started(returns.started)
    call = returns.calls["unserialisable"]
    expect(call.ok, proof=call).to_be(False, reason=Reason.UNSERIALISABLE_SERVED, expected="an error")
    observed(f"answered {call.status}")


@clause("returns.streams")
def test_streams(
    returns_stream: StreamedSeen, layers_stream: LayersStreamSeen, formatters_stream: FormatterStreamSeen
) -> None:
    """No layer collects a stream before it sends it on."""
    need_started(returns_stream.started, layers_stream.started, formatters_stream.started)
    for seen, where in (
        (returns_stream.seen, "without a layer before and after the handler"),
        (layers_stream.seen, "through a layer before and after the handler"),
        (formatters_stream.seen, "through both formatters"),
    ):
        _expect_streamed(seen, where)
    observed(f"{PIECES} pieces within {formatters_stream.seen.spread:.2f} s, a pause between them")


def _expect_streamed(seen: StreamSeen, where: str) -> None:
    body = b"".join(b"piece %d\n" % number for number in range(PIECES))
    answer = seen.exchange.answer
    whole = seen.exchange.ok and answer is not None and answer.body.head == body
    expect(whole, f"{seen.exchange.summary} {where}", proof=seen.exchange).to_be_true(
        reason=Reason.STREAM_BROKEN, expected=f"all {PIECES} pieces"
    )
    expect(seen.spread, f"all within {seen.spread:.2f} s {where}", proof=seen.exchange).to_be_at_least(
        SPREAD * seen.pause, reason=Reason.STREAM_BUFFERED, expected=f"pieces that come {seen.pause:.2f} s apart"
    )


@clause("returns.plain-function")
def test_plain_function(plain_function: PlainSeen) -> None:
    """A plain function holds a thread, and not the loop that answers /ping."""
    expect_started(plain_function.started, Reason.SCRIPT_BREAKS_START)
    call, ping = plain_function.call, plain_function.ping
    expect(_value(call), proof=call).to_be({"seatrial": "slept"}, reason=Reason.PLAIN_FUNCTION_FAILS)
    before = ping.started + ping.done < call.started + call.done
    expect(ping.ok and before, f"{ping.summary} beside a call of {call.done:.2f} s", proof=(call, ping)).to_be_true(
        reason=Reason.PLAIN_FUNCTION_BLOCKS, expected="200 from /ping while the call still runs"
    )
    observed(f"/ping answered in {ping.done:.3f} s beside a call of {call.done:.2f} s")


@clause("returns.typed-body")
def test_typed_body(typed_body: TypedSeen) -> None:
    """The handler says what it takes, and nothing else reaches it."""
    need_started(typed_body.started)
    expect(_value(typed_body.good), proof=typed_body.good).to_be({"seatrial": "typed"}, reason=Reason.TYPED_BODY_FAILS)
    expect(typed_body.bad.status, proof=typed_body.bad).to_be_in(
        {422, 400}, reason=Reason.TYPED_BODY_UNCHECKED, expected="422, or 400"
    )
    observed(f"a body that does not fit is answered {typed_body.bad.status}")


@clause("returns.bare-parameter")
def test_bare_parameter(bare_parameter: BareSeen) -> None:
    """Served as the documents say, or refused as a missing query parameter: never a failure of the server."""
    expect_started(bare_parameter.started, Reason.SCRIPT_BREAKS_START)
    call = bare_parameter.call
    if call.ok:
        served = call.answer is not None and call.answer.body.head == b"bare body"
        expect(served, proof=call).to_be_true(
            reason=Reason.BARE_PARAMETER_FAILS, expected="the answer of the handler, given the request"
        )
        observed("a parameter without annotation is given the request")
    expect(call.status, proof=call).to_be_in(
        {422, 400}, reason=Reason.BARE_PARAMETER_FAILS, expected="the handler's answer, or 422, or 400"
    )
    observed(f"a parameter without annotation is a query parameter: {call.status}")


def _expect_values(returns: ReturnsSeen, wanted: dict[str, Any], reason: Reason) -> None:
    for name, value in wanted.items():
        call = returns.calls[name]
        expect(call.status, proof=call).to_be(200, reason=reason)
        media = (_header(call, "Content-Type") or "").partition(";")[0].strip()
        expect(media, f"{media or 'no content type'} for {name}", proof=call).to_be("application/json", reason=reason)
        expect(_value(call), f"{_text(call)!r} for {name}", proof=call).to_be(
            value, reason=reason, expected=json.dumps(value)
        )


def _text(call: Exchange) -> str:
    return call.answer.body.text if call.answer else ""


def _header(call: Exchange, name: str) -> str | None:
    return call.answer.header(name) if call.answer else None


def _value(call: Exchange) -> Any:
    """What the body says in JSON; the text itself where it is none, so that it equals nothing expected."""
    try:
        return json.loads(_text(call))
    except ValueError:
        return ("no JSON", _text(call))
