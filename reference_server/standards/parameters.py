"""Handlers as customers write them, `async def ping(request)`: FastAPI would take the name for a query parameter."""

import functools
import inspect

from starlette.requests import Request

from seatrial.reference_server.standards.registry import Handler

# What a parameter is called that means the request, though it does not say so.
REQUEST_NAMES = frozenset({"request", "raw_request"})


def endpoint(handler: Handler) -> Handler:
    """Return a handler whose parameters FastAPI understands; most are returned as they are."""
    signature = inspect.signature(handler)
    changed = [annotated(parameter) for parameter in signature.parameters.values()]
    if changed == list(signature.parameters.values()):
        return handler
    stand_in = _asynchronous(handler) if inspect.iscoroutinefunction(handler) else _synchronous(handler)
    stand_in.__signature__ = signature.replace(parameters=changed)  # type: ignore[attr-defined]  # any function has one
    return stand_in


def annotated(parameter: inspect.Parameter) -> inspect.Parameter:
    """Return a parameter that says it is the request, if its name does."""
    silent = parameter.annotation is inspect.Parameter.empty
    return parameter.replace(annotation=Request) if silent and parameter.name in REQUEST_NAMES else parameter


def _asynchronous(handler: Handler) -> Handler:
    @functools.wraps(handler)
    async def call(*args: object, **kwargs: object) -> object:
        return await handler(*args, **kwargs)

    return call


def _synchronous(handler: Handler) -> Handler:
    @functools.wraps(handler)
    def call(*args: object, **kwargs: object) -> object:
        return handler(*args, **kwargs)

    return call
