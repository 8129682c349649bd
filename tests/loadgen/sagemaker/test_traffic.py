"""Requests to SageMaker, end to end: a server that verifies with botocore takes them as it takes botocore's own."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING

import botocore.session
import pytest
from botocore.exceptions import EventStreamError
from support.frames import exception
from support.sending import Reply, send
from support.waiting import wait_until

from seatrial.loadgen.fault import Fault
from seatrial.loadgen.mistakes import UsageError
from seatrial.loadgen.sagemaker.unwrap import EVENT_STREAM, unwrap
from seatrial.loadgen.target.factory import build_traffic
from seatrial.loadgen.target.parse import parse_target

if TYPE_CHECKING:
    from support.sagemaker_runtime import Call, SageMakerRuntime

    from seatrial.loadgen.traffic import Traffic

JSON = "application/json"
SSE = [b'data: {"tok', b'en": 1}\n', b'\ndata: {"token": 2}\n\nda', b"ta: [DONE]\n\n"]


def traffic(url: str, *bodies: bytes, media: str = JSON, headers: tuple[str, ...] = ()) -> Traffic:
    return build_traffic(parse_target(url), bodies, [media] * len(bodies), headers=headers, keeps=True)


def invoke(url: str, body: bytes = b"{}", **options: object) -> Reply:
    ours = traffic(url, body, **options)
    return send(ours.authority, ours.first(0, 0))


def last(runtime: SageMakerRuntime) -> Call:
    assert runtime.calls[-1].refusal == ""
    return runtime.calls[-1]


def test_a_signed_request_is_taken(runtime: SageMakerRuntime):
    reply = invoke("sagemaker://my-endpoint", b'{"rows": [1]}')
    assert (reply.status, json.loads(reply.body)) == (200, {"bytes": 13})
    call = last(runtime)
    assert call.path == "/endpoints/my-endpoint/invocations"
    assert call.body == b'{"rows": [1]}'
    assert call.headers["content-type"] == JSON
    assert call.headers["user-agent"].startswith("seatrial-loadgen/")


def test_what_the_url_asks_for_travels_in_the_headers_of_the_api(runtime: SageMakerRuntime):
    invoke("sagemaker://e?variant=blue&component=adapter-1&target-model=a/b.tar.gz&session=s-1")
    headers = last(runtime).headers
    assert headers["x-amzn-sagemaker-target-variant"] == "blue"
    assert headers["x-amzn-sagemaker-inference-component"] == "adapter-1"
    assert headers["x-amzn-sagemaker-target-model"] == "a/b.tar.gz"
    assert headers["x-amzn-sagemaker-session-id"] == "s-1"


def test_the_request_is_the_one_that_botocore_sends(runtime: SageMakerRuntime):
    client = botocore.session.Session().create_client("sagemaker-runtime")
    asked = {"EndpointName": "e", "Body": b"1,2", "ContentType": "text/csv", "Accept": JSON, "TargetVariant": "v"}
    client.invoke_endpoint(**asked)
    invoke("sagemaker://e?variant=v", b"1,2", media="text/csv", headers=(f"Accept: {JSON}",))
    theirs, ours = runtime.calls
    assert theirs.refusal == ours.refusal == ""
    assert ours.path == theirs.path
    assert signed_headers(ours) == signed_headers(theirs)


def test_the_streaming_request_is_the_one_that_botocore_sends(runtime: SageMakerRuntime):
    client = botocore.session.Session().create_client("sagemaker-runtime")
    client.invoke_endpoint_with_response_stream(EndpointName="e", Body=b"{}", ContentType=JSON, Accept="text/plain")
    invoke("sagemaker://e?stream=1", headers=("accept: text/plain",))
    theirs, ours = runtime.calls
    assert theirs.refusal == ours.refusal == ""
    assert ours.path == theirs.path == "/endpoints/e/invocations-response-stream"
    assert signed_headers(ours) == signed_headers(theirs)


def test_a_changed_request_is_refused(runtime: SageMakerRuntime):
    ours = traffic("sagemaker://e?variant=v", b'{"rows": [1]}')
    good = ours.first(0, 0)
    for before, after in ((b"[1]", b"[2]"), (b"Variant: v", b"Variant: w"), (b"/e/", b"/f/")):
        assert before in good
        assert send(ours.authority, good.replace(before, after)).status == 403
    assert send(ours.authority, good).status == 200
    assert [call.refusal for call in runtime.calls] == ["signature does not match"] * 3 + [""]


def test_temporary_credentials_bring_their_token(runtime: SageMakerRuntime, monkeypatch: pytest.MonkeyPatch):
    secret, token = runtime.keys["ASIATEMPORARY"]
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "ASIATEMPORARY")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", secret)
    monkeypatch.setenv("AWS_SESSION_TOKEN", token)
    assert invoke("sagemaker://e").status == 200
    assert last(runtime).headers["x-amz-security-token"] == token


def test_headers_of_the_user_are_signed_with_the_rest(runtime: SageMakerRuntime):
    invoke("sagemaker://e", headers=("X-Amzn-SageMaker-Custom-Attributes: trace=1;  team=a", "Content-Type: text/csv"))
    headers = last(runtime).headers
    assert headers["x-amzn-sagemaker-custom-attributes"] == "trace=1;  team=a"
    assert headers["content-type"] == "text/csv"


@pytest.mark.parametrize("line", ["Authorization: Bearer x", "x-amz-date: now", "X-Amz-Security-Token: t", "Date: now"])
def test_headers_of_the_signature_are_its_own(runtime: SageMakerRuntime, line: str):
    with pytest.raises(UsageError, match="is set by the signature"):
        invoke("sagemaker://e", headers=(line,))
    assert runtime.calls == []


def test_a_header_that_cannot_be_signed_is_refused(runtime: SageMakerRuntime):
    with pytest.raises(UsageError, match="outside ASCII"):
        invoke("sagemaker://e", headers=("X-Name: Zoë",))
    assert runtime.calls == []


def test_every_payload_has_its_own_signature_and_media_type(runtime: SageMakerRuntime):
    ours = build_traffic(parse_target("sagemaker://e"), [b"{}", b"1,2", b""], [JSON, "text/csv", ""])
    for payload in (0, 1, 2, 0):
        assert send(ours.authority, ours.first(9, payload)).status == 200
    assert [call.body for call in runtime.calls] == [b"{}", b"1,2", b"", b"{}"]
    assert [call.headers.get("content-type") for call in runtime.calls] == [JSON, "text/csv", None, JSON]


def test_a_request_is_signed_for_the_second_in_which_it_is_sent(runtime: SageMakerRuntime):
    ours = traffic("sagemaker://e", b"{}")
    first = ours.first(0, 0)
    made = int(time.time())
    wait_until(lambda: int(time.time()) > made, "the next second")
    second = ours.first(1, 0)
    assert stamp(second) > stamp(first)
    assert send(ours.authority, second).status == 200
    assert last(runtime).headers["x-amz-date"].encode() == stamp(second)


def test_the_base_path_of_an_endpoint_url_comes_first(runtime: SageMakerRuntime, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("AWS_ENDPOINT_URL_SAGEMAKER_RUNTIME", f"{runtime.url}/proxy/")
    assert invoke("sagemaker://e").status == 200
    assert last(runtime).path == "/proxy/endpoints/e/invocations"


def test_a_streamed_answer_is_unwrapped_to_the_models_own_bytes(runtime: SageMakerRuntime):
    runtime.parts = SSE
    for runtime.pieces in (0, 1, 7, 10_000):
        reply = invoke("sagemaker://e?stream=1")
        assert reply.media == EVENT_STREAM
        found = unwrap(reply.answer)
        assert (found.parts, found.fault) == (SSE, Fault.NONE)
        assert found.stamps == sorted(found.stamps)
        assert set(found.stamps) <= set(reply.stamps)


def test_a_stream_that_the_model_breaks_off_reads_as_botocore_reads_it(runtime: SageMakerRuntime):
    runtime.parts, runtime.last = SSE[:1], exception("ModelStreamError", Message="gone", ErrorCode="X")
    client = botocore.session.Session().create_client("sagemaker-runtime")
    stream = client.invoke_endpoint_with_response_stream(EndpointName="e", Body=b"{}")["Body"]
    with pytest.raises(EventStreamError, match=r"ModelStreamError.*gone"):
        list(stream)
    found = unwrap(invoke("sagemaker://e?stream=1").answer)
    assert found.parts == SSE[:1]
    assert (found.fault, found.example) == (Fault.STREAM_ERROR, "ModelStreamError: gone (X)")


@pytest.mark.parametrize("method", ["GET", "put"])
def test_sagemaker_takes_post_only(runtime: SageMakerRuntime, method: str):
    with pytest.raises(UsageError, match="POST only"):
        build_traffic(parse_target("sagemaker://e"), [b""], [""], method=method)
    assert runtime.calls == []


def signed_headers(call: Call) -> dict[str, str]:
    """The signed headers of a call but for the time."""
    names = call.headers["authorization"].partition("SignedHeaders=")[2].partition(",")[0].split(";")
    return {name: "" if name == "x-amz-date" else call.headers[name] for name in names}


def stamp(request: bytes) -> bytes:
    return request.partition(b"X-Amz-Date: ")[2].partition(b"\r\n")[0]
