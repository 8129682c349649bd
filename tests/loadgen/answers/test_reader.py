"""Whole answers: picked by media type, judged, and shown without secrets."""

from __future__ import annotations

import json
import pickle
from typing import Any

import pytest
from support.frames import exception, payload_part

from seatrial.loadgen.answers import AnswerReader, Checks
from seatrial.loadgen.answers.expectation import Expectation
from seatrial.loadgen.answers.paths import PathCheck
from seatrial.loadgen.answers.reader import is_stream
from seatrial.loadgen.fault import Fault
from seatrial.loadgen.traffic import Answer, Reading

SSE, LINES, FRAMES = "text/event-stream", "application/jsonlines", "application/vnd.amazon.eventstream"
CHAT = [
    {"object": "chat.completion.chunk", "choices": [{"delta": {"role": "assistant"}}]},
    {"object": "chat.completion.chunk", "choices": [{"delta": {"content": "Hel"}}]},
    {"object": "chat.completion.chunk", "choices": [{"delta": {"content": "lo"}}]},
    {"object": "chat.completion.chunk", "choices": [], "usage": {"completion_tokens": 5}},
]


def sse(*values: Any) -> list[bytes]:
    return [b"data: %s\n\n" % (v.encode() if isinstance(v, str) else json.dumps(v).encode()) for v in values]


def answer(chunks: list[bytes], media: str = SSE, *, whole: bool = True, payload: int = 0) -> Answer:
    """An answer whose pieces came 10 ns apart from 100 on."""
    return Answer(0, payload, media, chunks, list(range(100, 100 + 10 * len(chunks), 10)), whole)


def test_a_chat_stream_gives_its_tokens_and_their_count():
    assert AnswerReader().read(answer(sse(*CHAT, "[DONE]"))) == Reading(stamps=[110, 120], counts=[2, 3], streamed=True)


def test_events_that_came_in_one_read_are_coalesced():
    joined = b"".join(sse(*CHAT, "[DONE]"))
    assert AnswerReader().read(answer([joined])) == Reading(
        stamps=[100, 100], counts=[2, 3], coalesced=1, streamed=True
    )


@pytest.mark.parametrize(
    ("chunks", "whole", "fault", "example"),
    [
        (sse(*CHAT), True, Fault.TRUNCATED, "no [DONE] after 4 events"),
        (sse(*CHAT[:2]), False, Fault.TRUNCATED, "ended early, after 2 events"),
        ([b": ping\n\n"], True, Fault.TRUNCATED, "a stream without any event"),
        (sse("[DONE]"), True, Fault.TRUNCATED, "a stream without any event"),
        ([], True, Fault.TRUNCATED, "a stream without any event"),
        (sse(CHAT[1], {"error": {"message": "overloaded"}}, "[DONE]"), True, Fault.STREAM_ERROR,
         '{"error": {"message": "overloaded"}}'),
        (sse(CHAT[1], {"error": "gone"}), False, Fault.STREAM_ERROR, '{"error": "gone"}'),
        ([*sse(CHAT[1]), b"event: error\ndata: no memory\n\n"], True, Fault.STREAM_ERROR, "no memory"),
        (sse(CHAT[1], "<html>", "[DONE]"), True, Fault.BAD_BODY, "an event is no JSON: <html>"),
    ],
)  # fmt: skip
def test_a_stream_that_went_wrong_is_told(chunks: list[bytes], whole: bool, fault: Fault, example: str):
    reading = AnswerReader().read(answer(chunks, whole=whole))
    assert (reading.fault, reading.example) == (fault, example)
    assert len(reading.stamps) == len(reading.counts)


def test_the_last_empty_line_may_be_missing_but_not_the_mark():
    chunks = sse(*CHAT, "[DONE]")
    assert AnswerReader().read(answer([*chunks[:-1], b"data: [DONE]"])).fault is Fault.NONE


def test_a_stream_of_another_api_needs_no_mark():
    assert AnswerReader().read(answer(sse("a", "b"))) == Reading(stamps=[100, 110], counts=[1, 1], streamed=True)


LMI = [
    b'{"token": {"id": 1, "text": "a"}}\n',
    b'{"token": {"id": 2, "text": "b"}, "generated_text": "ab", "details": {"generated_tokens": 2}}',
]


def test_json_lines_are_a_stream_where_one_is_expected():
    assert AnswerReader(streams=True).read(answer(LMI, LINES)) == Reading(
        stamps=[100, 110], counts=[1, 1], streamed=True
    )
    assert AnswerReader().read(answer(LMI, LINES)) == Reading()


def test_json_lines_alone_do_not_make_a_stream():
    assert is_stream(SSE)
    assert is_stream(FRAMES)
    assert not is_stream(LINES)
    assert not is_stream("application/json")


def test_a_line_that_is_no_json_is_a_bad_body():
    reading = AnswerReader(streams=True).read(answer([LMI[0], b"Traceback\n"], LINES))
    assert (reading.fault, reading.example) == (Fault.BAD_BODY, "an event is no JSON: Traceback")


def test_bare_text_is_a_stream_where_one_is_expected():
    assert AnswerReader(streams=True).read(answer([b"Hel", b"lo"], "text/plain")).stamps == [100, 110]
    assert AnswerReader().read(answer([b"Hel", b"lo"], "text/plain")) == Reading()


def test_an_answer_that_is_json_is_no_stream_even_where_one_was_expected():
    assert AnswerReader(streams=True).read(answer([b'{"generated_text": "a"}'], "application/json")) == Reading()


