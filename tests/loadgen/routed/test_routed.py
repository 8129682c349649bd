"""Routed requests, end to end: a router signs whom to call, and a worker that verifies takes the call."""

from __future__ import annotations

import json
import ssl
import subprocess
from typing import TYPE_CHECKING

import pytest
from support.routed_workers import Router, Worker, routing, working
from support.sending import Reply, send, send_step

from seatrial.loadgen.fault import Fault
from seatrial.loadgen.mistakes import UsageError
from seatrial.loadgen.target.factory import build_traffic
from seatrial.loadgen.target.parse import parse_target
from seatrial.loadgen.traffic import Authority, Step

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from seatrial.loadgen.traffic import Traffic

KEY = "k-123"
BODY = b'{"prompt": "gr\xc3\xbc\xc3\x9fe", "n": 1}'


@pytest.fixture
def router() -> Iterator[Router]:
    with routing({"llm": KEY}) as running:
        yield running


@pytest.fixture
def worker(router: Router) -> Iterator[Worker]:
    """A worker that the router knows."""
    with working() as running:
        router.workers.append(running.url)
        yield running


def traffic(router: Router, *bodies: bytes, group: str = "llm", path: str | None = None, **options: object) -> Traffic:
    target = parse_target(group, router=router.url, path=path)
    media = ["application/json"] * (len(bodies) or 1)
    return build_traffic(target, bodies or (BODY,), media, **{"key": KEY, **options})


def route(ours: Traffic, payload: int = 0) -> Step | Fault:
    """Make the first step, and say what comes after it."""
    reply = send(ours.authority, ours.first(0, payload))
    return ours.follow(0, payload, reply.status, reply.body)


def call(ours: Traffic, payload: int = 0) -> Reply:
    """Make both steps."""
    step = route(ours, payload)
    assert isinstance(step, Step)
    return send_step(step)


def test_a_worker_takes_a_payload_that_the_router_signed_for(router: Router, worker: Worker):
    ours = traffic(router, path="/generate")
    assert ours.steps == 2
    reply = call(ours)
    assert (reply.status, json.loads(reply.body)) == (200, {"echo": {"prompt": "grüße", "n": 1}})
    assert router.routes == [("/route/", {"endpoint": "llm", "api_key": KEY, "cost": 1.0})]
    ((path, headers, asked, status),) = worker.calls
    assert (path, status) == ("/generate", 200)
    assert headers["content-type"] == "application/json"
    assert set(asked) == {"auth_data", "payload"}


def test_the_worker_gets_all_that_the_router_said(router: Router, worker: Worker):
    call(traffic(router))
    (_, _, asked, _), = worker.calls  # fmt: skip
    auth = asked["auth_data"]
    assert {name: auth[name] for name in ("cost", "endpoint", "reqnum", "url", "request_idx", "more")} == {
        "cost": 1.0, "endpoint": "llm", "reqnum": 1, "url": worker.url, "request_idx": 1, "more": [1, {}],
    }  # fmt: skip


def test_the_workload_of_a_payload_is_its_cost(router: Router, worker: Worker):
    ours = traffic(router, BODY, BODY, workload=[256.0, 0.5])
    assert [call(ours, payload).status for payload in (0, 1, 0)] == [200, 200, 200]
    assert [asked["cost"] for _, asked in router.routes] == [256.0, 0.5, 256.0]
    assert len(worker.calls) == 3


def test_each_request_asks_the_router_anew_and_reaches_whom_it_names(router: Router, worker: Worker):
    with working() as other:
        router.workers.append(other.url)
        ours = traffic(router, b'{"a": 1}', b'{"a": 2}')
        for row in range(6):
            assert call(ours, row % 2).status == 200
    assert len(router.routes) == 6
    assert [asked["payload"]["a"] for _, _, asked, _ in worker.calls + other.calls] == [2, 2, 2, 1, 1, 1]


def test_a_signature_serves_once(router: Router, worker: Worker):
    step = route(traffic(router))
    assert isinstance(step, Step)
    assert [send_step(step).status for _ in range(2)] == [200, 401]
    assert len(worker.calls) == 2


def test_a_worker_refuses_what_the_router_did_not_sign(router: Router, worker: Worker):
    step = route(traffic(router))
    assert isinstance(step, Step)
    forged = step.data.replace(b'"reqnum": 1', b'"reqnum": 2')
    assert forged != step.data
    assert send(step.authority, forged).status == 401
    assert worker.calls[0][3] == 401


