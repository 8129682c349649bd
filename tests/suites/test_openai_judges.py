"""Judges of the profile `openai` on answers made by hand: odd ones, hostile ones, and a machine without the client."""

from __future__ import annotations

import dataclasses
import json
import sys
from typing import Any

import pytest

from seatrial.conformance.api import Answer, Body, Exchange, Request, Trouble
from seatrial.conformance.contract import load_catalogue
from seatrial.conformance.evidence import Record, TrialFacts
from seatrial.conformance.judge import Bench
from seatrial.conformance.scenario import SCENARIOS, load_suite
from seatrial.conformance.subject.launcher import Ability, SubjectFacts
from seatrial.conformance.verdict import Untested, Verdict, Word
from seatrial.suites import openai as suite
from seatrial.suites.openai.scenarios.asking import Form, Tried
from seatrial.suites.openai.scenarios.chats import ChatsSeen
from seatrial.suites.openai.scenarios.client import Called, ClientSeen, Raised
from seatrial.suites.openai.scenarios.errors import ErrorsSeen, LongPromptSeen, Wrong
from seatrial.suites.openai.scenarios.parameters import ParametersSeen
from seatrial.suites.openai.scenarios.present import PresenceSeen

FACTS = TrialFacts(SubjectFacts("process", "a server"), frozenset(Ability))
USAGE = {"prompt_tokens": 3, "completion_tokens": 2, "total_tokens": 5}
CHAT: dict[str, Any] = {
    "id": "chatcmpl-1",
    "object": "chat.completion",
    "created": 1,
    "model": "m",
    "choices": [{"index": 0, "message": {"role": "assistant", "content": "15 16"}, "finish_reason": "stop"}],
    "usage": USAGE,
}
JSON, EVENTS = "application/json", "text/event-stream; charset=utf-8"
DONE = b"data: [DONE]\n\n"


@pytest.fixture(scope="module", autouse=True)
def suites() -> None:
    load_suite(("realtime", "openai"))


def answer(body: object, media: str = JSON, status: int = 200, *, cut: bool = False) -> Exchange:
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    kept = Body(length=len(data), head=data, cut=cut)
    return Exchange(
        Request("POST", "/v1/chat/completions"), Answer(status, headers=(("Content-Type", media),), body=kept)
    )


def chunk(delta: object, finish: str | None = None, **more: object) -> dict[str, Any]:
    choice = {"index": 0, "delta": delta, "finish_reason": finish}
    return {**CHAT, "object": "chat.completion.chunk", "choices": [choice], "usage": None, **more}


CHUNKS = [chunk({"role": "assistant", "content": ""}), chunk({"content": "15"}), chunk({"content": " 16"}, "stop")]
SUMS = chunk({}) | {"choices": [], "usage": USAGE}


def stream(*chunks: object, end: bytes = DONE, media: str = EVENTS) -> Exchange:
    return answer(b"".join(b"data: %s\n\n" % json.dumps(each).encode() for each in chunks) + end, media)


def chats(**changes: Any) -> ChatsSeen:
    usual = ChatsSeen((answer(CHAT),) * 2, (stream(*CHUNKS),) * 2, stream(*CHUNKS, SUMS))
    return dataclasses.replace(usual, **changes)


def verdict(clause: str, seen: object, *, claimed: bool = True) -> Verdict:
    """The verdict by itself, without what it depends on."""
    whole = load_catalogue(("openai",))
    record = Record(dataclasses.replace(FACTS, claimed=("openai",) if claimed else ()))
    name = next(name for name, one in SCENARIOS.items() if one.sees is type(seen))
    record.add(name, "main", seen)
    alone = dataclasses.replace(whole, clauses={clause: whole.clauses[clause]})
    return Bench(alone, record).judge(clause)


def said(found: Verdict) -> tuple[Word, str]:
    return found.word, found.reason


# ------------------------------------------------------------------------------------------------ whether it is there

MISSING = answer({"detail": "Not Found"}, status=404)


def present(*exchanges: Exchange, claimed: bool = True) -> Verdict:
    tried = tuple(Tried(Form(f"form {number}"), exchange) for number, exchange in enumerate(exchanges))
    return verdict("openai.chat-completions", PresenceSeen(tried), claimed=claimed)


@pytest.mark.parametrize(
    ("exchange", "reason"),
    [
        (MISSING, "chat-route-missing"),
        (answer({}, status=401), "chat-unauthorized"),
        (answer({}, status=400), "chat-refused"),
        (answer({}, status=500), "chat-fails"),
        (Exchange(Request("POST", "/"), trouble=Trouble.TIMEOUT), "chat-fails"),
        (answer(b"<!doctype html>", "text/html"), "chat-not-json"),
        (answer({"choices": "none"}), "chat-not-json"),
    ],
)
def test_who_claims_the_profile_is_told_what_is_wrong_with_its_route(exchange: Exchange, reason: str):
    assert said(present(exchange)) == (Word.FAIL, reason)
    assert present(exchange, claimed=False).word is Word.NOT_APPLICABLE


