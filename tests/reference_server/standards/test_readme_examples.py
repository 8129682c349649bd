"""Every Python example of the public README runs, once the names that it leaves out are supplied.

The examples are in `readme_examples.md`, word for word; what was added to which of them is in this file.
"""

import re
import sys
import textwrap
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType, SimpleNamespace

import pytest
from fastapi import FastAPI
from support.customer_site import Client, Site

from seatrial.reference_server.standards import registry, sagemaker

README = (Path(__file__).parent / "readme_examples.md").read_text()
BLOCKS = dict(re.findall(r"^## (.+?)\n\n```\w+\n(.*?)^```$", README, re.MULTILINE | re.DOTALL))
ADAPTER = {"X-Amzn-SageMaker-Adapter-Identifier": "my-lora"}


@dataclass(frozen=True)
class Supplement:
    """What an example leaves out.

    Args:
        before: the names that it uses and does not define.
        after: what follows a list of decorators.
        instead: placeholders, and shell lines within Python, with what stands for them.
    """

    before: str = ""
    after: str = ""
    instead: tuple[tuple[str, str], ...] = ()


IMPORTS = (
    "import model_hosting_container_standards.sagemaker as sagemaker_standards\nfrom fastapi import Request, Response\n"
)
MIDDLEWARE = "from model_hosting_container_standards.common.fastapi.middleware import custom_middleware\n"
SUPPLEMENTS = {
    "Quick Start": Supplement(instead=(("# Install\npoetry install\n", ""),)),
    "Framework Decorators (for framework developers)": Supplement(
        before=IMPORTS, after="async def both(raw_request: Request): return Response('both')"
    ),
    "Customer Decorators (for model customization)": Supplement(
        before=IMPORTS,
        after="async def all_of_them(raw_request: Request): return Response('all')",
        instead=(("request_shape={...}, response_shape={...}", "request_shape={'lora_name': 'body.name'}"),),
    ),
    "vLLM Framework Integration": Supplement(
        before="""
        from http import HTTPStatus
        from fastapi import Depends
        from pydantic import BaseModel
        class ErrorResponse(BaseModel):
            message: str
        def validate_json_request(): ...
        """
    ),
    "Customer vLLM Customization": Supplement(before="async def custom_model_processing(body): return {'read': body}"),
    "Adding Middleware to vLLM Integration": Supplement(before="from fastapi import Request, Response"),
    "Middleware Decorators": Supplement(),
    "Middleware Priority": Supplement(before=MIDDLEWARE),
}


def example(heading: str) -> str:
    """Return an example with what it leaves out."""
    supplement = SUPPLEMENTS.get(heading, Supplement())
    text = BLOCKS[heading]
    for placeholder, value in supplement.instead:
        assert placeholder in text
        text = text.replace(placeholder, value)
    return "\n".join((textwrap.dedent(supplement.before), text, supplement.after))


def run(text: str) -> SimpleNamespace:
    """Run an example as the module of an engine and return what it defines."""
    names: dict[str, object] = {"__name__": "example"}
    exec(compile(text, "readme_examples.md", "exec"), names)  # noqa: S102 - it is what the README tells to run
    return SimpleNamespace(**names)


def script(site: Site, text: str) -> Client:
    """Run an example as the script of a customer and return a client of the engine."""
    (site.directory / "model.py").write_text(text)
    return site.boot()


@pytest.mark.usefixtures("site")
def test_quick_start():
    run(example("Quick Start"))
    client = Client(sagemaker.bootstrap(FastAPI()))
    assert client.ping().text == "Custom OK"
    assert client.invoke(b'{"prompt": "x"}', **ADAPTER).json()["adapter_id"] == "my-lora"


@pytest.mark.usefixtures("site")
def test_framework_integration():
    run(example("1. Framework Integration"))
    client = Client(sagemaker.bootstrap(FastAPI()))
    assert (client.ping().text, client.invoke(b"{}", **ADAPTER).json()) == ("OK", {"result": "processed with my-lora"})


