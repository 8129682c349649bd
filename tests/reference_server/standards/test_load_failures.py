"""Code that cannot be used ends the start with its reason; nothing else is served in its place."""

from pathlib import Path

import pytest
from support.customer_site import Site

from seatrial.reference_server.standards.exceptions import (
    FormatterRegistrationError,
    HandlerFileNotFoundError,
    HandlerNotCallableError,
    HandlerNotFoundError,
    MiddlewareConfigurationError,
    MiddlewareRegistrationError,
    ModuleLoadError,
)

GOOD = "async def custom_sagemaker_ping_handler(): return 'good'\nNUMBER = 5\n"
THROTTLE = "CUSTOM_FASTAPI_MIDDLEWARE_THROTTLE"


@pytest.mark.parametrize("variable", ["CUSTOM_FASTAPI_PING_HANDLER", "CUSTOM_FASTAPI_INVOCATION_HANDLER"])
@pytest.mark.parametrize(
    ("spec", "error"),
    [
        ("missing.py:f", HandlerFileNotFoundError),
        ("/missing.py:f", HandlerFileNotFoundError),
        ("model.py:missing", HandlerNotFoundError),
        ("model.py:Missing.f", HandlerNotFoundError),
        ("no_such_module_here:f", ModuleLoadError),
        ("model.py:NUMBER", HandlerNotCallableError),
    ],
)
def test_a_handler_that_cannot_be_found_refuses_to_start(site: Site, variable: str, spec: str, error: type[Exception]):
    site.write(GOOD)
    site.set(**{variable: spec})
    with pytest.raises(error):
        site.boot()


def test_a_file_beside_the_process_is_not_found(site: Site, tmp_path: Path):
    site.write(GOOD, f"{tmp_path}/cwd.py")
    site.set(CUSTOM_FASTAPI_PING_HANDLER="cwd.py:custom_sagemaker_ping_handler")
    with pytest.raises(HandlerFileNotFoundError, match="correct the path"):
        site.boot()


@pytest.mark.parametrize(
    ("text", "error"),
    [("def f(:", SyntaxError), ("import no_such_module_here", ImportError), ("raise KeyError('x')", KeyError)],
)
def test_what_a_file_raises_is_what_the_start_raises(site: Site, text: str, error: type[Exception]):
    site.write(text, "broken.py")
    site.set(CUSTOM_FASTAPI_PING_HANDLER="broken.py:f")
    with pytest.raises(error):
        site.boot()
    site.write(text)
    site.set(CUSTOM_FASTAPI_PING_HANDLER="")
    with pytest.raises(error):
        site.boot()


@pytest.mark.parametrize("value", ["5", "None"])
def test_a_discovered_name_must_be_a_function(site: Site, value: str):
    site.write(f"custom_sagemaker_ping_handler = {value}")
    with pytest.raises(HandlerNotCallableError):
        site.boot()


@pytest.mark.parametrize("variable", [THROTTLE, "CUSTOM_PRE_PROCESS", "CUSTOM_FASTAPI_MIDDLEWARE_PRE_POST_PROCESS"])
@pytest.mark.parametrize("spec", ["missing.py:f", "model.py:missing", "no_such_module_here:f", "model.py:", "nonsense"])
def test_a_typing_error_in_a_middleware_variable_refuses_to_start(
    site: Site, variable: str, spec: str, capsys: pytest.CaptureFixture[str]
):
    site.write(GOOD)
    site.set(**{variable: spec})
    with pytest.raises(MiddlewareConfigurationError, match=f"{variable} is '{spec}'"):
        site.boot()
    assert f"[MIDDLEWARE_ENV] Failed to load {variable}={spec}" in capsys.readouterr().out


def test_a_broken_middleware_variable_falls_back_to_the_decorator_and_says_so(
    site: Site, capsys: pytest.CaptureFixture[str]
):
    site.write(
        """
        @custom_middleware("throttle")
        async def throttle(request, call_next):
            return Response("decorated")
        """
    )
    site.set(**{THROTTLE: "missing.py:f"})
    assert site.boot().ping().text == "decorated"
    assert "[MIDDLEWARE_ENV] Failed to load" in capsys.readouterr().out


def test_a_class_that_takes_no_application_refuses_to_start(site: Site):
    site.write("@custom_middleware('throttle')\nclass Throttle:\n    def __init__(self): pass")
    with pytest.raises(TypeError):
        site.boot()


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("@custom_middleware('cors')\nasync def f(r, n): ...", MiddlewareRegistrationError),
        ("for _ in 'ab':\n    @custom_middleware('throttle')\n    async def f(r, n): ...", MiddlewareRegistrationError),
        ("for _ in 'ab':\n    @input_formatter\n    async def f(r): ...", FormatterRegistrationError),
        ("for _ in 'ab':\n    @output_formatter\n    async def f(r): ...", FormatterRegistrationError),
    ],
)
def test_unknown_places_and_second_registrations_refuse_to_start(site: Site, text: str, error: type[Exception]):
    site.write(text)
    with pytest.raises(error):
        site.boot()
