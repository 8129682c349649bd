"""Which events carry tokens, how many, and how a stream ended: as the servers of the field write them."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seatrial.loadgen.answers.streams import Event
from seatrial.loadgen.answers.tokens import StreamFacts, read_events, spread


def read(*values: Any, kinds: tuple[str, ...] = (), **options: bool) -> StreamFacts:
    """Events one ns apart; what is no text is written as JSON."""
    data = [value.encode() if isinstance(value, str) else json.dumps(value).encode() for value in values]
    kinds = kinds or ("",) * len(data)
    return read_events((Event(d, k, stamp) for stamp, (d, k) in enumerate(zip(data, kinds, strict=True))), **options)


def chunk(*deltas: Any, **more: Any) -> dict[str, Any]:
    return {"object": "chat.completion.chunk", "choices": [{"delta": delta} for delta in deltas], **more}


def test_a_chat_s_role_and_usage_are_no_tokens():
    facts = read(
        chunk({"role": "assistant", "content": ""}),
        chunk({"content": "Hel"}),
        chunk({"content": "lo"}),
        chunk({}),
        chunk(usage={"completion_tokens": 3}),
        "[DONE]",
    )
    assert facts.stamps == [1, 2]
    assert facts.texts == ["Hel", "lo"]
    assert (facts.usage, facts.openai, facts.done, facts.events) == (3, True, True, 5)


@pytest.mark.parametrize(
    "delta",
    [
        {"content": "a"},
        {"reasoning_content": "hm"},
        {"reasoning": "hm", "content": None},
        {"tool_calls": [{"index": 0}]},
        {"function_call": {"name": "f"}},
        {"refusal": "no"},
    ],
)
def test_thoughts_and_tool_calls_are_output_too(delta: dict[str, Any]):
    assert len(read(chunk(delta)).stamps) == 1


@pytest.mark.parametrize("delta", [{}, {"content": ""}, {"content": None, "tool_calls": []}, {"role": "assistant"}])
def test_a_delta_without_output_is_no_token(delta: dict[str, Any]):
    assert read(chunk(delta)).stamps == []


def test_completions_carry_text_in_their_choices():
    facts = read(
        {"object": "text_completion", "choices": [{"text": "a"}]},
        {"object": "text_completion", "choices": [{"text": "", "finish_reason": "stop"}]},
        {"object": "text_completion", "choices": [], "usage": {"completion_tokens": 2}},
    )
    assert (facts.stamps, facts.texts, facts.usage, facts.openai, facts.done) == ([0], ["a"], 2, True, False)


def test_lmi_s_lines_are_tokens_and_the_details_count_them():
    facts = read(
        {"token": {"id": 304, "text": "Deep ", "log_prob": -0.05}},
        {"token": {"id": 2, "text": "", "special": True}},
        {"token": {"id": 5, "text": "field"}, "generated_text": "Deep field",
         "details": {"finish_reason": "length", "generated_tokens": 3}},
    )  # fmt: skip
    assert (facts.stamps, "".join(facts.texts), facts.usage, facts.openai) == ([0, 1, 2], "Deep field", 3, False)


def test_other_servers_texts_are_found_and_empty_ones_are_no_tokens():
    facts = read(
        {"response": "a", "done": False},
        {"message": {"role": "assistant", "content": "b"}},
        {"outputs": ["c", "d"]},
        {"response": "", "done": True},
        {"message": {"role": "assistant", "content": ""}, "done": True},
        {"usage": {"output_tokens": 4}},
        {"role": "assistant"},
    )
    assert (facts.texts, facts.stamps, facts.usage) == (["a", "b", "cd"], [0, 1, 2], 4)


def test_any_other_event_is_a_token_event():
    assert len(read({"prediction": 0.5}, [1, 2], "7", "plain words", '"quoted"').stamps) == 5
    assert read("7", "plain words", '"quoted"').texts == ["7", "plain words", "quoted"]
    assert read("", '""').stamps == []


def test_typed_events_carry_text_in_their_deltas_only():
    kinds = ("message_start", "ping", "content_block_delta", "response.output_text.delta", "message_delta")
    facts = read(
        {"type": kinds[0], "message": {"content": []}},
        {"type": kinds[1]},
        {"type": kinds[2], "delta": {"type": "text_delta", "text": "a"}},
        {"type": kinds[3], "delta": "b"},
        {"type": kinds[4], "delta": {"stop_reason": "end_turn"}, "usage": {"output_tokens": 2}},
        kinds=kinds,
    )
    assert (facts.stamps, facts.texts, facts.usage) == ([2, 3], ["a", "b"], 2)


@pytest.mark.parametrize(
    "event",
    [
        {"error": {"message": "TimeoutError", "code": 504}},
        {"error": "CUDA out of memory", "error_type": "generation"},
        {"object": "error", "message": "no"},
        {"token": {"id": -1, "text": ""}, "generated_text": "", "details": {"finish_reason": "error"}},
        chunk({}) | {"choices": [{"delta": {}, "finish_reason": "error"}]},
    ],
)
def test_an_error_in_a_stream_is_seen_and_is_no_token(event: dict[str, Any]):
    facts = read(chunk({"content": "a"}), event, "[DONE]")
    assert json.loads(facts.error) == event
    assert facts.stamps == [0]


@pytest.mark.parametrize("event", [{"error": None}, {"error": 0.125}, {"error": ""}, {"error": {}}, {"error": 1}])
def test_a_field_that_is_called_error_and_tells_of_none_is_no_error(event: dict[str, Any]):
    assert read(event).error == b""


def test_an_event_of_the_kind_error_is_one_whatever_it_says():
    assert read("overloaded", kinds=("error",)).error == b"overloaded"


def test_a_stream_that_must_be_json_shows_what_is_none():
    assert read('{"a": 1}', '{"a": ', all_json=True).broken == b'{"a": '
    assert read(chunk({"content": "a"}), "<html>").broken == b"<html>"
    assert read("<html>").broken == b""


def test_events_of_one_read_are_counted_as_coalesced():
    events = [Event(b"a", "", stamp) for stamp in (5, 5, 5, 6, 7, 7)]
    assert read_events(events).coalesced == 3
    role = Event(json.dumps(chunk({"role": "assistant"})).encode(), "", 5)
    assert read_events([role, *events[:1]]).coalesced == 0


@pytest.mark.parametrize(
    ("usage", "events", "counts"),
    [
        (None, 3, [1, 1, 1]),
        (0, 2, [1, 1]),
        (3, 3, [1, 1, 1]),
        (4, 3, [1, 1, 2]),
        (11, 3, [3, 4, 4]),
        (2, 4, [1, 1, 0, 0]),
        (5, 0, []),
    ],
)
def test_the_server_s_count_is_spread_over_the_events(usage: int | None, events: int, counts: list[int]):
    assert spread(usage, events) == counts


@given(st.integers(1, 10_000), st.integers(1, 200))
def test_the_tokens_of_a_stream_are_those_that_the_server_counted(usage: int, events: int):
    assert sum(spread(usage, events)) == usage
    assert len(spread(usage, events)) == events
    assert spread(usage, events)[0] >= 1


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(
        st.sampled_from(["choices", "delta", "text", "token", "usage", "details", "error", "message", "content",
                         "object", "completion_tokens", "finish_reason", "type", "outputs"]), inner, max_size=4
    ),
    max_leaves=12,
)  # fmt: skip


@given(st.lists(JSON, max_size=4), st.sampled_from(["", "delta", "error"]))
def test_no_json_that_a_server_can_send_breaks_the_reading(values: list[Any], kind: str):
    facts = read_events(Event(json.dumps(value).encode(), kind, 1) for value in values)
    assert len(facts.stamps) == len(facts.texts) <= len(values)
    assert all(isinstance(text, str) for text in facts.texts)


COMPLETION = {"object": "text_completion", "choices": [{"index": 0, "text": "a", "logprobs": None}]}
USUAL = st.sampled_from([
    chunk({"content": "a"}), chunk({"role": "assistant", "content": ""}), chunk({"content": None}), chunk({}),
    chunk({"content": "é\u2028"}, id="x", model="m"), COMPLETION, COMPLETION | {"choices": [{"text": ""}]},
])  # fmt: skip
UNUSUAL = st.sampled_from([
    chunk({"content": "a"}, usage={"completion_tokens": 7}), chunk(), chunk({"content": "a"}, {"content": "b"}),
    chunk({"tool_calls": [{"index": 0}]}), chunk({"reasoning_content": "hm"}), chunk({"content": "a"}, error="full"),
    chunk({"content": "a"}, details={"generated_tokens": 3}), chunk({"content": ["a"]}), chunk("a"),
    COMPLETION | {"object": "error"}, COMPLETION | {"choices": [{"text": 5}]}, {"token": {"text": "a"}},
    COMPLETION | {"choices": [{"text": "a", "finish_reason": "error"}]}, COMPLETION | {"choices": [{"text": "a",
    "finish_reason": "stop"}]}, {"text": "a"}, "[DONE]", "no JSON", "[1", '"a"', " [DONE] ", "}", "",
])  # fmt: skip


@given(st.lists(USUAL | UNUSUAL), st.data())
def test_plain_chunks_are_read_as_all_others_are(values: list[Any], data: st.DataObject):
    kinds = tuple(data.draw(st.sampled_from(["", "", "", "error", "message"])) for _ in values)
    quick, whole = read(*values, kinds=kinds, documents=False), read(*values, kinds=kinds)
    assert replace(quick, documents=[]) == replace(whole, documents=[])
