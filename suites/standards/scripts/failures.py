"""A customer's script with everything that could answer instead, were a broken variable passed over in silence."""

import os
import sys
from collections.abc import Awaitable, Callable

import fastapi
import starlette
from fastapi import Request, Response
from model_hosting_container_standards.common.fastapi.middleware import custom_middleware
from model_hosting_container_standards.sagemaker import custom_invocation_handler, custom_ping_handler

NONCE = os.environ.get("SEATRIAL_NONCE", "")
seatrial_absent_function = 5

print(
    f"seatrial-trial {NONCE} fastapi={fastapi.__version__} starlette={starlette.__version__}",
    file=sys.stderr,
    flush=True,
)


@custom_middleware("throttle")
async def throttle(request: Request, call_next: Callable[[Request], Awaitable[Response]]) -> Response:
    """Say that the decorated throttle runs."""
    response = await call_next(request)
    response.headers["X-Seatrial-Nonce"] = NONCE
    response.headers["X-Seatrial-Throttle"] = "decorated"
    return response


@custom_ping_handler
async def ping() -> Response:
    """A handler of the second source."""
    return Response(headers={"X-Seatrial-Handler": "decorated"})


@custom_invocation_handler
async def invoke() -> Response:
    """A handler of the second source."""
    return Response(headers={"X-Seatrial-Handler": "decorated"})


async def custom_sagemaker_ping_handler() -> Response:
    """A handler of the third source."""
    return Response(headers={"X-Seatrial-Handler": "named"})


async def custom_sagemaker_invocation_handler() -> Response:
    """A handler of the third source."""
    return Response(headers={"X-Seatrial-Handler": "named"})
