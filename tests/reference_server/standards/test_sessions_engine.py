"""Sessions that an engine manages itself, around a FastAPI handler and around a server of plain ASGI."""

import json
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from fastapi import HTTPException, Request, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel
from support.state_site import CLOSED, NEW, Way, ask, by_decorators, by_layers, close, create, detail

from seatrial.reference_server.standards.sessions import manager
from seatrial.reference_server.standards.sessions.decorators import (
    register_close_session_handler,
    register_create_session_handler,
)

pytestmark = pytest.mark.usefixtures("fresh")
both_ways = pytest.mark.parametrize("way", [by_decorators, by_layers])
NEW_SESSION = {"requestType": "NEW_SESSION"}
DEFAULTS = "SAGEMAKER_TRANSFORMS_CREATE_SESSION_DEFAULTS"


class Create(BaseModel):
    capacity: int = 1
    meta: dict[str, Any] | None = None


class Close(BaseModel):
    session_id: str


@pytest.fixture(autouse=True)
def turned_off(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whether built-in sessions are on makes no difference to an engine's own."""
    monkeypatch.delenv("SAGEMAKER_ENABLE_STATEFUL_SESSIONS", raising=False)
    manager.start()


def opened(answer: Callable[[], Any], path: str = "body", way: Way = by_decorators) -> httpx.Response:
    """Return the answer to a request for a session whose engine answers so."""

    @register_create_session_handler(path)
    async def handler(obj: Create, request: Request) -> Any:
        del obj, request
        return answer()

    return ask(way(), NEW_SESSION)


@both_ways
@pytest.mark.parametrize(
    ("path", "answer"),
    [
        ("body", "s1"),
        ("body.session_id", {"session_id": "s1"}),
        ("body.data.id", {"data": {"id": "s1"}}),
        ("body.session_id", JSONResponse({"session_id": "s1"})),
        ("body", JSONResponse("s1")),
        ("body", Response("s1")),
        ('headers."X-Session-Id"', Response(headers={"X-Session-Id": "s1"})),
        ("headers.X-Session-Id", Response(headers={"x-session-id": "s1"})),
    ],
)
def test_the_id_is_found_wherever_the_engine_says_it(way: Way, path: str, answer: Any):
    response = opened(lambda: answer, path, way)
    assert (response.status_code, response.text) == (200, "Successfully created session: s1")
    assert response.headers[NEW] == "s1"


@pytest.mark.parametrize("answer", [None, "", {"session_id": "s1"}, ["s1"], True, "s\n1"])
def test_an_answer_without_an_id_is_a_failure(answer: Any):
    response = opened(lambda: answer)
    assert (response.status_code, detail(response)) == (500, "Session ID not found in response")


@both_ways
@pytest.mark.parametrize("status", [201, 202, 404, 409, 503])
def test_an_answer_of_another_status_than_200_passes_as_it_is(way: Way, status: int):
    response = opened(lambda: JSONResponse({"e": 1}, status), "body.e", way)
    assert (response.status_code, response.json()) == (status, {"e": 1})
    assert NEW not in response.headers


@both_ways
def test_what_the_engine_refuses_is_refused(way: Way):
    response = opened(lambda: (_ for _ in ()).throw(HTTPException(503, "busy")), way=way)
    assert (response.status_code, detail(response)) == (503, "busy")


@both_ways
def test_what_the_engine_fails_at_is_a_failure(way: Way):
    response = opened(lambda: 1 // 0, way=way)
    assert (response.status_code, detail(response)) == (500, "Unexpected error during transformation")


@both_ways
def test_a_session_is_closed_by_the_engine_under_the_id_of_the_header(way: Way):
    seen: list[str] = []

    @register_close_session_handler("body.session_id", Close)
    async def handler(obj: Close, request: Request) -> dict[str, str]:
        seen.append(obj.session_id)
        if obj.session_id == "gone":
            raise HTTPException(404, "gone")
        return await request.json()

    client = way()
    response = close(client, "s1")
    assert (response.status_code, response.text) == (200, "Successfully closed session: s1")
    assert response.headers[CLOSED] == "s1"
    assert (close(client, "gone").status_code, seen) == (404, ["s1", "gone"])
    for name in (None, ""):
        refused = close(client, name)
        assert (refused.status_code, detail(refused)) == (
            400,
            "Session ID is required in request headers to close a session",
        )


@both_ways
def test_ids_are_the_engines_own_affair(way: Way):
    register_create_session_handler("body")(lambda: "s1")
    client = way(id_path="session")
    assert ask(client, {"x": 1}, "whatever").json() == {"x": 1, "session": "whatever"}


@both_ways
def test_values_of_variables_reach_the_engine_and_those_of_callers_do_not(way: Way, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv(DEFAULTS, json.dumps({"body.capacity": 7, "body.meta.size": 3}))
    seen: list[Any] = []

    @register_create_session_handler("body", Create)
    async def handler(obj: Create, request: Request) -> str:
        seen.extend([obj, await request.json()])
        return "s1"

    client = way()
    assert create(client) == "s1"
    assert seen == [Create(capacity=7, meta={"size": 3}), {"capacity": 7, "meta": {"size": 3}}]
    assert ask(client, {**NEW_SESSION, "capacity": 9}).status_code == 400


def test_values_that_do_not_suit_the_engine_are_a_failed_dependency(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv(DEFAULTS, '{"body.capacity": "many"}')
    response = opened(lambda: "s1")
    assert response.status_code == 424
    assert json.loads(detail(response))[0]["loc"] == ["capacity"]


def test_a_handler_may_take_the_request_alone_and_be_no_coroutine():
    @register_create_session_handler("body.id")
    def handler(request: Request) -> dict[str, str]:
        return {"id": request.method}

    assert create(by_decorators()) == "POST"


def test_without_a_handler_for_closing_the_built_in_sessions_answer():
    register_create_session_handler("body")(lambda: "s1")
    response = close(by_decorators(), "s1")
    assert (response.status_code, detail(response)) == (400, "Invalid payload. stateful sessions not enabled")


@pytest.mark.parametrize("path", ["", None, 5, "body..x", "body.["])
def test_a_path_that_is_none_is_refused_at_once(path: Any):
    with pytest.raises(ValueError, match=r"expected|JMESPath"):
        register_create_session_handler(path)


@pytest.mark.parametrize("path", ["", None, 5, "body..x"])
def test_a_path_for_the_id_that_is_none_is_refused_at_once(path: Any):
    with pytest.raises(ValueError, match="engine_request_session_id_path"):
        register_close_session_handler(path)


def test_a_script_of_a_customer_brings_its_own_sessions(site: Any):
    site.write("""
        @sagemaker.register_create_session_handler(engine_response_session_id_path="body.session_id")
        async def create(request: Request):
            return {"session_id": "mine"}

        @sagemaker.custom_invocation_handler
        @sagemaker.stateful_session_manager()
        async def invoke(request: Request):
            return {"got": await request.json()}
    """)
    client = site.boot()
    assert create(client) == "mine"
    assert ask(client, {"x": 1}).json() == {"got": {"x": 1}}