def test_an_event_stream_is_taken_off_whatever_it_carries():
    chat = b"".join(sse(*CHAT, "[DONE]"))
    frames = [payload_part(chat[:150]), payload_part(chat[150:])]
    inner = AnswerReader().read(answer([chat[:150], chat[150:]]))
    assert inner.stamps
    assert AnswerReader().read(answer(frames, FRAMES)) == inner
    assert AnswerReader().read(answer([payload_part(line) for line in LMI], FRAMES)).stamps == [100, 110]


def test_the_fault_of_an_event_stream_goes_before_that_of_its_content():
    frames = [payload_part(sse(CHAT[1])[0]), exception("ModelStreamError", Message="died, key sesame-1")]
    reading = AnswerReader(secrets=("sesame-1",)).read(answer(frames, FRAMES))
    assert (reading.fault, reading.example) == (Fault.STREAM_ERROR, "ModelStreamError: died, key ***")
    assert reading.stamps == [100]
    cut = answer([payload_part(sse(CHAT[1])[0]), payload_part(b"data")[:-3]], FRAMES)
    assert AnswerReader().read(cut).fault is Fault.TRUNCATED


def checks(**options: Any) -> AnswerReader:
    return AnswerReader(Checks(**options), secrets=("hunter22",))


def test_a_fast_wrong_answer_is_a_bad_body_and_shown_without_secrets():
    reader = checks(paths=(PathCheck.parse("predictions.0"),))
    assert reader.read(answer([b'{"predictions": [1]}'], "application/json")) == Reading()
    reading = reader.read(answer([b'{"error": "hunter22 ', b'is\\nwrong"}'], "application/json"))
    assert reading.fault is Fault.BAD_BODY
    assert reading.example == 'no predictions: {"error": "*** is\\nwrong"}'
    assert reader.read(answer([], "application/json")).example == "no JSON: (empty)"


def test_each_payload_has_its_own_right_answer():
    reader = checks(expected=(Expectation.of_json(b"[1]"), None), body=Expectation.of_file(b"[3]", "right.json"))
    assert reader.read(answer([b"[1.0000001]"], "application/json")) == Reading()
    assert reader.read(answer([b"[3]"], "application/json")).example == "not [1]: [3]"
    assert reader.read(answer([b"[3]"], "application/json", payload=1)) == Reading()
    assert reader.read(answer([b"[1]"], "application/json", payload=1)).example == "not the body in right.json: [1]"


def test_an_answer_that_ended_early_is_truncated_before_it_is_wrong():
    reading = checks(body=Expectation.of_file(b"ab", "x")).read(answer([b"a"], "text/plain", whole=False))
    assert (reading.fault, reading.example) == (Fault.TRUNCATED, "ended early: a")


def test_a_stream_s_text_is_compared_and_its_events_are_searched():
    stream = answer(sse(*CHAT, "[DONE]"))
    assert checks(expected=(Expectation.of_json(b'"Hello"'),)).read(stream).fault is Fault.NONE
    wrong = checks(expected=(Expectation.of_json(b'"Bye"'),)).read(stream)
    assert (wrong.fault, wrong.example) == (Fault.BAD_BODY, 'not "Bye": Hello')
    assert wrong.stamps == [110, 120]
    assert checks(paths=(PathCheck.parse("choices.0.delta.content=lo"),)).read(stream).fault is Fault.NONE
    missing = checks(paths=(PathCheck.parse("choices.0.logprobs"),)).read(stream)
    assert missing.example == "in no event: no choices.0.logprobs: Hello"
    other = checks(paths=(PathCheck.parse("choices.0.delta.content=Bye"),)).read(stream)
    assert other.example == "in no event: choices.0.delta.content is 'Hel', expected 'Bye': Hello"


def test_a_reader_travels_to_another_process():
    reader = checks(paths=(PathCheck.parse("a"),), body=Expectation.of_file(b"no json", "x"))
    again = pickle.loads(pickle.dumps(reader))  # noqa: S301 - our own bytes
    assert again == reader
    assert again.read(answer([b'{"a": 1}'], "application/json")).fault is Fault.BAD_BODY
    assert again.read(answer([b"1"], "text/plain")).example == "no a: 1"


@pytest.mark.parametrize(
    ("body", "tokens"),
    [
        ({"choices": [{"text": "a b"}], "usage": {"completion_tokens": 2}}, [2]),
        ({"content": [{"text": "a b"}], "usage": {"output_tokens": 3}}, [3]),
        ({"generated_text": "a b", "details": {"generated_tokens": 4}}, [4]),
        ({"generated_text": "completion_tokens"}, []),
        ({"usage": {"completion_tokens": None}}, []),
    ],
)
def test_a_whole_answer_counts_its_tokens_where_that_is_asked_for(body: Any, tokens: list[int]):
    whole = answer([json.dumps(body).encode()], "application/json")
    assert AnswerReader(counts=True).read(whole) == Reading(stamps=[100] * len(tokens), counts=tokens)
    assert AnswerReader().read(whole) == Reading()


def test_a_whole_answer_that_fails_its_check_counts_nothing():
    reader = AnswerReader(Checks(paths=(PathCheck.parse("predictions"),)), counts=True)
    reading = reader.read(answer([b'{"usage": {"completion_tokens": 2}}'], "application/json"))
    assert (reading.fault, reading.counts) == (Fault.BAD_BODY, [])
