"""A customer's script that decorates every layer there is, and a handler for them to stand before.

Each layer adds its name to a trace on the way in, and a header line on the way out. The throttle, which is the
outermost, reports the trace. What a layer does besides is asked for by a header of the request.
"""

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Awaitable, Callable

import fastapi
import starlette
from fastapi import HTTPException, Request, Response
from fastapi.responses import StreamingResponse
from model_hosting_container_standards.common.fastapi.middleware import (
    custom_middleware,
    input_formatter,
    output_formatter,
)
from model_hosting_container_standards.sagemaker import custom_invocation_handler

NONCE = os.environ.get("SEATRIAL_NONCE", "")
PIECES = 4
SECRET = "seatrial-secret-of-a-layer"  # noqa: S105  # what an answer must not tell
Next = Callable[[Request], Awaitable[Response]]

print(
    f"seatrial-trial {NONCE} fastapi={fastapi.__version__} starlette={starlette.__version__}",
    file=sys.stderr,
    flush=True,
)


def trace_of(request: Request) -> list[str]:
    """The names of the layers that this request has passed."""
    state = request.scope.setdefault("state", {})
    names: list[str] = state.setdefault("seatrial_trace", [])
    return names


@custom_middleware("throttle")
async def throttle(request: Request, call_next: Next) -> Response:
    """Refuse, fail, or let through."""
    trace_of(request).append("T")
    asked = request.headers.get("x-seatrial-throttle")
    if asked == "raise":
        raise RuntimeError(SECRET)
    if asked == "raise-http":
        raise HTTPException(429, SECRET)
    refused = Response(b"refused by the throttle", 429, {"Retry-After": "7"})
    response = refused if asked == "refuse" else await call_next(request)
    response.headers.append("X-Seatrial-Trace", "T")
    response.headers["X-Seatrial-Request-Trace"] = ",".join(trace_of(request))
    response.headers["X-Seatrial-Nonce"] = NONCE
    return response


@custom_middleware("pre_post_process")
async def process(request: Request, call_next: Next) -> Response:
    """Fail, or let through."""
    trace_of(request).append("PP")
    asked = request.headers.get("x-seatrial-process")
    if asked == "raise":
        raise RuntimeError(SECRET)
    if asked == "raise-http":
        raise HTTPException(429, SECRET)
    response = await call_next(request)
    response.headers.append("X-Seatrial-Trace", "PP")
    return response


@input_formatter
async def prepare(request: Request) -> Request:
    """Be displaced by the layer above."""
    trace_of(request).append("IN")
    return request


@output_formatter
async def finish(response: Response) -> Response:
    """Be displaced as well."""
    response.headers.append("X-Seatrial-Trace", "OUT")
    return response


@custom_invocation_handler
async def invoke(request: Request) -> Response:
    """Give back what came, or stream."""
    if request.headers.get("x-seatrial-do") == "stream":
        return StreamingResponse(pieces(float(request.headers["x-seatrial-pause"])), media_type="text/plain")
    return Response(await request.body(), headers={"X-Seatrial-Handler": "yes"})


async def pieces(pause: float) -> AsyncIterator[bytes]:
    """A few pieces of text, one at a time."""
    for number in range(PIECES):
        if number:
            await asyncio.sleep(pause)
        yield b"piece %d\n" % number
