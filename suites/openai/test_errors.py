"""Judges how wrong requests are refused: by their status, and by an error that OpenAI's clients can read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seatrial.conformance.api import clause, expect, observed
from seatrial.suites.openai.reasons import Reason
from seatrial.suites.openai.replies import json_of, refused
from seatrial.suites.openai.values import dig

if TYPE_CHECKING:
    from seatrial.conformance.api import Exchange
    from seatrial.suites.openai.scenarios.errors import ErrorsSeen, LongPromptSeen

MALFORMED, UNKNOWN, METHOD = frozenset({400, 422}), frozenset({400, 404, 422}), frozenset({404, 405, 501})


@clause("openai.error-status")
def test_error_status(openai_errors: ErrorsSeen) -> None:
    """What cannot be answered is refused as the caller's mistake."""
    for wrong in openai_errors.wrong:
        _has_status(wrong.name, wrong.exchange, MALFORMED, may_answer=not wrong.unanswerable)
    _has_status("nobody has the model", openai_errors.nobody, UNKNOWN, may_answer=True)
    if openai_errors.nobody.ok:
        observed("a model that nobody has is answered by the one that is served")


def _has_status(name: str, exchange: Exchange, expected: frozenset[int], *, may_answer: bool) -> None:
    shown, words = f"{name}: {exchange.summary}", " or ".join(map(str, sorted(expected)))
    if exchange.ok:
        expect(may_answer and dig(json_of(exchange), "error") is None, shown, proof=exchange).to_be_true(
            reason=Reason.ERROR_AS_SUCCESS, expected=words
        )
        return
    expect(refused(exchange), shown, proof=exchange).to_be_true(reason=Reason.ERROR_AS_FAILURE, expected=words)
    expect(exchange.status, shown, proof=exchange).to_be_in(expected, reason=Reason.ERROR_STATUS, expected=words)


@clause("openai.error-object")
def test_error_object(openai_errors: ErrorsSeen) -> None:
    """A refusal is an object `error` with a message and a type; a code may be a text or a number."""
    refusals = [(wrong.name, wrong.exchange) for wrong in openai_errors.wrong]
    for name, exchange in (*refusals, ("nobody has the model", openai_errors.nobody)):
        if refused(exchange):
            _has_error(name, exchange)


def _has_error(name: str, exchange: Exchange) -> None:
    value = json_of(exchange)
    body = exchange.answer.body.text[:160] if exchange.answer else ""
    expect(isinstance(value, dict), f"{name}: {body!r}", proof=exchange).to_be_true(
        reason=Reason.ERROR_NOT_JSON, expected='{"error": {"message": …, "type": …, "param": …, "code": …}}'
    )
    message, kind, code, param = (dig(value, "error", key) for key in ("message", "type", "code", "param"))
    readable = isinstance(message, str) and message.strip() and isinstance(kind, str) and kind
    expect(
        readable and isinstance(code, str | int | None) and isinstance(param, str | None),
        f"{name}: {body!r}", proof=exchange,
    ).to_be_true(
        reason=Reason.ERROR_SHAPE, expected="an object error with the texts message and type, perhaps param and code"
    )  # fmt: skip


@clause("openai.wrong-method")
def test_wrong_method(openai_errors: ErrorsSeen) -> None:
    """GET where POST is meant is refused as such."""
    expect(openai_errors.read.status, openai_errors.read.summary, proof=openai_errors.read).to_be_in(
        METHOD, reason=Reason.WRONG_METHOD_STATUS, expected="405 for GET"
    )


@clause("openai.long-prompt")
def test_long_prompt(openai_long_prompt: LongPromptSeen) -> None:
    """A prompt that is too long is refused as the caller's mistake, and the next caller does not notice it."""
    long, after = openai_long_prompt.long, openai_long_prompt.after
    within = long.trouble == "timeout"
    expect(long.ok or refused(long) or within, f"{long.summary}", proof=long).to_be_true(
        reason=Reason.LONG_PROMPT_FAILS, expected="400, or an answer from a model that reads so much"
    )
    expect(after.ok, f"the next chat: {after.summary}", proof=(long, after)).to_be_true(
        reason=Reason.LONG_PROMPT_FAILS, expected="200 for the next chat"
    )
    code = dig(json_of(long), "error", "code")
    observed(f"{long.summary}{f', code {code}' if code is not None else ''}")
