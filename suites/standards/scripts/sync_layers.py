"""A customer's script with a plain function where a layer is expected; a variable says which layer."""

import os
import sys
from collections.abc import Awaitable, Callable
from typing import Any

import fastapi
import starlette
from fastapi import Request, Response
from model_hosting_container_standards.common.fastapi.middleware import custom_middleware, input_formatter
from model_hosting_container_standards.sagemaker import custom_invocation_handler

Next = Callable[[Request], Awaitable[Response]]
PLAIN = os.environ.get("SEATRIAL_PLAIN", "")

print(
    f"seatrial-trial {os.environ.get('SEATRIAL_NONCE', '')} fastapi={fastapi.__version__}"
    f" starlette={starlette.__version__}",
    file=sys.stderr,
    flush=True,
)


def trace_of(request: Request) -> list[str]:
    """The names of the layers that this request has passed."""
    names: list[str] = request.scope.setdefault("state", {}).setdefault("seatrial_trace", [])
    return names


if PLAIN == "formatter":

    @custom_middleware("throttle")
    async def throttle(request: Request, call_next: Next) -> Response:
        """Report the trace."""
        response = await call_next(request)
        response.headers["X-Seatrial-Request-Trace"] = ",".join(trace_of(request))
        return response

    @input_formatter
    def prepare(request: Request) -> Request:
        """A plain function."""
        trace_of(request).append("PLAIN")
        return request


if PLAIN == "throttle":

    @custom_middleware("throttle")
    def refuse(request: Request, call_next: Next) -> Any:  # what a throttle is given
        """Refuse everything but the health check, so that it shows where it is left out."""
        if request.url.path == "/ping":
            return call_next(request)
        return Response(b"refused by a plain function", 429)


@custom_invocation_handler
async def invoke(request: Request) -> Response:
    """Give back what came."""
    return Response(await request.body(), headers={"X-Seatrial-Handler": "yes"})
