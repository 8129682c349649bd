"""The engine takes both steps of a routed request, and tells a router without a worker from a worker that refuses."""

from __future__ import annotations

import json

import pytest
from support.routed_workers import routing, working

from seatrial.loadgen.answers.status import faults_of_statuses
from seatrial.loadgen.engine.once import Once, send_once
from seatrial.loadgen.fault import Fault
from seatrial.loadgen.target.factory import build_traffic
from seatrial.loadgen.target.parse import parse_target


def once(router: str, *, key: str = "k") -> Once:
    target = parse_target("llm", router=router, path="/generate")
    traffic = build_traffic(target, [b'{"a": 1}'], [""], key=key, keeps=True)
    return send_once(traffic, faults_of_statuses(), timeout_s=30)


def test_a_worker_answers_what_the_router_signed_for():
    with routing({"llm": "k"}) as router, working() as worker:
        router.workers.append(worker.url)
        found = once(router.url)
        assert (found.status, found.fault, json.loads(found.body)) == (200, Fault.NONE, {"echo": {"a": 1}})
        assert [path for path, *_ in worker.calls] == ["/generate"]


def test_a_router_without_a_ready_worker_is_told():
    with routing({"llm": "k"}) as router:
        found = once(router.url)
        assert found.fault is Fault.NO_WORKER
        assert "Not ready" in found.text


def test_a_worker_that_is_gone_is_refused():
    with routing({"llm": "k"}) as router:
        with working() as worker:
            router.workers.append(worker.url)
        assert once(router.url).fault is Fault.REFUSED


@pytest.mark.parametrize(("key", "raw"), [("wrong", None), ("k", b'{"url": "nowhere"}')])
def test_a_router_that_refuses_or_errs_ends_the_request(key: str, raw: bytes | None):
    with routing({"llm": "k"}) as router, working() as worker:
        router.workers.append(worker.url)
        router.raw = raw
        assert once(router.url, key=key).fault is (Fault.BAD_BODY if raw else Fault.CLIENT_ERROR)
        assert worker.calls == []
