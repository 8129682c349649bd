"""Who answers: the variable before the decorator, before the function in the script, before the engine."""

import logging

import pytest
from fastapi import FastAPI
from support.customer_site import Client, Site

from seatrial.reference_server.standards import sagemaker
from seatrial.reference_server.standards.logging_config import logger

ENVIRONMENT, DECORATOR, SCRIPT = "environment", "decorator", "script"
ROUTES = ("ping", "invocation")
VARIABLE = {"ping": "CUSTOM_FASTAPI_PING_HANDLER", "invocation": "CUSTOM_FASTAPI_INVOCATION_HANDLER"}


def write(site: Site, sources: tuple[str, ...], route: str):
    parts = []
    if ENVIRONMENT in sources:
        site.write(f"async def handle():\n    return {ENVIRONMENT!r}", f"from_{route}.py")
        site.set(**{VARIABLE[route]: f"from_{route}.py:handle"})
    if DECORATOR in sources:
        parts.append(f"@sagemaker.custom_{route}_handler\nasync def {route}(): return {DECORATOR!r}")
    if SCRIPT in sources:
        parts.append(f"async def custom_sagemaker_{route}_handler(): return {SCRIPT!r}")
    return "\n".join(parts) + "\n"


def answer(client: Client, route: str):
    response = client.ping() if route == "ping" else client.invoke()
    return response.text.strip('"').partition(":")[0]


@pytest.mark.parametrize("route", ROUTES)
@pytest.mark.parametrize(
    ("sources", "winner"),
    [
        ((), "engine"),
        ((SCRIPT,), SCRIPT),
        ((DECORATOR,), DECORATOR),
        ((ENVIRONMENT,), ENVIRONMENT),
        ((DECORATOR, SCRIPT), DECORATOR),
        ((ENVIRONMENT, SCRIPT), ENVIRONMENT),
        ((ENVIRONMENT, DECORATOR), ENVIRONMENT),
        ((ENVIRONMENT, DECORATOR, SCRIPT), ENVIRONMENT),
    ],
)
def test_the_highest_source_answers_and_the_other_route_stays(
    site: Site, route: str, sources: tuple[str, ...], winner: str
):
    site.write(write(site, sources, route))
    client = site.boot()
    assert answer(client, route) == winner
    assert answer(client, next(other for other in ROUTES if other != route)) == "engine"


def test_each_route_is_decided_for_itself(site: Site):
    site.write(write(site, (ENVIRONMENT, DECORATOR), "ping") + write(site, (DECORATOR, SCRIPT), "invocation"))
    client = site.boot()
    assert (answer(client, "ping"), answer(client, "invocation")) == (ENVIRONMENT, DECORATOR)


def test_without_a_script_the_engine_answers(site: Site):
    assert answer(site.boot(), "ping") == "engine"


@pytest.mark.parametrize("name", ["ping", "invoke", "ping_handler", "invocation_handler"])
def test_only_the_two_long_names_are_found_and_others_are_told_so(
    site: Site, name: str, capsys: pytest.CaptureFixture[str]
):
    logger.setLevel(logging.INFO)
    site.write(f"async def {name}(): return 'short'")
    client = site.boot()
    assert (answer(client, "ping"), answer(client, "invocation")) == ("engine", "engine")
    assert f"{name} in the script answers nothing" in capsys.readouterr().out


def test_the_last_of_two_decorated_functions_answers(site: Site):
    site.write(
        "@sagemaker.custom_ping_handler\nasync def a(): return 'first'\n"
        "@sagemaker.custom_ping_handler\nasync def b(): return 'last'\n"
    )
    assert answer(site.boot(), "ping") == "last"


def test_a_decorator_with_parentheses_refuses_to_start(site: Site):
    site.write("@sagemaker.custom_ping_handler()\nasync def a(): return 1")
    with pytest.raises(TypeError):
        site.boot()


def test_a_script_cannot_replace_the_engine_as_the_engine_would(site: Site):
    site.write("@sagemaker.register_ping_handler\nasync def a(): return 'mine'")
    assert answer(site.boot(), "ping") == "engine"


def test_an_override_replaces_one_method_only(site: Site):
    site.write("async def custom_sagemaker_ping_handler(): return 'mine'")
    client = site.boot()
    assert client.request("POST", "/ping").text == "engine"
    assert client.request("PUT", "/ping").status_code == 405
    assert client.request("GET", "/invocations").status_code == 405


@pytest.mark.usefixtures("fresh")
def test_a_registered_handler_without_a_route_gets_one():
    @sagemaker.register_ping_handler
    async def ping() -> str:
        return "registered"

    @sagemaker.register_invocation_handler()
    async def invocations() -> str:
        return "registered"

    client = Client(sagemaker.bootstrap(FastAPI()))
    assert (answer(client, "ping"), answer(client, "invocation")) == ("registered", "registered")
