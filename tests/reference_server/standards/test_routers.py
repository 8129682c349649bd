"""Overrides are effective however an engine declared its own routes, on the FastAPI that is installed."""

from collections.abc import Callable

import pytest
from fastapi import APIRouter, Depends, FastAPI, HTTPException, Response
from fastapi.responses import PlainTextResponse
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.routing import Route
from support.customer_site import Site

HANDLERS = """
@sagemaker.custom_ping_handler
async def ping(): return "mine"

@sagemaker.custom_invocation_handler
async def invocations(request: Request): return "mine"
"""


async def answer():
    return "engine"


def plain(app: FastAPI | APIRouter):
    app.add_api_route("/ping", answer)
    app.add_api_route("/invocations", answer, methods=["POST"])


def included(app: FastAPI | APIRouter):
    router = APIRouter()
    plain(router)
    app.include_router(router)


def nested(app: FastAPI | APIRouter):
    inner, outer = APIRouter(), APIRouter()
    plain(inner)
    outer.include_router(inner)
    app.include_router(outer)


def several_methods(app: FastAPI | APIRouter):
    for path in ("/ping", "/invocations"):
        app.add_api_route(path, answer, methods=["GET", "POST"])


def starlette_routes(app: FastAPI | APIRouter):
    async def respond(_: Request) -> Response:
        return PlainTextResponse("engine")

    for path in ("/ping", "/invocations"):
        app.add_route(path, respond, methods=["GET", "POST"])


def mounted(app: FastAPI | APIRouter):
    async def respond(_: Request) -> Response:
        return PlainTextResponse("engine")

    app.mount("/", Starlette(routes=[Route("/{path:path}", respond, methods=["GET", "POST"])]))


def caught_all(app: FastAPI | APIRouter):
    app.add_api_route("/{path:path}", answer, methods=["GET", "POST"])


@pytest.mark.parametrize(
    "declare",
    [plain, included, nested, several_methods, starlette_routes, mounted, caught_all],
    ids=lambda f: f.__name__,
)
def test_an_override_answers_instead_of_the_engines_route(site: Site, declare: Callable[[FastAPI], None]):
    site.write(HANDLERS)
    app = FastAPI()
    declare(app)
    client = site.boot(app)
    assert (client.ping().text, client.invoke().text) == ('"mine"', '"mine"')
    assert client.request("POST", "/ping").text.strip('"') in {"engine", '{"detail":"Method Not Allowed"}'}


def test_dependencies_of_the_replaced_route_are_gone_and_those_of_the_application_stay(site: Site):
    def refuse() -> None:
        raise HTTPException(415)

    def mark(response: Response) -> None:
        response.headers["x-app"] = "1"

    app = FastAPI(dependencies=[Depends(mark)])
    app.add_api_route("/invocations", answer, methods=["POST"], dependencies=[Depends(refuse)])
    assert site.boot(app).invoke().status_code == 415
    site.write(HANDLERS)
    app = FastAPI(dependencies=[Depends(mark)])
    app.add_api_route("/invocations", answer, methods=["POST"], dependencies=[Depends(refuse)])
    response = site.boot(app).invoke()
    assert (response.text, response.headers["x-app"]) == ('"mine"', "1")


def test_the_description_of_the_api_can_still_be_made(site: Site):
    site.write(HANDLERS)
    app = FastAPI()
    included(app)
    document = site.boot(app).request("GET", "/openapi.json").json()
    assert {"/ping", "/invocations"} <= set(document["paths"])


def test_a_handler_that_is_registered_too_late_is_not_mounted(site: Site):
    app = FastAPI()
    included(app)
    client = site.boot(app)
    exec(site.write(HANDLERS, "late.py").read_text(), {})  # noqa: S102 - a script that is run after the start
    assert client.ping().text == '"engine"'


def test_what_is_registered_under_a_kind_with_a_route_is_mounted(site: Site):
    site.write(
        """
        from model_hosting_container_standards.common.handler import handler_registry
        async def load(request: Request): return "loaded"
        handler_registry.set_handler("register_adapter", load)
        """
    )
    client = site.boot()
    assert client.request("POST", "/adapters", json={}).json() == "loaded"
    assert client.request("GET", "/adapters").status_code == 405
