"""Judges the routes beside the chats: models, completions, and those of the real-time contract."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seatrial.conformance.api import NotApplicable, Untested, clause, expect, observed, untested
from seatrial.suites.openai.reasons import Reason
from seatrial.suites.openai.replies import body_of, json_of, misfits, refused
from seatrial.suites.openai.test_chats import adds_up
from seatrial.suites.openai.test_streams import is_a_stream
from seatrial.suites.openai.values import dig

if TYPE_CHECKING:
    from seatrial.conformance.api import Exchange
    from seatrial.suites.openai.scenarios.beside import BesideSeen, ModelsSeen
    from seatrial.suites.openai.scenarios.chats import CompletionsSeen

GONE = frozenset({404, 405, 501})


@clause("openai.routes-beside")
def test_routes_beside(openai_beside: BesideSeen) -> None:
    """Chats do not replace what the platform asks of every container."""
    ping, invocation = openai_beside.ping, openai_beside.invocation
    expect(ping.ok, f"GET /ping: {ping.summary}", proof=ping).to_be_true(reason=Reason.PING_GONE, expected="200")
    gone = invocation.status in GONE if not openai_beside.sample else not invocation.ok
    expect(gone, f"POST /invocations: {invocation.summary}", proof=(openai_beside.chat, invocation)).to_be(
        False, reason=Reason.INVOCATIONS_GONE, expected="200 for a valid request"
    )
    if not invocation.ok:
        untested(Untested.MISSING_INPUT, "no valid request for /invocations is known", "--trial-sample FILE")


@clause("openai.models")
def test_models(openai_models: ModelsSeen) -> None:
    """The list of models is of the published type, and the first of them answers."""
    models, listed = openai_models.models, openai_models.listed
    _or_absent(models, "GET /v1/models")
    wrong = misfits("MODELS", body_of(models))
    expect(models.ok and not wrong, f"{models.summary}: {wrong}", proof=models).to_be_true(
        reason=Reason.MODELS_SHAPE, expected="a list of Model"
    )
    names = [dig(model, "id") for model in json_of(models)["data"]]
    expect(len(names) == len(set(names)) > 0, f"the models are {names}", proof=models).to_be_true(
        reason=Reason.MODELS_SHAPE, expected="at least one model, each with an id of its own"
    )
    if listed is not None:
        expect(listed.ok, f"a chat with {names[0]!r}: {listed.summary}", proof=(models, listed)).to_be_true(
            reason=Reason.LISTED_MODEL_REFUSED, expected="200 for a model that is listed"
        )


@clause("openai.completions")
def test_completions(openai_completions: CompletionsSeen) -> None:
    """The older completions, where they are served, are of the published type."""
    for whole in openai_completions.whole:
        _or_absent(whole, "POST /v1/completions")
        expect(whole.ok, proof=whole).to_be_true(reason=Reason.COMPLETIONS_FAIL, expected="200, or 404")
        wrong = misfits("COMPLETION", body_of(whole))
        expect(wrong, wrong, proof=whole).to_be_empty(reason=Reason.COMPLETIONS_SCHEMA, expected="a Completion")
        if usage := dig(json_of(whole), "usage"):
            adds_up(usage, whole)


@clause("openai.completions-stream")
def test_completions_stream(openai_completions: CompletionsSeen) -> None:
    """Streamed, they add up to the same text."""
    whole, streamed = openai_completions.whole, openai_completions.streamed
    _or_absent(streamed, "POST /v1/completions")
    stream = is_a_stream(streamed)
    for data in stream.data:
        wrong = misfits("COMPLETION_CHUNK", data)
        expect(wrong, wrong, proof=streamed).to_be_empty(
            reason=Reason.COMPLETIONS_SCHEMA, expected="a Completion in every event"
        )
    text = "".join(dig(choice, "text") for choice in stream.choices())
    usual, again = (dig(json_of(exchange), "choices", 0, "text") for exchange in whole)
    if usual != again:
        observed("greedy answers differ from call to call: not compared")
    expect(text, f"{text[:120]!r}", proof=(*whole, streamed)).to_be(
        usual, reason=Reason.COMPLETIONS_STREAM, expected=f"{str(usual)[:120]!r}, as in one piece"
    )


def _or_absent(exchange: Exchange, what: str) -> None:
    """Go no further where a route is not served, which is legal."""
    if refused(exchange):
        raise NotApplicable(f"{what} is not served: {exchange.summary}")
