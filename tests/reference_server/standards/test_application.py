"""An engine that is a plain ASGI application, with customer code around it, and without any."""

import subprocess
import sys
from pathlib import Path

import pytest
from support.customer_site import Client, Site

from seatrial.reference_server.protocols.asgi import App, Message, Receive, Scope, Send
from seatrial.reference_server.standards.application import CustomerCodeError, Layer, wrap


async def native(scope: Scope, receive: Receive, send: Send):
    del receive
    text = f"engine {scope['method']} {scope['path']}".encode()
    headers = [(b"content-length", str(len(text)).encode())]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": text})


def layer(name: str) -> Layer:
    def around(app: App) -> App:
        async def call(scope: Scope, receive: Receive, send: Send) -> None:
            async def sending(message: Message) -> None:
                if message["type"] == "http.response.start":
                    message["headers"] = [*message["headers"], (b"x-trace", name.encode())]
                await send(message)

            await app(scope, receive, sending)

        return call

    return around


@pytest.mark.usefixtures("site")
def test_an_engine_without_customer_code_is_not_touched():
    assert wrap(native, layers=[layer("e1")]) is native


def test_no_framework_is_imported_without_customer_code(tmp_path: Path):
    program = (
        "import sys; from seatrial.reference_server.standards.application import wrap;"
        "print(wrap(print, environ={'SAGEMAKER_MODEL_PATH': sys.argv[1]}) is print, 'fastapi' in sys.modules)"
    )
    ended = subprocess.run([sys.executable, "-c", program, tmp_path], capture_output=True, text=True, check=True)
    assert ended.stdout == "True False\n"


def test_overridden_routes_are_the_customers_and_all_others_the_engines(site: Site):
    site.write(
        """
        async def custom_sagemaker_ping_handler(): return {"mine": True}
        async def custom_sagemaker_invocation_handler(request): return len(await request.body())
        """
    )
    client = Client(wrap(native))
    assert (client.ping().json(), client.invoke(b"123").json()) == ({"mine": True}, 3)
    for method, path in (("POST", "/ping"), ("GET", "/invocations"), ("GET", "/"), ("PUT", "/a/b/")):
        assert client.request(method, path).text == f"engine {method} {path}"
    assert client.request("HEAD", "/ping").status_code == 200


def test_methods_that_only_a_customers_route_could_take_are_refused_and_not_the_engines(site: Site):
    site.write(
        """
        sagemaker.register_load_adapter_handler(request_shape={"name": "body.name"})(lambda data, request: None)
        async def custom_sagemaker_ping_handler(): return "mine"
        """
    )
    client = Client(wrap(native, serves=lambda path: path in {"/ping", "/invocations"}))
    assert client.request("PUT", "/adapters").status_code == 405
    for method, path in (("POST", "/ping"), ("PUT", "/elsewhere")):
        assert client.request(method, path).text == f"engine {method} {path}"


def test_layers_of_the_engine_are_between_throttle_and_processing(site: Site):
    site.write(
        """
        def leaving(name):
            async def middleware(request, call_next):
                response = await call_next(request)
                response.headers.append("x-trace", name)
                return response
            return middleware
        custom_middleware("throttle")(leaving("T"))
        custom_middleware("pre_post_process")(leaving("PP"))
        """
    )
    response = Client(wrap(native, layers=[layer("e2"), layer("e1")])).ping()
    assert (response.text, response.headers.get_list("x-trace")) == ("engine GET /ping", ["PP", "e1", "e2", "T"])


def test_variables_may_be_given(site: Site, tmp_path: Path):
    site.write("async def custom_sagemaker_ping_handler(): return 'given'")
    environ = {"SAGEMAKER_MODEL_PATH": str(site.directory)}
    site.set(SAGEMAKER_MODEL_PATH=str(tmp_path / "elsewhere"))
    assert wrap(native) is native
    assert Client(wrap(native, environ=environ)).ping().json() == "given"


@pytest.mark.parametrize(
    ("text", "variable", "message"),
    [
        ("raise KeyError('x')", "", "KeyError: 'x'"),
        ("raise ValueError('two\\nlines')", "", "ValueError: two lines"),
        ("raise SystemExit(3)", "", "ended the process with 3"),
        ("", "CUSTOM_FASTAPI_PING_HANDLER=gone.py:f", "the file 'gone.py' does not exist"),
        ("", "CUSTOM_FASTAPI_MIDDLEWARE_THROTTLE=gone.py:f", "CUSTOM_FASTAPI_MIDDLEWARE_THROTTLE is 'gone.py:f'"),
        ("custom_sagemaker_ping_handler = 5", "", "of type int, expected a function"),
    ],
)
def test_code_that_cannot_be_used_is_one_error_with_one_sentence(site: Site, text: str, variable: str, message: str):
    site.write(text)
    name, _, value = variable.partition("=")
    site.set(**({name: value} if name else {}))
    with pytest.raises(CustomerCodeError, match=message) as caught:
        wrap(native)
    assert "\n" not in str(caught.value)


def test_an_error_of_a_throttle_is_a_plain_500_and_the_engine_goes_on(site: Site):
    site.write(
        """
        @custom_middleware("throttle")
        async def throttle(request, call_next):
            if "fail" in request.url.path:
                raise ValueError("secret")
            return await call_next(request)
        """
    )
    client = Client(wrap(native))
    response = client.request("GET", "/fail")
    assert (response.status_code, response.text) == (500, "Internal Server Error")
    assert client.ping().status_code == 200
