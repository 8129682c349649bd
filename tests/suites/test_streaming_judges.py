"""Judges of streams on observations made by hand: the edges of what is legal, and what no mutant brings about."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seatrial.conformance.api import Answer, Body, Exchange, NotApplicable, Request, Trouble, Unobserved
from seatrial.conformance.evidence import TrialFacts
from seatrial.conformance.expect import ClauseBroken, Fact
from seatrial.conformance.judge import Limits
from seatrial.conformance.samples import Sample
from seatrial.conformance.scenario import JUDGES, load_suite
from seatrial.conformance.subject.launcher import SubjectFacts
from seatrial.conformance.wire.streamed import Piece, Streamed
from seatrial.suites.streaming.arrival import arrival_of
from seatrial.suites.streaming.records import Form, is_error, records_of
from seatrial.suites.streaming.scenarios.crowd import LeavingSeen
from seatrial.suites.streaming.scenarios.refusals import Refusal, RefusalsSeen
from seatrial.suites.streaming.scenarios.runs import LongestSeen, Run, StreamsSeen
from seatrial.suites.streaming.scenarios.samples import unstreamed, without_input
from seatrial.suites.streaming.scenarios.stop import Cut, CutSeen

load_suite(("streaming",))

EVENTS, LINES = "text/event-stream", "application/jsonlines"
FACTS = TrialFacts(SubjectFacts("process", "a server"), profiles=("streaming",))
CLAIMED = replace(FACTS, claimed=("streaming",))
INCREMENTAL = Limits({"total_s": 0.1, "late_bytes_share": 0.9, "records_a_block": 8.0, "most_blocks": 4.0}, 1.0)
CUT = Limits({"whole_share": 0.95, "to_go_s": 20.0}, 1.0)
REQUEST = Request("POST", "/invocations")


def judged(clause: str, **seen: object) -> str:
    """What a judge says: the named reason, `untested`, `not applicable`, or that it holds."""
    try:
        JUDGES[clause].judge(**seen)
    except ClauseBroken as broken:
        return broken.reason
    except Unobserved:
        return "untested"
    except NotApplicable:
        return "not applicable"
    except Fact:
        return "holds"
    return "holds"


def streamed(
    times: list[float],
    *,
    status: int = 200,
    media: str = EVENTS,
    text: bytes | None = None,
    trouble: Trouble | None = None,
    done: float | None = None,
    length: int = 0,
    chunked: bool = True,
) -> Streamed:
    text = b"data: {}\n\n" * len(times) if text is None else text
    body = Body(length=length or len(text))
    answer = Answer(status, headers=(("Content-Type", media),), chunked=chunked, body=body)
    ended = done if done is not None else (times[-1] if times else 0.0)
    exchange = Exchange(REQUEST, answer, trouble, first_byte=0.001, done=ended)
    return Streamed(exchange, 0.001, tuple(Piece(at, 10) for at in times), len(times), text, tail=text[-4096:])


def runs(*seen: Streamed, given: bool = True, whole: float | None = None) -> StreamsSeen:
    plain = None if whole is None else Exchange(REQUEST, Answer(200), done=whole)
    return StreamsSeen(tuple(Run("stream.json", given, one) for one in seen), plain)


STEADY = [0.02 * step for step in range(1, 51)]


@pytest.mark.parametrize(
    ("times", "says"),
    [
        (STEADY, "holds"),
        ([2.0 + at / 4 for at in STEADY], "holds"),  # a long prompt
        ([*STEADY[:20], *[1.5 + at / 10 for at in STEADY[:30]]], "holds"),  # the machine was busy in between
        ([0.5 * step for step in range(1, 7)], "holds"),  # six slow tokens
        ([0.25 * (1 + int(at * 3.99)) for at in STEADY], "stream-in-blocks"),
        ([1.0 + at / 1000 for at in STEADY], "stream-in-one-burst"),
        ([0.01, *[1.0 + at / 1000 for at in STEADY]], "stream-in-one-burst"),  # the role first, then all
        ([0.05 + at / 10_000 for at in STEADY], "untested"),  # over before anything can be told
    ],
)
def test_how_chunks_come(times: list[float], says: str):
    assert judged("stream.incremental", streams=runs(streamed(times)), limit=INCREMENTAL) == says


def test_one_good_try_shows_that_chunks_leave_when_they_are_made():
    burst, steady = streamed([1.0 + at / 1000 for at in STEADY]), streamed(STEADY)
    assert judged("stream.incremental", streams=runs(burst, steady, burst), limit=INCREMENTAL) == "holds"


def test_the_picture_of_a_stream_holds_all_its_bytes():
    picture = arrival_of(streamed([0.1, 0.5, 1.0]))
    assert (picture.total, picture.filled, picture.apart) == (1.0, (2, 10, 19), True)
    assert picture.late_share == pytest.approx(1 / 3)


REFUSED, PLAIN = streamed([], status=400, text=b"{}"), streamed([0.1], chunked=False)


@pytest.mark.parametrize(
    ("seen", "facts", "says"),
    [
        (runs(streamed(STEADY)), FACTS, "holds"),
        (runs(REFUSED), FACTS, "stream-refused"),
        (runs(PLAIN), FACTS, "stream-in-one-piece"),
        (runs(streamed([0.1])), FACTS, "stream-in-one-piece"),
        (runs(REFUSED, PLAIN, given=False), FACTS, "not applicable"),
        (runs(REFUSED, PLAIN, given=False), CLAIMED, "stream-in-one-piece"),
        (runs(REFUSED, given=False), CLAIMED, "untested"),
        (runs(REFUSED, streamed(STEADY), given=False), CLAIMED, "holds"),
    ],
)
def test_whether_there_is_a_stream_at_all(seen: StreamsSeen, facts: TrialFacts, says: str):
    assert judged("stream.chunked", streams=seen, facts=facts) == says


def test_an_endless_stream_is_found_only_where_it_is_followed():
    limit = Limits({"total_s": 480.0}, 1.0)
    seen, endless = runs(streamed(STEADY)), streamed(STEADY, trouble=Trouble.TIMEOUT, done=490.0)
    longest = LongestSeen((Run("stream.json", given=True, seen=endless),))
    assert judged("stream.within-8-minutes", streams=seen, limit=limit) == "holds"
    assert judged("stream.within-8-minutes", streams=seen, limit=limit, longest_streams=longest) == "stream-endless"


@pytest.mark.parametrize(
    ("text", "media", "form", "count", "rest"),
    [
        (b"data: {}\n\ndata: [DONE]\n\n", EVENTS, Form.EVENTS, 2, ""),
        (b": hello\n\ndata: {}\r\n\r\n", EVENTS, Form.EVENTS, 1, ""),
        (b"event: a\ndata: 1\ndata: 2\n\ndata: half", EVENTS, Form.EVENTS, 1, "data: half"),
        (b'{"a": 1}\n{"a": 2}\n', LINES, Form.LINES, 2, ""),
        (b'{"a": 1}\n{"a": 2}', "application/json", Form.LINES, 2, ""),
        (b'{"a": 1}\n{"a": 2}\n{"a"', LINES, Form.LINES, 2, '{"a"'),
        (b'[{"a": 1},\n{"a": 2}]', "application/json", Form.WHOLE, 1, ""),
        (b'{"a": 1}{"a": 2}', "application/json", Form.UNDELIMITED, 2, ""),
        (b"The sky is blue.", "text/plain", Form.OTHER, 0, ""),
        (b"1 2 3", "text/plain", Form.OTHER, 0, ""),
        (b"\x00\x00\x00\x10bytes", "application/vnd.amazon.eventstream", Form.OTHER, 0, ""),
    ],
)
def test_how_records_are_told_apart(text: bytes, media: str, form: Form, count: int, rest: str):
    found = records_of(text, media)
    assert (found.form, len(found.records), found.rest) == (form, count, rest)


@given(st.lists(st.dictionaries(st.text(max_size=4), st.text(max_size=20), max_size=3), min_size=2, max_size=8))
def test_events_and_lines_are_found_again_whatever_they_say(values: list[dict[str, str]]):
    written = [json.dumps(value) for value in values]
    events = "".join(f"data: {one}\n\n" for one in written).encode()
    lines = "".join(f"{one}\n" for one in written).encode()
    assert records_of(events, EVENTS).records == records_of(lines, LINES).records == tuple(written)


@pytest.mark.parametrize(
    ("record", "failed"),
    [
        ('{"error": {"message": "out of memory"}}', True),
        ('{"token": {"text": "a"}, "details": {"finish_reason": "error"}}', True),
        ('{"choices": [{"finish_reason": "abort"}]}', True),
        ('{"error": null, "choices": []}', False),
        ('{"choices": [{"text": "an error"}]}', False),
        ("[DONE]", False),
    ],
)
def test_which_records_say_that_an_answer_failed(record: str, failed: bool):
    assert is_error(record) is failed


def test_an_event_called_error_says_so_as_well():
    (record,) = records_of(b"event: error\ndata: gone\n\n", EVENTS).records
    assert is_error(record)


def cut(text: bytes, *, trouble: Trouble | None = None, usual: tuple[int, int] = (1000, 1000)) -> CutSeen:
    one = streamed([0.1], text=text, trouble=trouble, done=2.0)
    twice = tuple(streamed([0.1], length=length, done=3.0) for length in usual)
    return CutSeen((Cut("stream.json", twice, one, 0.2),), exited_after=2.0)


HALF, WHOLE = b"data: {}\n\n" * 50, b"data: {}\n\n" * 100
TOLD = HALF + b'data: {"error": "stopping"}\n\n'


@pytest.mark.parametrize(
    ("seen", "visible", "finished"),
    [
        (cut(WHOLE), "untested", "holds"),
        (cut(HALF), "failure-hidden", "stream-cut-at-stop"),
        (cut(TOLD), "holds", "stream-cut-at-stop"),
        (cut(HALF, trouble=Trouble.CLOSED_EARLY), "holds", "stream-cut-at-stop"),
        (cut(HALF, usual=(1000, 600)), "untested", "holds"),  # an answer of chance may be short
        (CutSeen(()), "untested", "untested"),
    ],
)
def test_streams_that_a_stop_meets(seen: CutSeen, visible: str, finished: str):
    assert judged("stream.failure-visible", streams_stopped=seen, limit=CUT) == visible
    assert judged("stream.finishes-at-stop", streams_stopped=seen, limit=CUT) == finished


def test_a_stream_that_loses_its_worker_must_not_look_whole():
    stopped, killed = cut(WHOLE), replace(cut(HALF), killed=1)
    said = judged("stream.failure-visible", streams_stopped=stopped, streams_killed=killed, limit=CUT)
    assert said == "failure-hidden"


def test_a_stream_with_long_to_go_need_not_be_finished():
    twice = (streamed([0.1], length=1000, done=60.0),) * 2
    seen = CutSeen((Cut("long.json", twice, streamed([0.1], text=TOLD, done=25.0), 0.2),))
    assert judged("stream.finishes-at-stop", streams_stopped=seen, limit=CUT) == "untested"


@pytest.mark.parametrize(
    ("seen", "says"),
    [
        (streamed([], status=422, text=b'{"detail": "bad"}', media="application/json"), "holds"),
        (streamed([0.1], text=b'data: {"error": "bad"}\n\n'), "refused-with-200"),
        (streamed([0.1], text=b"", trouble=Trouble.CLOSED_EARLY), "refused-with-200"),
        (streamed([0.1, 0.2]), "holds"),  # it can do something with a number
    ],
)
def test_how_a_bad_request_for_a_stream_is_refused(seen: Streamed, says: str):
    refusals = RefusalsSeen((Refusal("with a number as its input", seen),))
    assert judged("stream.refused-by-status", stream_refusals=refusals) == says


def test_who_waits_behind_callers_that_have_left():
    limit = Limits({"later_s": 5.0, "growth_count": 10.0}, 1.0)
    soon, late = streamed([0.1, 0.2]), streamed([6.0, 6.1])
    assert judged("stream.leaving-frees", streams_left=LeavingSeen(50, 50, soon, soon), limit=limit) == "holds"
    assert judged("stream.leaving-frees", streams_left=LeavingSeen(50, 50, soon, late), limit=limit) == "leavers-cost"
    leaking = LeavingSeen(50, 50, soon, soon, files_before=20, files_after=70)
    assert judged("stream.leaving-frees", streams_left=leaking, limit=limit) == "leavers-leak"


def sample(body: object) -> Sample:
    return Sample("stream.json", "application/json", json.dumps(body).encode(), given=True)


@pytest.mark.parametrize(
    ("body", "plain"),
    [
        ({"prompt": "a", "stream": True, "stream_options": {}}, {"prompt": "a"}),
        ({"inputs": "a", "parameters": {"stream": True, "n": 1}}, {"inputs": "a", "parameters": {"n": 1}}),
        ({"prompt": "a"}, None),
        (["a"], None),
    ],
)
def test_the_same_request_without_a_stream(body: object, plain: object):
    found = unstreamed(sample(body))
    assert (None if found is None else json.loads(found.body)) == plain


def test_a_request_is_spoilt_where_its_input_stands():
    found = without_input(sample({"messages": [], "stream": True}))
    assert found is not None
    assert json.loads(found.body) == {"messages": 7, "stream": True}
    assert without_input(sample({"table": []})) is None