def test_a_form_that_is_taken_is_enough_for_the_route_but_not_for_the_empty_model():
    seen = PresenceSeen((Tried(Form("an empty model"), MISSING), Tried(Form("no model", None), answer(CHAT))))
    assert verdict("openai.chat-completions", seen).word is Word.PASS
    assert said(verdict("openai.empty-model", seen)) == (Word.FAIL, "empty-model-refused")


# ------------------------------------------------------------------------------------------------------------- types


@pytest.mark.parametrize(
    "change",
    [
        {"created": "1"},
        {"created": 1.5},
        {"object": "text_completion"},
        {"choices": []},
        {"choices": [{**CHAT["choices"][0], "finish_reason": None}]},
        {"choices": [{**CHAT["choices"][0], "finish_reason": "eos_token"}]},
        {"choices": [{**CHAT["choices"][0], "index": "0"}]},
        {"choices": [{**CHAT["choices"][0], "message": {"role": "user", "content": "15"}}]},
        {"choices": [{**CHAT["choices"][0], "message": {"role": "assistant", "content": ["15"]}}]},
        {"usage": {**USAGE, "total_tokens": None}},
        {"model": None},
    ],
    ids=str,
)
def test_nothing_is_coerced(change: dict[str, Any]):
    odd = chats(whole=(answer(CHAT | change),) * 2)
    assert said(verdict("openai.chat-schema", odd)) == (Word.FAIL, "chat-schema")


@pytest.mark.parametrize("name", ["id", "object", "created", "model", "choices"])
def test_no_required_field_is_missing(name: str):
    short = {key: value for key, value in CHAT.items() if key != name}
    found = verdict("openai.chat-schema", chats(whole=(answer(short),) * 2))
    assert said(found) == (Word.FAIL, "chat-schema")
    assert name in found.observed


def test_what_vllm_adds_is_taken():
    message = {"role": "assistant", "content": "15 16", "reasoning_content": None, "tool_calls": [], "refusal": None}
    choice = {**CHAT["choices"][0], "message": message, "logprobs": None, "stop_reason": None}
    more = {"prompt_logprobs": None, "service_tier": None, "system_fingerprint": None, "kv_transfer_params": None}
    usage = {**USAGE, "prompt_tokens_details": None}
    whole = (answer(CHAT | more | {"choices": [choice], "usage": usage}),) * 2
    assert verdict("openai.chat-schema", chats(whole=whole)).word is Word.PASS
    assert verdict("openai.usage-sums", chats(whole=whole)).word is Word.PASS


@pytest.mark.parametrize(
    "usage",
    [{}, USAGE | {"total_tokens": 6}, USAGE | {"completion_tokens": True, "total_tokens": 4}, [1, 2, 3], "many"],
    ids=str,
)
def test_sums_that_do_not_add_up_are_seen(usage: object):
    assert verdict("openai.usage-sums", chats(whole=(answer(CHAT | {"usage": usage}),) * 2)).word is Word.WARN


# ----------------------------------------------------------------------------------------------------------- streams

STREAMS = (
    "openai.stream-events", "openai.chunk-schema", "openai.stream-one-answer", "openai.stream-role",
    "openai.stream-same-text", "openai.stream-finish", "openai.stream-usage",
)  # fmt: skip


@pytest.mark.parametrize("clause", STREAMS)
def test_a_plain_stream_is_right(clause: str):
    assert verdict(clause, chats()).word is Word.PASS


def test_events_may_be_written_in_every_legal_way():
    lines = [f": here\r\nevent: message\r\ndata:{json.dumps(each)}\r\n\r\n" for each in CHUNKS]
    body = "".join(lines).encode() + b"data:[DONE]\r\n\r\n: bye\r\n\r\n"
    odd = chats(streamed=(answer(body, "text/event-stream"),) * 2)
    assert [verdict(clause, odd).word for clause in STREAMS] == [Word.PASS] * len(STREAMS)


def test_an_event_without_data_is_none():
    body = b"id: 1\ndata: %s\n\n: still here\n\n" % json.dumps(CHUNKS[1]).encode() + DONE
    assert verdict("openai.stream-events", chats(streamed=(answer(body, EVENTS),) * 2)).word is Word.PASS


