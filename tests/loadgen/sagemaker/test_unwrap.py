"""The model's own stream is taken out of the event stream, with the times at which its pieces could be used."""

from __future__ import annotations

from support.frames import exception, frame, payload_part

from seatrial.loadgen.fault import Fault
from seatrial.loadgen.sagemaker.unwrap import EVENT_STREAM, unwrap
from seatrial.loadgen.traffic import Answer

PARTS = [b'data: {"tok', b'en": 1}\n', b'\ndata: {"token": 2}\n\nda', b"ta: [DONE]\n\n"]


def answer(*chunks: bytes, whole: bool = True) -> Answer:
    return Answer(3, 0, EVENT_STREAM, list(chunks), [(at + 1) * 10 for at in range(len(chunks))], whole)


def test_parts_come_out_in_order_whatever_borders_the_model_has():
    found = unwrap(answer(b"".join(map(payload_part, PARTS))))
    assert found.parts == PARTS
    assert found.fault is Fault.NONE


def test_a_part_carries_the_stamp_of_the_read_that_completed_its_frame():
    first, second, third = (payload_part(part) for part in PARTS[:3])
    found = unwrap(answer(first[:5], first[5:] + second[:-1], second[-1:], third))
    assert found.parts == PARTS[:3]
    assert found.stamps == [20, 30, 40]


def test_two_parts_of_one_read_carry_its_stamp():
    assert unwrap(answer(payload_part(b"a") + payload_part(b"b"))).stamps == [10, 10]


def test_an_exception_in_the_stream_is_a_stream_error_and_keeps_what_came_before():
    broken = exception("ModelStreamError", Message="the model stopped", ErrorCode="ModelInvocationTimeExceeded")
    found = unwrap(answer(payload_part(b"a"), broken, payload_part(b"never")))
    assert (found.parts, found.stamps) == ([b"a"], [10])
    assert found.fault is Fault.STREAM_ERROR
    assert found.example == "ModelStreamError: the model stopped (ModelInvocationTimeExceeded)"


def test_a_failure_of_the_platform_is_a_stream_error_too():
    found = unwrap(answer(exception("InternalStreamFailure", message="oops")))
    assert (found.fault, found.example) == (Fault.STREAM_ERROR, "InternalStreamFailure: oops")


def test_an_exception_that_is_no_json_is_quoted_as_it_is():
    kind = {":message-type": "exception", ":exception-type": "ModelStreamError"}
    assert unwrap(answer(frame(kind, b"plain"))).example == "ModelStreamError: plain"
    assert unwrap(answer(frame(kind, b"[1]"))).example == "ModelStreamError: [1]"


def test_an_error_frame_says_its_code():
    kind = {":message-type": "error", ":error-code": "throttled", ":error-message": "slow down"}
    found = unwrap(answer(frame(kind, b"")))
    assert (found.fault, found.example) == (Fault.STREAM_ERROR, "throttled: slow down")


def test_other_events_are_no_part_of_the_stream():
    other = frame({":message-type": "event", ":event-type": "initial-response"}, b"{}")
    assert unwrap(answer(other + payload_part(b"a"))).parts == [b"a"]


def test_an_answer_that_ends_inside_a_frame_is_truncated():
    found = unwrap(answer(payload_part(b"a") + payload_part(b"b")[:-1], whole=False))
    assert found.parts == [b"a"]
    assert found.fault is Fault.TRUNCATED
    assert "bytes into a frame" in found.example


def test_an_answer_that_is_no_event_stream_has_a_bad_body():
    found = unwrap(answer(b"<html>certainly no frame</html>"))
    assert found.fault is Fault.BAD_BODY
    assert found.example.startswith("event stream: ")


def test_an_empty_answer_has_no_part():
    assert unwrap(answer()) == ([], [], Fault.NONE, "")
