"""Judges the route itself and answers in one piece."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seatrial.conformance.api import NotApplicable, TrialFacts, broken, clause, expect, observed
from seatrial.suites.openai.reasons import Reason
from seatrial.suites.openai.replies import body_of, json_of, misfits
from seatrial.suites.openai.values import dig

if TYPE_CHECKING:
    from seatrial.conformance.api import Exchange
    from seatrial.suites.openai.scenarios.chats import ChatsSeen
    from seatrial.suites.openai.scenarios.present import BearerSeen, PresenceSeen

PROFILE = "openai"
CHAT = "POST /v1/chat/completions"
NO_ROUTE, NO_ENTRY = frozenset({404, 405, 501}), frozenset({401, 403})


@clause("openai.chat-completions")
def test_chat_completions(openai_present: PresenceSeen, facts: TrialFacts) -> None:
    """A chat is answered, in whatever form; without a key, for the platform passes none on."""
    tried = openai_present.tried
    last = tried[-1].exchange
    fault = _fault(tried[0].exchange if not last.ok else last)
    if not fault:
        observed(f"a chat with {tried[-1].form.name} is answered: {last.summary}")
    if PROFILE not in facts.claimed:
        raise NotApplicable(f"{CHAT}: {last.summary}, and neither the user nor a label of the image claims the profile")
    forms = ", ".join(one.form.name for one in tried)
    broken(
        fault, expected="200 with a chat completion", observed=f"{last.summary}, tried with {forms}",
        proof=tuple(one.exchange for one in tried),
    )  # fmt: skip


def _fault(exchange: Exchange) -> str:
    status = exchange.status or 0
    if exchange.ok:
        return "" if isinstance(dig(json_of(exchange), "choices"), list) else Reason.CHAT_NOT_JSON
    if status in NO_ENTRY:
        return Reason.CHAT_UNAUTHORIZED
    if status in NO_ROUTE:
        return Reason.CHAT_ROUTE_MISSING
    return Reason.CHAT_REFUSED if 400 <= status < 500 else Reason.CHAT_FAILS


@clause("openai.empty-model")
def test_empty_model(openai_present: PresenceSeen) -> None:
    """The platform routes by the endpoint's name, so its callers leave the model empty."""
    first = openai_present.tried[0].exchange
    expect(first.ok, first.summary, proof=first).to_be_true(
        reason=Reason.EMPTY_MODEL_REFUSED, expected='200 for "model": ""'
    )


@clause("openai.no-authorization")
def test_no_authorization(openai_bearer: BearerSeen) -> None:
    """A token is the platform's business: one that comes along changes nothing."""
    given = openai_bearer.given
    expect(given.ok, f"with a bearer token {given.summary}", proof=(openai_bearer.without, given)).to_be_true(
        reason=Reason.BEARER_MATTERS, expected="200, as without the token"
    )


@clause("openai.chat-schema")
def test_chat_schema(openai_chats: ChatsSeen) -> None:
    """The client's published type takes the answer as it is."""
    for exchange in openai_chats.whole:
        expect(exchange.ok, proof=exchange).to_be_true(reason=Reason.CHAT_FAILS, expected="200 each time")
        said = (exchange.answer and exchange.answer.header("content-type")) or "no Content-Type"
        expect(said, said, proof=exchange).to_hold(
            is_json, reason=Reason.CHAT_CONTENT_TYPE,
            expected="application/json: the client reads anything else as a text",
        )  # fmt: skip
        wrong = misfits("CHAT", body_of(exchange))
        expect(wrong, wrong, proof=exchange).to_be_empty(reason=Reason.CHAT_SCHEMA, expected="a ChatCompletion")
        roles = [dig(choice, "message", "role") for choice in json_of(exchange)["choices"]]
        expect(roles, f"the roles of its choices are {roles}", proof=exchange).to_be(
            ["assistant"], reason=Reason.CHAT_SCHEMA, expected="one choice, of the assistant"
        )


@clause("openai.usage-sums")
def test_usage_sums(openai_chats: ChatsSeen) -> None:
    """What is read and what is made add up."""
    for exchange in openai_chats.whole:
        usage = dig(json_of(exchange), "usage")
        expect(usage, f"usage is {usage}", proof=exchange).to_be_true(
            reason=Reason.USAGE_MISSING, expected="the sums of tokens in usage"
        )
        adds_up(usage, exchange)


def adds_up(usage: object, proof: Exchange) -> None:
    """Expect sums of tokens that add up."""
    read, made, total = (dig(usage, f"{name}_tokens") for name in ("prompt", "completion", "total"))
    whole = all(type(count) is int for count in (read, made, total))
    expect(whole and read > 0 and made > 0 and read + made == total, f"usage is {usage}", proof=proof).to_be_true(
        reason=Reason.USAGE_SUM, expected="prompt_tokens + completion_tokens = total_tokens, both above 0"
    )


def is_json(content_type: str) -> bool:
    """Whether the client takes an answer of this type as JSON."""
    return content_type.partition(";")[0].strip().lower().endswith("json")
