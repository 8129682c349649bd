"""A customer's file that says when it is imported. Given under several names, it tells the order in which they are."""

import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

from fastapi import Request, Response

print(f"seatrial-boot {Path(__file__).stem}", file=sys.stderr, flush=True)


async def handler(request: Request) -> Response:
    """Answer a route."""
    del request
    return Response("ordered", media_type="text/plain")


async def layer(request: Request, call_next: Callable[[Request], Awaitable[Response]]) -> Response:
    """Pass on."""
    return await call_next(request)


async def before(request: Request) -> Request:
    """Pass on."""
    return request


async def after(response: Response) -> Response:
    """Pass on."""
    return response
