"""Which middleware runs, in which order, and what it may change."""

import logging

import httpx
import pytest
from fastapi import FastAPI
from support.customer_site import Site, engine

from seatrial.reference_server.protocols.asgi import App, Message, Receive, Scope, Send
from seatrial.reference_server.standards.logging_config import logger

TRACED = """
def traced(name):
    async def middleware(request, call_next):
        request.scope.setdefault("state", {}).setdefault("trace", []).append(name)
        response = await call_next(request)
        response.headers.append("x-trace", name)
        if name == "T":
            response.headers["x-way-in"] = ",".join(request.state.trace)
        return response
    return middleware
"""
THROTTLE = "CUSTOM_FASTAPI_MIDDLEWARE_THROTTLE"
PRE_POST = "CUSTOM_FASTAPI_MIDDLEWARE_PRE_POST_PROCESS"
FAILED = {"error": "Internal server error in combined_pre_post_process middleware"}


class Layer:
    """A layer of the engine that leaves its name."""

    def __init__(self, app: App, name: str) -> None:
        self.app = app
        self.name = name

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], (b"x-trace", self.name.encode())]
            await send(message)

        scope.setdefault("state", {}).setdefault("trace", []).append(self.name)
        await self.app(scope, receive, sending)


def layered() -> FastAPI:
    app = engine()
    app.add_middleware(Layer, name="e1")
    app.add_middleware(Layer, name="e2")
    return app


def named(site: Site, *names: str):
    """Decorate or write functions that leave their names: T and PP decorated, lower case by variable."""
    text = TRACED
    text += "custom_middleware('throttle')(traced('T'))\n" if "T" in names else ""
    text += "custom_middleware('pre_post_process')(traced('PP'))\n" if "PP" in names else ""
    text += "t, pp = traced('t'), traced('pp')\n"
    for name in ("pre", "in"):
        text += f"async def {name}_(request): request.state.trace.append('{name}')\n"
    for name in ("post", "out"):
        text += f"async def {name}_(response): response.headers.append('x-trace', '{name}')\n"
    text += "input_formatter(in_)\n" if "in" in names else ""
    text += "output_formatter(out_)\n" if "out" in names else ""
    site.write(text)
    variables = {"t": THROTTLE, "pp": PRE_POST, "pre": "CUSTOM_PRE_PROCESS", "post": "CUSTOM_POST_PROCESS"}
    functions = {"t": "t", "pp": "pp", "pre": "pre_", "post": "post_"}
    site.set(**{variables[name]: f"model.py:{functions[name]}" for name in variables if name in names})


def way_out(response: httpx.Response):
    return ",".join(response.headers.get_list("x-trace"))


@pytest.mark.parametrize("path", ["/ping", "/no-such-path", "/openapi.json"])
def test_throttle_is_outside_the_engine_and_processing_inside_on_every_path(site: Site, path: str):
    named(site, "T", "PP")
    response = site.boot(layered()).request("GET", path)
    assert response.headers["x-way-in"] == "T,e2,e1,PP"
    assert way_out(response) == "PP,e1,e2,T"


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (("T", "t"), "t"),
        (("T", "t", "PP"), "PP,t"),
        (("PP", "pp"), "pp"),
        (("pp", "pre", "post"), "pp"),
        (("T", "pre", "post"), "post,T"),
        (("T", "post"), "post,T"),
        (("T", "PP", "pre"), "T"),
        (("T", "pre", "out"), "T"),
        (("PP", "in", "out"), "PP"),
        (("T", "in", "out"), "out,T"),
        (("T", "out"), "out,T"),
        ((), ""),
    ],
)
def test_variables_before_decorators_and_whole_before_halves_in_each_place(
    site: Site, names: tuple[str, ...], expected: str
):
    named(site, *names)
    assert way_out(site.boot().ping()) == expected


def test_both_halves_run_in_one_place(site: Site):
    named(site, "T", "in", "out")
    response = site.boot(layered()).ping()
    assert (response.headers["x-way-in"], way_out(response)) == ("T,e2,e1,in", "out,e1,e2,T")


def test_a_throttle_may_answer_alone(site: Site):
    named(site, "PP")
    site.write(
        "async def refuse(request, call_next): return Response(status_code=429, headers={'Retry-After': '1'})", "t.py"
    )
    site.set(**{THROTTLE: "t.py:refuse"})
    response = site.boot(layered()).ping()
    assert (response.status_code, response.headers["retry-after"], way_out(response)) == (429, "1", "")


@pytest.mark.parametrize("place", ["variable", "decorator"])
def test_an_asgi_class_is_a_layer(site: Site, place: str):
    text = """
    class Layer:
        def __init__(self, app): self.app = app
        async def __call__(self, scope, receive, send):
            async def sending(message):
                if message["type"] == "http.response.start":
                    message["headers"] = [*message["headers"], (b"x-class", b"1")]
                await send(message)
            await self.app(scope, receive, sending)
    """
    site.write(text + ("\n    custom_middleware('throttle')(Layer)" if place == "decorator" else ""))
    if place == "variable":
        site.set(**{THROTTLE: "model.py:Layer"})
    assert site.boot().ping().headers["x-class"] == "1"


def test_a_static_method_is_a_function(site: Site):
    site.write("class K:\n    @staticmethod\n    async def f(request, call_next): return Response('static')")
    site.set(**{THROTTLE: "model.py:K.f"})
    assert site.boot().ping().text == "static"


def test_a_decorator_in_a_file_that_nothing_names_does_nothing(site: Site):
    site.write(
        "@custom_middleware('throttle')\nasync def f(request, call_next): return Response('other')", "other_file.py"
    )
    assert site.boot().ping().text == "engine"