def test_customer_script_customization(site: Site):
    client = script(site, example("2. Customer Script Customization"))
    assert (client.ping().text, client.invoke(b"{}").json()) == ("OK", {"result": "processed"})


def test_functions_of_a_customers_script_are_found_without_their_decorated_rivals(site: Site):
    _, functions = example("2. Customer Script Customization").split("# Or use simple functions")
    client = script(site, f"from fastapi import Request\n# {functions}")
    assert (client.ping().json(), client.invoke(b"{}").json()) == ({"status": "healthy"}, {"result": "processed"})


@pytest.mark.usefixtures("site")
def test_framework_decorators():
    run(example("Framework Decorators (for framework developers)"))
    client = Client(sagemaker.bootstrap(FastAPI()))
    assert client.invoke(b'{"model": "base"}', **ADAPTER).text == "both"


def test_customer_decorators(site: Site):
    client = script(site, example("Customer Decorators (for model customization)"))
    decorated = registry.handler_registry.list_decorator_handlers()
    assert sorted(decorated) == ["invoke", "ping"]
    assert client.request("GET", "/adapters/x").status_code == 405


@pytest.mark.usefixtures("site")
def test_vllm_framework_integration():
    client = Client(run(example("vLLM Framework Integration")).app)
    assert client.ping().json()["source"] == "vllm_default"
    assert client.request("POST", "/ping").json()["source"] == "vllm_default"
    assert client.invoke(b'{"model": "base"}', **ADAPTER).json()["adapter_id"] == "my-lora"


def test_customer_vllm_customization(site: Site):
    for name, defined in {
        "vllm": "",
        "vllm.entrypoints": "",
        "vllm.entrypoints.openai": "",
        "vllm.entrypoints.openai.protocol": "CompletionRequest",
        "vllm.entrypoints.openai.serving_completion": "OpenAIServingCompletion",
    }.items():
        module = ModuleType(name)
        module.__dict__[defined] = type
        site.monkeypatch.setitem(sys.modules, name, module)
    client = script(site, example("Customer vLLM Customization"))
    assert (client.ping().text, client.invoke(b'{"a": 1}').json()) == ("Customer ping OK", {"read": {"a": 1}})
    refused = client.invoke(b"{bad")
    assert (refused.status_code, refused.json()["detail"][:17]) == (400, "JSON decode error")


def test_adding_middleware_to_vllm_integration(site: Site):
    response = script(site, example("Adding Middleware to vLLM Integration")).ping()
    assert response.status_code == 201
    assert (response.headers["x-rate-limited"], response.headers["x-processed-by"]) == (
        "true",
        "model-hosting-standards",
    )


@pytest.mark.parametrize("alternative", ["functions", "class"])
def test_middleware_decorators(site: Site, alternative: str):
    """The example shows a throttle twice, as a function and as a class: each of them is one to choose."""
    text = example("Middleware Decorators")
    functions, marker, rest = text.partition("# Register middleware class\n")
    imports, comment, _ = functions.partition("# Register throttle middleware\n")
    assert marker
    assert comment
    client = script(
        site, functions + rest.partition("\n\n")[2] if alternative == "functions" else imports + marker + rest
    )
    assert client.ping().text == "engine"
    assert client.invoke(b"x").text == "engine:x"


def test_middleware_priority(site: Site):
    site.write("async def env_throttle_func(request, call_next): return Response('variable')", "env_throttle.py")
    site.set(CUSTOM_FASTAPI_MIDDLEWARE_THROTTLE="env_throttle.py:env_throttle_func")
    assert script(site, example("Middleware Priority")).ping().text == "variable"


@pytest.mark.usefixtures("site")
def test_environment_variables():
    names = run(example("Environment Variables"))
    assert names.FastAPIEnvVars.CUSTOM_PRE_PROCESS in names.FASTAPI_ENV_CONFIG
    assert names.SAGEMAKER_ENV_CONFIG[names.SageMakerEnvVars.CUSTOM_SCRIPT_FILENAME]["default"] == "model.py"


def test_every_example_is_run_here():
    source = Path(__file__).read_text()
    assert [heading for heading in BLOCKS if f'example("{heading}")' not in source] == []