def test_the_key_goes_to_the_router_and_the_users_headers_to_the_worker(router: Router, worker: Worker):
    ours = traffic(router, headers=["X-Trace: t-1", "Authorization: Bearer other", "Accept: text/event-stream"])
    assert b"X-Trace" not in ours.first(0, 0)
    call(ours)
    (_, headers, asked, _), = worker.calls  # fmt: skip
    assert headers["x-trace"] == "t-1"
    assert headers["accept"] == "text/event-stream"
    assert KEY not in json.dumps([headers, asked])


def test_a_router_without_a_ready_worker_is_a_fault_of_its_own(router: Router):
    assert route(traffic(router)) is Fault.NO_WORKER


@pytest.mark.parametrize(
    ("status", "raw", "fault"),
    [
        (200, b"{}", Fault.NO_WORKER),
        (200, b'{"url": ""}', Fault.NO_WORKER),
        (200, b'{"url": null}', Fault.NO_WORKER),
        (200, b"", Fault.BAD_BODY),
        (200, b"not JSON", Fault.BAD_BODY),
        (200, b'["url"]', Fault.BAD_BODY),
        (200, b'{"url": 5}', Fault.BAD_BODY),
        (200, b'{"url": "h:80"}', Fault.BAD_BODY),
        (200, b'{"url": "ftp://h"}', Fault.BAD_BODY),
        (200, b'{"url": "http://h/\\r\\nX: 1"}', Fault.BAD_BODY),
        (200, b'{"url": "http://h"}\xff', Fault.BAD_BODY),
        (307, b"", Fault.REDIRECT),
        (404, b"{}", Fault.CLIENT_ERROR),
        (503, b"{}", Fault.SERVER_ERROR),
    ],
)
def test_an_answer_that_names_no_worker_says_why(router: Router, status: int, raw: bytes, fault: Fault):
    router.status, router.raw = status, raw
    assert route(traffic(router)) is fault


def test_a_wrong_key_is_a_refusal(router: Router, worker: Worker):
    assert route(traffic(router, key="wrong")) is Fault.CLIENT_ERROR
    assert route(traffic(router, group="other")) is Fault.CLIENT_ERROR
    assert worker.calls == []


@pytest.mark.parametrize(
    ("url", "path", "authority", "line"),
    [
        ("http://10.0.0.1:3000", "/generate?x=1", Authority("10.0.0.1", 3000), b"POST /generate?x=1 HTTP/1.1\r\n"),
        ("http://h:3000/base/", "/generate", Authority("h", 3000), b"POST /generate HTTP/1.1\r\n"),
        ("https://[::1]:3000", None, Authority("::1", 3000, tls=True), b"POST /invocations HTTP/1.1\r\n"),
    ],
)
def test_the_workers_address_is_joined_with_the_path(
    router: Router, url: str, path: str | None, authority: Authority, line: bytes
):
    step = traffic(router, path=path).follow(0, 0, 200, json.dumps({"url": url}).encode())
    assert isinstance(step, Step)
    assert step.authority == authority
    assert step.data.startswith(line + b"Host: " + authority.header.encode() + b"\r\n")


def test_any_number_of_workers_is_followed(router: Router):
    ours = traffic(router)
    for number in range(5_000):
        step = ours.follow(number, 0, 200, b'{"url": "http://h%d"}' % number)
        assert isinstance(step, Step)
        assert step.authority.host == f"h{number}"


def test_a_worker_with_a_certificate_of_its_own_is_reached_when_insecure_allows_it(router: Router, tmp_path: Path):
    with working(self_signed(tmp_path)) as worker:
        router.workers.append(worker.url)
        step = route(traffic(router))
        assert isinstance(step, Step)
        with pytest.raises(ssl.SSLCertVerificationError):
            send_step(step)
        target = parse_target("llm", router=router.url, insecure=True)
        ours = build_traffic(target, [BODY], ["application/json"], key=KEY)
        assert call(ours).status == 200


@pytest.mark.parametrize("body", [b"", b"1,2", b"[1]", b'"text"', b'{"a": 1', b'{"a": "\xff"}'])
def test_a_worker_takes_json_objects_only(router: Router, body: bytes):
    with pytest.raises(UsageError, match="payload 1 is no JSON object"):
        traffic(router, BODY, body)
    assert router.routes == []


def test_a_router_needs_a_key(router: Router):
    with pytest.raises(UsageError, match="SEATRIAL_API_KEY"):
        traffic(router, key=None)


def test_a_router_takes_post_only(router: Router):
    with pytest.raises(UsageError, match="--router, which takes POST only"):
        traffic(router, method="GET")


def self_signed(folder: Path) -> ssl.SSLContext:
    command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
    command += ["-keyout", "key.pem", "-out", "cert.pem", "-days", "1", "-subj", "/CN=127.0.0.1"]
    subprocess.run(command, cwd=folder, check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "cert.pem", folder / "key.pem")
    return context
