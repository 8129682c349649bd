"""Adapters over HTTP: handlers that a customer or an engine registered, and an engine of plain ASGI."""

import json
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from fastapi import FastAPI, HTTPException, Request, Response
from support.customer_site import Client, Site
from support.state_site import ALIAS, Shelf, detail

from seatrial.reference_server.standards.adapters.decorators import (
    loaded_here,
    register_load_adapter_handler,
    register_unload_adapter_handler,
)
from seatrial.reference_server.standards.bootstrap import bootstrap

pytestmark = pytest.mark.usefixtures("fresh", "nothing_loaded")


@pytest.fixture
def nothing_loaded() -> Iterator[None]:
    loaded_here.clear()
    yield
    loaded_here.clear()


def by_handlers() -> Client:
    """Return a FastAPI engine with handlers that wrap a `Shelf`, as vLLM's wrap its own."""
    shelf: dict[str, str] = {}

    @register_load_adapter_handler(request_shape={"lora_name": "body.name", "lora_path": "body.src"})
    async def load(data: SimpleNamespace, request: Request) -> Response:
        del request
        if data.lora_path.startswith("/missing"):
            raise HTTPException(404, f"{data.lora_path} does not exist")
        shelf[data.lora_name] = data.lora_path
        return Response("what the engine says", headers={"x-engine": "1"})

    @register_unload_adapter_handler(request_shape={"lora_name": "path_params.adapter_name"})
    async def unload(data: SimpleNamespace, request: Request) -> Response:
        del request
        if shelf.pop(data.lora_name, None) is None:
            return Response(json.dumps({"detail": f"{data.lora_name} is not loaded"}), 404)
        return Response("what the engine says")

    return Client(bootstrap(FastAPI()))


def by_layer() -> Client:
    """Return a server of plain ASGI with the routes of adapters."""
    return Shelf().client()


both_ways = pytest.mark.parametrize("way", [by_handlers, by_layer])
Way = Callable[[], Client]


def load(client: Client, name: str = "a", src: str = "p", **headers: str) -> Any:
    return client.request("POST", "/adapters", json={"name": name, "src": src}, headers=headers)


@both_ways
def test_an_adapter_is_loaded_listed_and_unloaded(way: Way):
    client = way()
    response = load(client)
    assert (response.status_code, response.text) == (200, "Adapter a registered")
    assert response.headers["content-type"].startswith("text/plain")
    assert "x-engine" not in response.headers
    assert client.request("GET", "/adapters").json() == {"adapters": [{"name": "a", "src": "p"}]}
    response = client.request("DELETE", "/adapters/a")
    assert (response.status_code, response.text) == (200, "Adapter a unregistered")
    assert client.request("GET", "/adapters").json() == {"adapters": []}
    again = client.request("DELETE", "/adapters/a")
    assert (again.status_code, detail(again)) == (404, "a is not loaded")


@both_ways
def test_an_alias_stands_for_the_name_in_the_answer(way: Way):
    client = way()
    assert load(client, **{ALIAS: "al", "X-Amzn-SageMaker-Adapter-Identifier": "id"}).text == "Adapter al registered"
    assert client.request("DELETE", "/adapters/a", headers={ALIAS: "al"}).text == "Adapter al unregistered"


@both_ways
def test_what_the_engine_refuses_is_refused(way: Way):
    client = way()
    response = load(client, src="/missing/x")
    assert (response.status_code, detail(response)) == (404, "/missing/x does not exist")
    assert client.request("GET", "/adapters").json() == {"adapters": []}


@both_ways
@pytest.mark.parametrize(
    ("body", "where"),
    [
        ({}, ["name"]),
        ({"name": "a"}, ["src"]),
        ({"name": "", "src": "p"}, ["name"]),
        ({"name": "a", "src": ""}, ["src"]),
        ({"name": 1, "src": "p"}, ["name"]),
        ({"name": "a", "src": "p", "preload": "maybe"}, ["preload"]),
        ({"name": "a", "src": "p", "pin": None}, ["pin"]),
        ([1], []),
        (None, []),
    ],
)
def test_a_request_that_is_none_is_refused_with_its_errors(way: Way, body: Any, where: list[str]):
    response = way().request("POST", "/adapters", content=json.dumps(body))
    assert response.status_code == 400
    first = json.loads(detail(response))[0]
    assert first["loc"] == where
    assert {"type", "msg", "input"} <= first.keys()