@pytest.mark.parametrize(
    ("exchange", "reason"),
    [
        (answer({}, status=400), "stream-refused"),
        (stream(*CHUNKS, media=JSON), "stream-content-type"),
        (stream(end=b""), "stream-no-events"),
        (stream(), "stream-no-events"),
        (stream(*CHUNKS, end=b""), "stream-not-done"),
        (stream(*CHUNKS, end=DONE + b"data: {}\n\n"), "stream-not-done"),
        (stream(*CHUNKS, [1]), "stream-event-not-json"),
        (stream(*CHUNKS, end=b"data: {'a': 1}\n\n" + DONE), "stream-event-not-json"),
        (stream(*CHUNKS, end=b'data: {"a": "\xff"}\n\n' + DONE), "stream-event-not-json"),
        (stream(*CHUNKS, end=b"data: " + b"[" * 100_000 + b"\n\n" + DONE), "stream-event-not-json"),
        (dataclasses.replace(stream(*CHUNKS), trouble=Trouble.CLOSED_EARLY), "stream-cut"),
    ],
    ids=lambda one: one if isinstance(one, str) else "",
)
def test_what_is_no_stream_is_named(exchange: Exchange, reason: str):
    assert said(verdict("openai.stream-events", chats(streamed=(exchange,) * 2))) == (Word.FAIL, reason)


HOSTILE = (
    b"\xff\xfe" * 100, b"data: " + b"[" * 50_000 + b"\n\n" + DONE, b'data: {"choices": 7}\n\n' + DONE,
    b'data: {"choices": [7, null, {"index": [], "delta": 1}], "usage": 3}\n\n' + DONE, b"data: null\n\n" + DONE, b"",
)  # fmt: skip


@pytest.mark.parametrize("clause", STREAMS)
@pytest.mark.parametrize("body", HOSTILE, ids=lambda body: repr(body[:20]))
def test_no_stream_breaks_a_judge(clause: str, body: bytes):
    odd = answer(body, EVENTS)
    assert verdict(clause, chats(streamed=(odd, odd), counted=odd)).word is not Word.HARNESS_ERROR


@pytest.mark.parametrize(
    ("clause", "chunks", "reason"),
    [
        ("openai.chunk-schema", [*CHUNKS, chunk({}, object="chat.completion")], "chunk-schema"),
        ("openai.chunk-schema", [chunk({"content": 15}), *CHUNKS], "chunk-schema"),
        ("openai.stream-one-answer", [*CHUNKS, chunk({}, id="chatcmpl-2")], "chunks-differ"),
        ("openai.stream-role", CHUNKS[1:], "stream-role"),
        ("openai.stream-same-text", CHUNKS[:-1], "stream-text-differs"),
        ("openai.stream-same-text", [*CHUNKS, CHUNKS[-1]], "stream-text-differs"),
        ("openai.stream-finish", CHUNKS[:-1], "stream-finish-missing"),
        ("openai.stream-finish", [*CHUNKS, chunk({"content": "!"})], "stream-finish-missing"),
        ("openai.stream-finish", [*CHUNKS[:-1], chunk({"content": " 16"}, "length")], "stream-finish-differs"),
    ],
)
def test_what_is_wrong_with_chunks_is_named(clause: str, chunks: list[Any], reason: str):
    assert verdict(clause, chats(streamed=(stream(*chunks),) * 2)).reason == reason


def test_answers_that_never_repeat_are_not_compared():
    other = CHAT | {"choices": [{**CHAT["choices"][0], "message": {"role": "assistant", "content": "blue"}}]}
    seen = chats(whole=(answer(CHAT), answer(other)), streamed=(stream(*CHUNKS[:-1]),) * 2)
    assert verdict("openai.stream-same-text", seen).word is Word.NOT_APPLICABLE


@pytest.mark.parametrize("usage", [None, {}, USAGE | {"prompt_tokens": 2, "total_tokens": 4}])
def test_sums_of_a_stream_are_those_of_the_whole(usage: object):
    seen = chats(counted=stream(*CHUNKS, SUMS | {"usage": usage}))
    assert verdict("openai.stream-usage", seen).reason.startswith("stream-usage")


def test_an_option_may_be_refused():
    assert verdict("openai.stream-usage", chats(counted=answer({}, status=400))).word is Word.NOT_APPLICABLE


def test_an_answer_that_is_not_kept_whole_is_not_judged():
    found = verdict("openai.chat-schema", chats(whole=(answer(CHAT, cut=True),) * 2))
    assert (found.word, found.untested) == (Word.UNTESTED, Untested.PREREQUISITE)


