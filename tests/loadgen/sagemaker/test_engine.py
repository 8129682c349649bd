"""The engine sends signed requests, and its answers are read as the model sent them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from support.frames import exception

from seatrial.loadgen.answers.reader import AnswerReader
from seatrial.loadgen.answers.status import faults_of_statuses
from seatrial.loadgen.engine.once import Once, send_once
from seatrial.loadgen.fault import Fault
from seatrial.loadgen.target.factory import build_traffic
from seatrial.loadgen.target.parse import parse_target
from seatrial.loadgen.traffic import Answer

if TYPE_CHECKING:
    from support.sagemaker_runtime import SageMakerRuntime

TOKENS = [
    b'data: {"choices": [{"delta": {"con',
    b'tent": "a"}}]}\n',
    b'\ndata: {"choices": [{"delta": {"content": "b"}}]}',
]
END = [b"\n\nda", b"ta: [DONE]\n\n"]


def once(url: str) -> Once:
    traffic = build_traffic(parse_target(url), [b'{"a": 1}'], ["application/json"], keeps=True)
    return send_once(traffic, faults_of_statuses(), timeout_s=30)


def streamed(runtime: SageMakerRuntime) -> Answer:
    """Send one request for a stream through the engine, and return its answer as a reader gets it."""
    found = once("sagemaker://e?stream=1")
    assert runtime.calls[-1].refusal == ""
    return Answer(0, 0, found.media, [found.body], [1], whole=True)


def test_a_signed_request_is_answered(runtime: SageMakerRuntime):
    found = once("sagemaker://e?variant=v")
    assert (found.status, found.fault, json.loads(found.body)) == (200, Fault.NONE, {"bytes": 8})
    assert runtime.calls[0].headers["x-amzn-sagemaker-target-variant"] == "v"


def test_a_refused_signature_is_told_with_the_words_of_the_service(
    runtime: SageMakerRuntime, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "wrong")
    found = once("sagemaker://e")
    assert (found.status, found.fault) == (403, Fault.CLIENT_ERROR)
    assert "signature does not match" in found.text
    assert runtime.calls[0].refusal


@pytest.mark.parametrize("pieces", [0, 1, 50])
def test_the_tokens_of_a_stream_are_found_behind_the_frames(runtime: SageMakerRuntime, pieces: int):
    runtime.parts, runtime.pieces = TOKENS + END, pieces
    reading = AnswerReader().read(streamed(runtime))
    assert reading.fault is Fault.NONE
    assert reading.stamps == [1, 1]


def test_a_stream_that_the_model_broke_off_is_a_stream_error(runtime: SageMakerRuntime):
    runtime.parts, runtime.last = TOKENS, exception("ModelStreamError", Message="the model died")
    reading = AnswerReader().read(streamed(runtime))
    assert reading.fault is Fault.STREAM_ERROR
    assert "the model died" in reading.example