@both_ways
@pytest.mark.parametrize("body", [b"", b"{bad", b"\xff"])
def test_without_json_the_query_counts(way: Way, body: bytes):
    client = way()
    response = client.request("POST", "/adapters", content=body, params={"name": "q q", "src": "p", "preload": "no"})
    assert (response.status_code, response.text) == (200, "Adapter q q registered")


@both_ways
def test_with_json_the_query_does_not_count(way: Way):
    response = way().request("POST", "/adapters", json={}, params={"name": "q", "src": "p"})
    assert response.status_code == 400


@both_ways
def test_a_form_is_not_read(way: Way):
    assert way().request("POST", "/adapters", data={"name": "q", "src": "p"}).status_code == 400


@both_ways
@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("PUT", "/adapters", 405),
        ("DELETE", "/adapters", 405),
        ("GET", "/adapters/a", 405),
        ("POST", "/adapters/a", 405),
        ("DELETE", "/adapters/", 307),
    ],
)
def test_other_methods_are_not_allowed(way: Way, method: str, path: str, status: int):
    assert way().request(method, path).status_code == status


@both_ways
@pytest.mark.parametrize("path", ["/adapters/a/b", "/adapters/a%2Fb"])
def test_a_name_has_no_slash(way: Way, path: str):
    client = way()
    load(client)
    client.request("DELETE", path)
    assert client.request("GET", "/adapters").json()["adapters"] == [{"name": "a", "src": "p"}]


def test_without_handlers_there_are_no_routes():
    client = Client(bootstrap(FastAPI()))
    assert [client.request(*call).status_code for call in (("POST", "/adapters"), ("GET", "/adapters"))] == [404, 404]
    assert client.request("DELETE", "/adapters/a").status_code == 404


def test_a_shape_maps_every_part_of_a_request():
    seen: list[SimpleNamespace] = []
    shape = {
        "who": {"name": "body.name", "deep": {"preload": "body.preload"}},
        "header": 'headers."X-Foo"',
        "bare": "headers.X-Foo",
        "query": "query_params.q",
        "unknown": "body.unknown",
        "joined": "join('-', [body.name, body.src])",
    }

    @register_load_adapter_handler(request_shape=shape, response_shape={"has": "no.use"})
    async def handler(data: SimpleNamespace, request: Request) -> None:
        del request
        seen.append(data)

    client = Client(bootstrap(FastAPI()))
    body = {"name": "a", "src": "p", "unknown": "dropped"}
    response = client.request("POST", "/adapters", params={"q": "1"}, json=body, headers={"x-foo": "bar"})
    assert response.status_code == 200
    expected = {"header": "bar", "bare": "bar", "query": "1", "unknown": None, "joined": "a-p"}
    assert vars(seen[0]) == {"who": {"name": "a", "deep": {"preload": True}}, **expected}


@pytest.mark.parametrize("answer", [{"status": "ok"}, None, "text"])
def test_a_handler_may_take_the_request_alone_and_answer_anything(answer: Any):
    @register_load_adapter_handler(request_shape={})
    def handler(request: Request) -> Any:
        del request
        return answer

    assert load(Client(bootstrap(FastAPI()))).text == "Adapter a registered"


def test_an_answer_of_another_status_than_200_passes_as_it_is():
    @register_load_adapter_handler(request_shape={})
    def handler(request: Request) -> Response:
        del request
        return Response("made", 201)

    response = load(Client(bootstrap(FastAPI())))
    assert (response.status_code, response.text) == (201, "made")


@pytest.mark.parametrize("shape", [{"a": "body..x"}, [1], "x", {"a": {"b": "["}}])
def test_a_shape_that_is_none_is_refused_at_once(shape: Any):
    with pytest.raises(ValueError, match=r"JMESPath|shape"):
        register_load_adapter_handler(request_shape=shape)


def test_a_script_of_a_customer_brings_its_own_adapters(site: Site):
    site.write("""
        @sagemaker.register_load_adapter_handler(request_shape={"name": "body.name"})
        async def load(data, request: Request):
            return Response(status_code=200)
    """)
    assert load(site.boot()).text == "Adapter a registered"
