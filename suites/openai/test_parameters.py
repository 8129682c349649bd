"""Judges parameters: each is honoured, or refused by 400; none is silently left out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from seatrial.conformance.api import Exchange, NotApplicable, clause, expect, observed
from seatrial.suites.openai.reasons import Reason
from seatrial.suites.openai.replies import Stream, json_of, misfits, refused, served, stream_of, text_of
from seatrial.suites.openai.scenarios.parameters import LIMITS
from seatrial.suites.openai.values import dig, listed

if TYPE_CHECKING:
    from seatrial.conformance.api import Limits
    from seatrial.suites.openai.scenarios.parameters import ParametersSeen


@clause("openai.token-limit")
def test_token_limit(openai_parameters: ParametersSeen, limit: Limits) -> None:
    """No more tokens than asked for, and the answer says that it was cut."""
    plain = openai_parameters.plain
    if dig(json_of(plain), "usage", "completion_tokens") in range(int(limit.tokens) + 1):
        raise NotApplicable("the answer is shorter than the limit")
    for name, exchange in zip(LIMITS, openai_parameters.limited, strict=True):
        if refused(exchange):
            continue
        served(exchange, reason=Reason.PARAMETER_FAILS, what=name)
        made = dig(json_of(exchange), "usage", "completion_tokens")
        shorter = text_of(exchange) != text_of(plain) if made is None else made <= limit.tokens
        expect(shorter, f"{made or 'as many'} tokens with {name} of {limit.tokens:g}", proof=exchange).to_be_true(
            reason=Reason.LIMIT_IGNORED, expected=f"at most {limit.tokens:g} tokens, or 400"
        )
        why = dig(json_of(exchange), "choices", 0, "finish_reason")
        expect(why, f"finish_reason is {why}", proof=exchange).to_be(
            "length", reason=Reason.LIMIT_UNTOLD, expected="length, where the limit cut the answer"
        )


@clause("openai.choices")
def test_choices(openai_parameters: ParametersSeen, limit: Limits) -> None:
    """As many choices as asked for, each with its index, whole and streamed."""
    whole, streamed = openai_parameters.two
    served(whole, reason=Reason.PARAMETER_FAILS, what="n of 2")
    wanted = list(range(int(limit.choices)))
    found = sorted(str(dig(choice, "index")) for choice in listed(json_of(whole), "choices"))
    expect(found, f"the indices are {', '.join(found) or 'none'}", proof=whole).to_be(
        list(map(str, wanted)), reason=Reason.CHOICES_MISSING, expected="choices 0 and 1, or 400"
    )
    served(streamed, reason=Reason.PARAMETER_FAILS, what="n of 2 in a stream")
    stream = stream_of(streamed)
    ends = [index for index in wanted if len(stream.finishes(index)) == 1]
    expect(ends, f"{len(ends)} choices of the stream end", proof=streamed).to_be(
        wanted, reason=Reason.CHOICES_MISSING, expected="choices 0 and 1 in the stream, or 400"
    )


@clause("openai.stop")
def test_stop(openai_parameters: ParametersSeen) -> None:
    """The answer ends before the stop string, whole and streamed."""
    seen, plain = openai_parameters.stopped, text_of(openai_parameters.plain)
    if seen is None:
        raise NotApplicable("the answer has no middle at which it could stop")
    for exchange, streamed in ((seen.whole, False), (seen.streamed, True)):
        served(exchange, reason=Reason.PARAMETER_FAILS, what=f"stop {seen.stop!r}")
        text, why = _end_of(stream_of(exchange)) if streamed else (text_of(exchange), _why(exchange))
        expect(seen.stop in text, f"{text[:120]!r}", proof=(openai_parameters.plain, exchange)).to_be(
            False, reason=Reason.STOP_IGNORED, expected=f"the answer up to {seen.stop!r}, or 400"
        )
        if plain.startswith(text) and text != plain:
            expect(why, f"finish_reason is {why}", proof=exchange).to_be(
                "stop", reason=Reason.STOP_UNTOLD, expected="stop, where a stop string ended the answer"
            )


def _end_of(stream: Stream) -> tuple[str, Any]:
    return stream.text(), dig(stream.finishes(), -1)


def _why(exchange: Exchange) -> Any:
    return dig(json_of(exchange), "choices", 0, "finish_reason")


@clause("openai.logprobs")
def test_logprobs(openai_parameters: ParametersSeen) -> None:
    """Log probabilities come in the published shape, whole and streamed, and none is above zero."""
    whole, streamed = openai_parameters.logprobs
    served(whole, reason=Reason.PARAMETER_FAILS, what="logprobs")
    wrong = misfits("CHAT", whole.answer.body.head if whole.answer else b"")
    expect(wrong, wrong, proof=whole).to_be_empty(reason=Reason.LOGPROBS_SHAPE, expected="a ChatCompletion")
    _have_logprobs([dig(json_of(whole), "choices", 0, "logprobs")], whole)
    served(streamed, reason=Reason.PARAMETER_FAILS, what="logprobs in a stream")
    stream = stream_of(streamed)
    for data in stream.data:
        wrong = misfits("CHUNK", data)
        expect(wrong, wrong, proof=streamed).to_be_empty(
            reason=Reason.LOGPROBS_SHAPE, expected="ChatCompletionChunks"
        )  # fmt: skip
    _have_logprobs([dig(choice, "logprobs") for choice in stream.choices()], streamed)


def _have_logprobs(told: list[Any], proof: Exchange) -> None:
    tokens = [token for each in told for token in listed(each, "content")]
    expect(len(tokens), "no log probability", proof=proof).to_be_at_least(
        1, reason=Reason.LOGPROBS_MISSING, expected="logprobs.content with its tokens, or 400"
    )
    every = [one for token in tokens for one in (token, *listed(token, "top_logprobs"))]
    above = [one for one in every if not (dig(one, "logprob") or 0) <= 0]
    expect(above, f"{above[:1]}", proof=proof).to_be_empty(
        reason=Reason.LOGPROBS_SHAPE, expected="log probabilities of at most 0"
    )


@clause("openai.unknown-field")
def test_unknown_field(openai_parameters: ParametersSeen) -> None:
    """A field that nobody knows is ignored, or refused."""
    unknown = openai_parameters.unknown
    expect(unknown.ok or refused(unknown), proof=unknown).to_be_true(
        reason=Reason.UNKNOWN_FIELD_FAILS, expected="200, or 400"
    )
    observed("it is ignored" if unknown.ok else f"it is refused: {unknown.summary}")
