"""Faults of what becomes of a handler's values and exceptions."""

import asyncio
import functools
import inspect
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from types import ModuleType
from typing import Any

from seatrial.reference_server.mutants.standards_tools import Real, around, wrap_handlers
from seatrial.reference_server.variants import mutant

Call = Callable[[], Awaitable[Any]]


@mutant(kills="returns.json", reason="NOT_JSON", layer="standards")
def sends_the_text_of_dictionaries(package: ModuleType) -> ModuleType:
    """Send `str(value)` for a dictionary."""

    async def around(call: Call) -> Any:
        value = await call()
        return _response(str(value), 200) if isinstance(value, dict) else value

    return wrap_handlers(package, around)


@mutant(kills="returns.values", reason="VALUE_CHANGED", layer="standards")
def sends_text_as_it_is(package: ModuleType) -> ModuleType:
    """Send a string as plain text."""

    async def around(call: Call) -> Any:
        value = await call()
        return _response(value, 200) if isinstance(value, str) else value

    return wrap_handlers(package, around)


@mutant(kills="returns.values", reason="VALUE_CHANGED", layer="standards")
def takes_the_status_of_a_tuple(package: ModuleType) -> ModuleType:
    """Read a tuple as body and status, as Flask does."""

    async def around(call: Call) -> Any:
        value = await call()
        return _response(json.dumps(value[0]), value[1]) if isinstance(value, tuple) else value

    return wrap_handlers(package, around)


@mutant(kills="returns.response", reason="RESPONSE_CHANGED", layer="standards")
def answers_every_response_with_200(package: ModuleType) -> ModuleType:
    """Lose the status of a Response."""

    async def around(call: Call) -> Any:
        value = await call()
        if hasattr(value, "status_code"):
            value.status_code = 200
        return value

    return wrap_handlers(package, around)


@mutant(kills="returns.http-exception", reason="HTTP_EXCEPTION_LOST", layer="standards")
def loses_the_headers_of_an_exception(package: ModuleType) -> ModuleType:
    """Keep status and detail of an HTTPException, and not its headers."""

    async def around(call: Call) -> Any:
        from fastapi import HTTPException  # noqa: PLC0415  # it is there where a handler is called

        try:
            return await call()
        except HTTPException as error:
            raise HTTPException(error.status_code, error.detail) from error

    return wrap_handlers(package, around)


@mutant(kills="returns.no-argument", reason="NO_ARGUMENT_FAILS", layer="standards")
def hands_every_handler_a_request(package: ModuleType) -> ModuleType:
    """Call a handler without parameters with the request."""

    def endpoint(real: Real, handler: Callable[..., Any]) -> Any:
        if inspect.signature(handler).parameters:
            return real(handler)
        from starlette.requests import Request  # noqa: PLC0415  # it is there where a handler is mounted

        async def call(request: Request) -> Any:
            return await handler(request)

        return call

    return around(package, "parameters", "endpoint", endpoint)


@mutant(kills="returns.exception", reason="EXCEPTION_STATUS", layer="standards")
def blames_the_caller_for_an_exception(package: ModuleType) -> ModuleType:
    """Answer 400 where a handler raises a RuntimeError."""
    return _answer_errors(package, RuntimeError, 400, tell=False)


@mutant(kills="returns.exception", reason="EXCEPTION_LEAKED", layer="standards")
def tells_the_text_of_an_exception(package: ModuleType) -> ModuleType:
    """Put the text of an exception into the answer."""
    return _answer_errors(package, RuntimeError, 500, tell=True)


@mutant(kills="returns.exception", reason="EXCEPTION_KILLS", layer="standards")
def fails_once_more_after_an_exception(package: ModuleType) -> ModuleType:
    """Fail the call after one that raised."""
    broken: list[BaseException] = []

    async def around(call: Call) -> Any:
        if broken:
            raise broken.pop()
        try:
            return await call()
        except RuntimeError as error:
            broken.append(error)
            raise

    return wrap_handlers(package, around)


@mutant(kills="returns.unparsable", reason="UNPARSABLE_STATUS", layer="standards")
def answers_400_for_json_that_a_handler_cannot_parse(package: ModuleType) -> ModuleType:
    """Blame the caller where a handler does not catch its own error."""
    return _answer_errors(package, ValueError, 400, tell=False)


@mutant(kills="returns.streams", reason="STREAM_BUFFERED", layer="standards")
def collects_streams(package: ModuleType) -> ModuleType:
    """Collect an answer before a layer sends it on."""
    return _change_pieces(package, keep=lambda pieces: [b"".join(pieces)])


@mutant(kills="returns.streams", reason="STREAM_BROKEN", layer="standards")
def loses_the_last_piece(package: ModuleType) -> ModuleType:
    """Drop the last piece of a stream."""
    return _change_pieces(package, keep=lambda pieces: pieces[:-1])


@mutant(kills="returns.plain-function", reason="PLAIN_FUNCTION_BLOCKS", layer="standards")
def runs_plain_functions_on_the_loop(package: ModuleType) -> ModuleType:
    """Run a plain function where everything else waits for it."""

    def endpoint(real: Real, handler: Callable[..., Any]) -> Any:
        made = real(handler)
        if inspect.iscoroutinefunction(handler):
            return made

        @functools.wraps(made)
        async def call(*args: object, **kwargs: object) -> object:
            await asyncio.sleep(0)
            return made(*args, **kwargs)

        return call

    return around(package, "parameters", "endpoint", endpoint)


@mutant(kills="returns.typed-body", reason="TYPED_BODY_UNCHECKED", layer="standards")
def hands_on_a_body_that_does_not_fit(package: ModuleType) -> ModuleType:
    """Make the value of a typed body without checking it."""

    def endpoint(real: Real, handler: Callable[..., Any]) -> Any:
        models = [p.annotation for p in inspect.signature(handler).parameters.values()]
        if len(models) != 1 or not hasattr(models[0], "model_construct"):
            return real(handler)
        from starlette.requests import Request  # noqa: PLC0415  # it is there where a handler is mounted

        async def call(request: Request) -> Any:
            value = models[0].model_construct(**await request.json())
            return await asyncio.to_thread(handler, value)

        return call

    return around(package, "parameters", "endpoint", endpoint)


@mutant(kills="returns.bare-parameter", reason="BARE_PARAMETER_FAILS", layer="standards")
def gives_a_bare_parameter_nothing(package: ModuleType) -> ModuleType:
    """Call a handler whose parameter has no annotation with None."""

    def endpoint(real: Real, handler: Callable[..., Any]) -> Any:
        parameters = inspect.signature(handler).parameters.values()
        if all(p.annotation is not inspect.Parameter.empty for p in parameters):
            return real(handler)

        async def call() -> Any:
            return await handler(*(None for _ in parameters))

        return call

    return around(package, "parameters", "endpoint", endpoint)


def _answer_errors(package: ModuleType, kind: type[Exception], status: int, *, tell: bool) -> ModuleType:
    async def around(call: Call) -> Any:
        try:
            return await call()
        except kind as error:
            return _response(str(error) if tell else "an error", status)

    return wrap_handlers(package, around)


def _change_pieces(package: ModuleType, keep: Callable[[list[bytes]], list[bytes]]) -> ModuleType:
    async def pieces(real: Real, self: Any) -> AsyncIterator[bytes]:
        for piece in keep([piece async for piece in real(self)]):
            yield piece

    return around(package, "middleware.running", "Running.pieces", pieces)


def _response(body: str, status: int) -> Any:
    from starlette.responses import PlainTextResponse  # noqa: PLC0415  # it is there where a handler is called

    return PlainTextResponse(body, status)
