"""A customer's code beside the model, as the documentation of model-hosting-container-standards shows it.

It asks for greedy answers where a request names no temperature, counts the calls that are under way, and says of every
answer that it has passed here.
"""

import json
from collections.abc import Awaitable, Callable

from fastapi import Request, Response
from model_hosting_container_standards.common.fastapi.middleware import (
    custom_middleware,
    input_formatter,
    output_formatter,
)
from model_hosting_container_standards.sagemaker import custom_ping_handler

MOST_CALLS = 64
CALLS = 0


@custom_ping_handler
async def healthy(request: Request) -> Response:
    """Answer for the engine."""
    del request
    return Response(status_code=200)


@custom_middleware("throttle")
async def throttle(request: Request, call_next: Callable[[Request], Awaitable[Response]]) -> Response:
    """Refuse a call where too many are under way."""
    global CALLS  # noqa: PLW0603  # one process serves
    if CALLS >= MOST_CALLS:
        return Response(json.dumps({"error": "too many calls"}), 503, media_type="application/json")
    CALLS += 1
    try:
        return await call_next(request)
    finally:
        CALLS -= 1


@input_formatter
async def greedy(request: Request) -> Request:
    """Ask for greedy answers where nothing is said."""
    body = await request.body()
    if request.method == "POST" and body.lstrip().startswith(b"{"):
        try:
            asked = json.loads(body)
        except ValueError:
            return request
        request._body = json.dumps({"temperature": 0, **asked}).encode()  # noqa: SLF001  # as the package's documents do
    return request


@output_formatter
async def stamped(response: Response) -> Response:
    """Say that the answer passed here."""
    response.headers["X-Model-Code"] = "model.py"
    return response