@pytest.mark.parametrize("read", ["", "await request.body(); ", "[p async for p in request.stream()]; "])
def test_the_body_of_a_request_can_be_replaced(site: Site, read: str):
    site.write(f"@input_formatter\nasync def pre(request): {read}request._body = b'new'")
    response = site.boot().invoke(b"longer than that", **{"Content-Type": "application/x-www-form-urlencoded"})
    assert response.text == "engine:new"


@pytest.mark.parametrize("read", ["await request.body()", "[p async for p in request.stream()]"])
def test_a_body_that_was_read_still_arrives(site: Site, read: str):
    site.write(f"@input_formatter\nasync def pre(request): {read}")
    assert site.boot().invoke(b"a=1", **{"Content-Type": "application/x-www-form-urlencoded"}).text == "engine:a=1"


def test_another_request_that_is_returned_is_not_looked_at(site: Site):
    site.write("@input_formatter\nasync def pre(request): return Request({**request.scope, 'path': '/elsewhere'})")
    assert site.boot().invoke(b"x").text == "engine:x"


def test_a_response_that_pre_processing_returns_is_no_answer(site: Site):
    site.write("@input_formatter\nasync def pre(request): return Response('no')")
    assert site.boot().ping().text == "engine"


@pytest.mark.parametrize("half", ["input_formatter", "output_formatter"])
def test_an_http_exception_of_a_formatter_keeps_its_status(site: Site, half: str):
    site.write(f"@{half}\nasync def f(_): raise HTTPException(400, 'bad in', headers={{'X-Mine': '1'}})")
    response = site.boot().invoke()
    assert (response.status_code, response.json(), response.headers["x-mine"]) == (400, {"detail": "bad in"}, "1")


@pytest.mark.parametrize("half", ["input_formatter", "output_formatter"])
def test_any_other_exception_of_a_formatter_is_500_with_its_message(site: Site, half: str):
    site.write(f"@{half}\nasync def f(_): raise ValueError('why')")
    response = site.boot(layered()).invoke()
    assert (response.status_code, response.json()) == (500, {**FAILED, "message": "why"})
    assert way_out(response) == "e1,e2"


def test_an_exception_of_the_handler_is_500_with_its_message_too(site: Site):
    site.write(
        """
        @input_formatter
        async def pre(request): ...
        async def custom_sagemaker_ping_handler(): raise ValueError("why")
        """
    )
    response = site.boot().ping()
    assert (response.status_code, response.json()) == (500, {**FAILED, "message": "why"})


def test_an_http_exception_of_the_handler_passes_and_post_processing_runs(site: Site):
    site.write(
        """
        @output_formatter
        async def post(response): response.headers["x-post"] = "1"
        async def custom_sagemaker_ping_handler(): raise HTTPException(409)
        """
    )
    response = site.boot().ping()
    assert (response.status_code, response.headers["x-post"]) == (409, "1")


@pytest.mark.parametrize("place", ["throttle", "pre_post_process"])
@pytest.mark.parametrize("error", ["HTTPException(429)", "ValueError('secret')"])
def test_what_a_whole_middleware_raises_is_a_plain_500(site: Site, place: str, error: str):
    site.write(f"@custom_middleware({place!r})\nasync def f(request, call_next): raise {error}")
    response = site.boot().ping()
    assert (response.status_code, response.text) == (500, "Internal Server Error")


def test_functions_must_be_asynchronous_and_a_line_says_so(site: Site, capsys: pytest.CaptureFixture[str]):
    logger.setLevel(logging.WARNING)
    site.write("@input_formatter\ndef pre(request): return request")
    response = site.boot().ping()
    assert "pre is not `async def`" in capsys.readouterr().out
    assert (response.status_code, response.json()["error"]) == (500, FAILED["error"])


@pytest.mark.parametrize("result", ["None", "response"])
def test_post_processing_edits_headers_status_and_body(site: Site, result: str):
    site.write(
        f"""
        @output_formatter
        async def post(response):
            response.headers["x-post"] = "1"
            response.status_code = 202
            response.body = response.body + b" and more"
            return {result}
        """
    )
    response = site.boot().ping()
    assert (response.status_code, response.headers["x-post"], response.text) == (202, "1", "engine and more")
    assert response.headers["content-length"] == str(len("engine and more"))


def test_a_new_response_replaces_the_old_one(site: Site):
    site.write("@output_formatter\nasync def post(response): return Response('new', 203, {'x-new': '1'})")
    response = site.boot(layered()).ping()
    assert (response.status_code, response.text, response.headers["x-new"]) == (203, "new", "1")


def test_the_pieces_of_a_body_can_be_replaced(site: Site):
    site.write(
        """
        @output_formatter
        async def post(response):
            async def shouting(pieces):
                async for piece in pieces:
                    yield piece.upper() + b"!"
            response.body_iterator = shouting(response.body_iterator)
        """
    )
    response = site.boot().ping()
    assert (response.text, "content-length" in response.headers) == ("ENGINE!", False)


def test_a_body_that_was_read_piece_by_piece_is_sent_all_the_same(site: Site):
    site.write("@output_formatter\nasync def post(response): [p async for p in response.body_iterator]")
    assert site.boot().ping().text == "engine"


def test_an_empty_answer_passes(site: Site):
    site.write(
        """
        @output_formatter
        async def post(response): response.headers["x-seen"] = str(len(response.body))
        async def custom_sagemaker_ping_handler(): return Response(status_code=204)
        """
    )
    response = site.boot().ping()
    assert (response.status_code, response.headers["x-seen"], response.content) == (204, "0", b"")


def test_a_second_bootstrap_of_one_application_adds_nothing(site: Site):
    named(site, "T", "PP")
    app = engine()
    site.boot(app)
    assert way_out(site.boot(app).ping()) == "PP,T"
