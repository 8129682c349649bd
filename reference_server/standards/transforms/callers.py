"""How a handler is called: with the data, the request or both, and in a thread if it is no coroutine."""

import inspect
from collections.abc import Awaitable, Callable
from typing import Any, TypeAlias

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request

Handler: TypeAlias = Callable[..., Any]
Endpoint: TypeAlias = Callable[[Request], Awaitable[Any]]


def positions(handler: Handler) -> int:
    """Return how many positional arguments without a default a handler takes; 1 where that cannot be said."""
    try:
        parameters = inspect.signature(handler).parameters.values()
    except (TypeError, ValueError):
        return 1
    positional = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    return sum(parameter.kind in positional and parameter.default is parameter.empty for parameter in parameters)


async def call(handler: Handler, *arguments: Any) -> Any:
    """Call a handler; a plain function runs in a thread, so that it holds up nobody else."""
    if inspect.iscoroutinefunction(handler) or inspect.iscoroutinefunction(getattr(handler, "__call__", None)):  # noqa: B004 - the method itself is asked for
        return await handler(*arguments)
    returned = await run_in_threadpool(handler, *arguments)
    return await returned if inspect.isawaitable(returned) else returned


def endpoint_like(handler: Handler, endpoint: Endpoint) -> Endpoint:
    """Give an endpoint the name and text of the handler that it stands for, not its parameters.

    FastAPI asks an endpoint for its parameters: it takes the request, whatever the handler takes.
    """
    for name in ("__module__", "__name__", "__qualname__", "__doc__"):
        if hasattr(handler, name):
            setattr(endpoint, name, getattr(handler, name))
    return endpoint
