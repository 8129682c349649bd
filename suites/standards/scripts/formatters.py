"""A customer's script with both formatters and a throttle that is a class; headers say what each of them does."""

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator
from typing import Any

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
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

NONCE = os.environ.get("SEATRIAL_NONCE", "")
PIECES = 4
SECRET = "seatrial-secret-of-a-formatter"  # noqa: S105  # looked for in answers

print(
    f"seatrial-trial {NONCE} fastapi={fastapi.__version__} starlette={starlette.__version__}",
    file=sys.stderr,
    flush=True,
)


def trace_of(scope: Scope) -> list[str]:
    """The names of the layers that this request has passed."""
    names: list[str] = scope.setdefault("state", {}).setdefault("seatrial_trace", [])
    return names


@custom_middleware("throttle")
class Throttle:
    """A throttle as an ASGI class, decorated."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Report the trace."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        trace_of(scope).append("T")

        async def stamp(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers.append("X-Seatrial-Trace", "T")
                headers["X-Seatrial-Request-Trace"] = ",".join(trace_of(scope))
                headers["X-Seatrial-Nonce"] = NONCE
            await send(message)

        await self.app(scope, receive, stamp)


@input_formatter
async def prepare(request: Request) -> Any:
    """Edit, replace, return nothing, or fail."""
    trace_of(request.scope).append("IN")
    asked = request.headers.get("x-seatrial-pre")
    if asked == "edit":
        request._body = b"edited before it was read"  # noqa: SLF001  # the package's documents edit it so
    elif asked == "read-and-edit":
        request._body = (await request.body()).upper()  # noqa: SLF001  # as above
    elif asked == "other":
        return Request({**request.scope, "headers": []}, receive=_other)
    elif asked == "nothing":
        return None
    elif asked == "answer":
        return Response(b"answered by the formatter", 299)
    elif asked == "raise":
        raise RuntimeError(SECRET)
    elif asked == "raise-http":
        raise HTTPException(400, SECRET)
    return request


@output_formatter
async def finish(response: Response) -> Any:
    """Edit, replace, return nothing, or fail."""
    response.headers.append("X-Seatrial-Trace", "OUT")
    asked = response.headers.get("x-seatrial-post")
    if asked == "edit":
        response.body = b"edited after it was made"
    elif asked == "new":
        return Response(b"another answer", 203, {"X-Seatrial-New": "yes"})
    elif asked == "nothing":
        return None
    elif asked == "raise":
        raise RuntimeError(SECRET)
    return response


@custom_invocation_handler
async def invoke(request: Request) -> Response:
    """Tell what came, stream, or fail; hand on to the output formatter what it is asked."""
    wanted = request.headers.get("x-seatrial-do")
    if wanted == "stream":
        return StreamingResponse(pieces(float(request.headers["x-seatrial-pause"])), media_type="text/plain")
    if wanted == "http-exception":
        raise HTTPException(409, "seatrial conflict")
    if wanted == "exception":
        raise RuntimeError(SECRET)
    asked = request.headers.get("x-seatrial-post", "")
    told = {"body": (await request.body()).decode("latin-1"), "length": request.headers.get("content-length")}
    return Response(
        json.dumps(told), media_type="application/json", headers={"X-Seatrial-Handler": "yes", "X-Seatrial-Post": asked}
    )


async def _other() -> Message:
    return {"type": "http.request", "body": b"the body of another request", "more_body": False}


async def pieces(pause: float) -> AsyncIterator[bytes]:
    """A few pieces of text, one at a time."""
    for number in range(PIECES):
        if number:
            await asyncio.sleep(pause)
        yield b"piece %d\n" % number
