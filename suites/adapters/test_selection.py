"""Judges who answers whom."""

from typing import NoReturn

from seatrial.conformance.api import Exchange, Untested, broken, clause, expect, observed, untested
from seatrial.suites.adapters.answers import Asked, said
from seatrial.suites.adapters.reasons import Reason
from seatrial.suites.adapters.scenarios.selection import SelectionSeen
from seatrial.suites.adapters.stage import ADAPTER_OPTION, SAMPLE_OPTION
from seatrial.suites.adapters.telling import expect_refused, shown


@clause("lora.selected-by-header")
def test_selected_by_header(adapters_selection: SelectionSeen) -> None:
    """The answers must differ: a status of 200 says nothing of the weights."""
    seen = adapters_selection
    _need_base(seen)
    for one in seen.audition.adapters:
        call = one.by_header[-1]
        expect(call.ok, f"{one.source} by the header: {shown(call)}", proof=call).to_be_true(
            reason=Reason.ADAPTER_REFUSED, expected=f"an answer by {one.source}"
        )
        if said(call) == seen.audition.voice and (witness := _witness(seen, one)) is not None:
            what, other = witness
            broken(
                Reason.SERVED_BY_BASE,
                expected=f"an answer by {one.source}",
                observed=f"the header is answered as the base model answers, {said(call)[:80]!r}, but {what}",
                proof=(other, call),
            )
    _judge_apart(seen)
    if not seen.audition.heard:
        why = "no adapter gives an answer of its own, the same each time, to any request that was tried"
        untested(Untested.MISSING_INPUT, why, f"{ADAPTER_OPTION}, {SAMPLE_OPTION}")
    observed(", ".join(f"{one.source} says {one.voice[:40]!r}" for one in seen.audition.heard))


def _witness(seen: SelectionSeen, one: Asked) -> tuple[str, Exchange] | None:
    """What shows that the adapter would have answered otherwise, and the exchange; None where nothing does."""
    if one.by_model is not None and said(one.by_model) not in {"", seen.audition.voice}:
        return f"by `model` in the body {one.source} answers {said(one.by_model)[:80]!r}", one.by_model
    if said(seen.stranger_by_header) == seen.audition.voice:
        return "a name that nobody loaded is answered so as well", seen.stranger_by_header
    return None


def _judge_apart(seen: SelectionSeen) -> None:
    """Two adapters that `model` tells apart must not be one for the header."""
    first, *others = seen.audition.heard or (None,)
    for other in others:
        apart = first and first.by_model and other.by_model and said(first.by_model) != said(other.by_model)
        if apart and first and first.voice == other.voice:
            broken(
                Reason.ADAPTERS_CONFUSED,
                expected=f"{first.source} and {other.source} to answer as they do where `model` names them",
                observed=f"both are answered {first.voice[:80]!r}",
                proof=(first.by_header[-1], other.by_header[-1]),
            )


@clause("lora.header-wins")
def test_header_wins(adapters_selection: SelectionSeen) -> None:
    """The platform routes by the header; a client's body may say anything."""
    seen = adapters_selection
    known = {one.source: one.voice for one in seen.audition.heard}
    judged = {label: call for label, call in seen.against.items() if label in known}
    if seen.stranger_by_model is None:
        _no_model_field()
    if len(set(known.values())) < len(seen.audition.adapters) or not judged:
        untested(Untested.MISSING_INPUT, "it takes two adapters that answer differently", f"{ADAPTER_OPTION} (twice)")
    for label, call in judged.items():
        expect(said(call), f"the header names {label}, `model` another one: {shown(call)}", proof=call).to_be(
            known[label], reason=Reason.BODY_WINS, expected=f"the answer of {label}"
        )


@clause("lora.base-unchanged")
def test_base_unchanged(adapters_selection: SelectionSeen) -> None:
    """An adapter is chosen for one request, not from it on."""
    _need_base(adapters_selection)
    voice = adapters_selection.audition.voice
    for call in adapters_selection.base:
        expect(said(call), f"without the header: {shown(call)}", proof=call).to_be(
            voice, reason=Reason.BASE_CHANGED, expected=f"the base model's answer, {voice[:80]!r}"
        )


@clause("lora.unknown-refused")
def test_unknown_refused(adapters_selection: SelectionSeen) -> None:
    """A silent answer by other weights is found by nobody."""
    call, name = adapters_selection.stranger_by_header, adapters_selection.stranger
    expect(call.ok, f"a name that nobody loaded: {shown(call)}", proof=call).to_be(
        False, reason=Reason.UNKNOWN_SERVED, expected="4xx"
    )
    expect_refused(call, "a name that nobody loaded", Reason.UNKNOWN_STATUS, expected="4xx")
    text = call.answer.body.text if call.answer else ""
    expect(name in text, f"a name that nobody loaded: {shown(call)}", proof=call).to_be_true(
        reason=Reason.UNKNOWN_UNNAMED, expected=f"a message with {name!r} in it"
    )


@clause("lora.model-in-body")
def test_model_in_body(adapters_selection: SelectionSeen) -> None:
    """A client of OpenAI's interface names its adapter there, and is told nothing where that is passed over."""
    seen = adapters_selection
    if seen.stranger_by_model is None:
        _no_model_field()
    _need_base(seen)
    for one in seen.audition.adapters:
        if one.by_model is not None and one.voice not in {"", seen.audition.voice}:
            _judge_model(one.by_model, f"`model` names {one.source}", seen.audition.voice, known=True)
    _judge_model(seen.stranger_by_model, "`model` names nobody", seen.audition.voice, known=False)


def _judge_model(call: Exchange, what: str, base: str, *, known: bool) -> None:
    expected = "its own answer, or 4xx" if known else "4xx"
    expect(said(call) == base, f"{what}: {shown(call)}, as the base model says", proof=call).to_be(
        False, reason=Reason.MODEL_IGNORED, expected=expected
    )
    if not (known and call.ok):
        expect_refused(call, what, Reason.MODEL_STATUS, expected=expected)


@clause("lora.alias")
def test_alias(adapters_selection: SelectionSeen) -> None:
    """DJL Serving calls an adapter by its alias in messages."""
    call = adapters_selection.aliased
    known = {one.voice: one.source for one in adapters_selection.audition.heard}
    observed(f"answered {call.status or call.summary}, by {known.get(said(call), 'no adapter')}")


def _no_model_field() -> NoReturn:
    why = "no valid request is known whose body has a field `model`"
    untested(Untested.MISSING_INPUT, why, f"{SAMPLE_OPTION} (with `prompt` or `messages`)")


def _need_base(seen: SelectionSeen) -> None:
    if not seen.audition.voice:
        first = seen.audition.base[-1]
        untested(
            Untested.MISSING_INPUT,
            f"the base model does not give the same answer twice ({seen.audition.sample}: {first.summary})",
            f"{SAMPLE_OPTION} (one that is answered the same each time)",
        )