@pytest.mark.parametrize("clause", ["openai.chat-schema", "openai.stream-events"])
def test_without_the_client_types_are_out_of_reach(clause: str, monkeypatch: pytest.MonkeyPatch):
    for name in [name for name in sys.modules if name.partition(".")[0] == "openai"]:
        monkeypatch.setitem(sys.modules, name, None)
    monkeypatch.delitem(sys.modules, f"{suite.__name__}.published", raising=False)
    monkeypatch.delattr(suite, "published", raising=False)
    found = verdict(clause, chats())
    assert (found.word, found.untested) == (Word.UNTESTED, Untested.OUT_OF_REACH)
    assert "pip install 'seatrial[openai]'" in found.observed


# -------------------------------------------------------------------------------------------------------- parameters


def parameters(**changes: Any) -> ParametersSeen:
    refusal = answer({"error": {"message": "no", "type": "t"}}, status=400)
    usual = ParametersSeen(answer(CHAT), (refusal,) * 2, (refusal,) * 2, None, (refusal,) * 2, refusal)
    return dataclasses.replace(usual, **changes)


@pytest.mark.parametrize("clause", ["openai.choices", "openai.stop", "openai.logprobs", "openai.unknown-field"])
def test_a_parameter_may_be_refused(clause: str):
    assert verdict(clause, parameters()).word in {Word.PASS, Word.NOT_APPLICABLE}


def test_a_limit_is_judged_by_the_text_where_no_tokens_are_told():
    longer = {**CHAT, "usage": None}
    assert said(verdict("openai.token-limit", parameters(plain=answer(longer), limited=(answer(longer),) * 2))) == (
        Word.WARN,
        "limit-ignored",
    )


@pytest.mark.parametrize("body", HOSTILE, ids=lambda body: repr(body[:20]))
@pytest.mark.parametrize("clause", ["openai.token-limit", "openai.choices", "openai.stop", "openai.logprobs"])
def test_no_answer_breaks_a_judge_of_parameters(clause: str, body: bytes):
    odd = answer(body, EVENTS)
    seen = parameters(plain=odd, limited=(odd, odd), two=(odd, odd), logprobs=(odd, odd))
    assert verdict(clause, seen).word is not Word.HARNESS_ERROR


# ------------------------------------------------------------------------------------------------------------ errors

ERROR = {"message": "messages is no list", "type": "invalid_request_error", "param": None, "code": None}


def errors(body: object, status: int = 400) -> ErrorsSeen:
    refusal = answer(body, status=status)
    return ErrorsSeen((Wrong("it is wrong", unanswerable=True, exchange=refusal),), answer(CHAT), MISSING)


@pytest.mark.parametrize("code", [None, "invalid_value", 400])
def test_a_code_may_be_a_text_or_a_number(code: object):
    assert verdict("openai.error-object", errors({"error": ERROR | {"code": code}})).word is Word.PASS


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"Bad Request", "error-not-json"),
        (["bad"], "error-not-json"),
        ({"detail": []}, "error-shape"),
        ({"error": "bad"}, "error-shape"),
        ({"error": ERROR | {"message": " "}}, "error-shape"),
        ({"error": ERROR | {"type": None}}, "error-shape"),
        ({"error": ERROR | {"code": {"a": 1}}}, "error-shape"),
    ],
)
def test_what_the_client_cannot_read_as_an_error_is_named(body: object, reason: str):
    assert said(verdict("openai.error-object", errors(body))) == (Word.WARN, reason)


@pytest.mark.parametrize(
    ("status", "reason"), [(200, "error-as-success"), (500, "error-as-failure"), (409, "error-status"), (400, "")]
)
def test_a_status_says_whose_mistake_it_was(status: int, reason: str):
    assert verdict("openai.error-status", errors({"error": ERROR}, status)).reason == reason


def test_a_model_that_reads_so_much_may_take_its_time():
    late = Exchange(Request("POST", "/"), trouble=Trouble.TIMEOUT)
    assert verdict("openai.long-prompt", LongPromptSeen(late, answer(CHAT))).word is Word.PASS
    assert said(verdict("openai.long-prompt", LongPromptSeen(answer(CHAT), late))) == (Word.WARN, "long-prompt-fails")


# ------------------------------------------------------------------------------------------------------------ client


def test_what_the_client_raised_is_told():
    lost = Called(raised=Raised(("APIConnectionError", "APIError"), "Connection error."))
    seen = ClientSeen("3.0.0", Called("15", "stop"), lost, lost)
    found = verdict("openai.client-reads", seen)
    assert said(found) == (Word.FAIL, "client-fails")
    assert "APIConnectionError: Connection error." in found.observed
    assert said(verdict("openai.client-errors", seen)) == (Word.WARN, "client-raises-otherwise")
