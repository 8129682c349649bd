"""A customer's script: its handler returns or raises what the header `X-Seatrial-Do` names; /ping takes no argument."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import fastapi
import starlette
from fastapi import HTTPException, Request, Response
from fastapi.responses import StreamingResponse
from model_hosting_container_standards.common.fastapi.middleware import custom_middleware
from model_hosting_container_standards.sagemaker import custom_invocation_handler, custom_ping_handler
from pydantic import BaseModel

NONCE = os.environ.get("SEATRIAL_NONCE", "")
PIECES = 4
SECRET = "seatrial-secret-of-the-handler"  # noqa: S105  # what an answer must not tell


def standards_version() -> str:
    """The version of the package behind the imports above."""
    try:
        return version("model-hosting-container-standards")
    except PackageNotFoundError:
        return "none"


print(
    f"seatrial-trial {NONCE} fastapi={fastapi.__version__} starlette={starlette.__version__}"
    f" standards={standards_version()}",
    file=sys.stderr,
    flush=True,
)


class Order(BaseModel):
    """A value that FastAPI turns into JSON."""

    name: str
    count: int


@custom_middleware("throttle")
async def stamp(request: Request, call_next: Callable[[Request], Awaitable[Response]]) -> Response:
    """Say that this script is the one that runs."""
    response = await call_next(request)
    response.headers["X-Seatrial-Nonce"] = NONCE
    return response


@custom_ping_handler
async def ping() -> Response:
    """Take no argument."""
    return Response(headers={"X-Seatrial-Handler": "no-argument"})


@custom_invocation_handler
async def invoke(request: Request) -> Any:
    """Return, or raise, what the request names."""
    wanted = request.headers.get("x-seatrial-do", "dict")
    if wanted == "response":
        return Response(b"\x00as it is\xff", 201, {"X-Seatrial-Own": "kept"})
    if wanted == "stream":
        return StreamingResponse(pieces(float(request.headers["x-seatrial-pause"])), media_type="text/plain")
    if wanted == "unparsable":
        return await request.json()
    if wanted == "http-exception":
        raise HTTPException(418, detail={"seatrial": "kettle"}, headers={"X-Seatrial-Raised": "yes"})
    if wanted == "exception":
        raise RuntimeError(SECRET)
    return VALUES[wanted]


VALUES: dict[str, Any] = {
    "dict": {"seatrial": "dict", "list": [1, 2.5, None]},
    "list": ["seatrial", 1, {"two": 2}],
    "text": "hello",
    "number": 5,
    "nothing": None,
    "bytes": b"abc",
    "model": Order(name="seatrial", count=3),
    "tuple": ({"seatrial": "tuple"}, 503),
    "unserialisable": object(),
}


async def pieces(pause: float) -> AsyncIterator[bytes]:
    """A few pieces of text, one at a time."""
    for number in range(PIECES):
        if number:
            await asyncio.sleep(pause)
        yield b"piece %d\n" % number
