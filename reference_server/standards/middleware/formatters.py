"""A pre-processing and a post-processing function as one middleware.

What either of them returns in place of the request is not looked at: a request is edited in place. A new response
replaces the old one.
"""

import inspect
from collections.abc import Awaitable, Callable
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from seatrial.reference_server.standards.logging_config import logger
from seatrial.reference_server.standards.middleware.function import CallNext, Dispatch

Formatter = Callable[..., Awaitable[Any]]
NAME = "combined_pre_post_process"


def combined(pre: Formatter | None, post: Formatter | None) -> Dispatch:
    """Return one function of `request` and `call_next` that runs a formatter on either side; each may be missing."""
    for formatter in (pre, post):
        if inspect.isfunction(formatter) and not inspect.iscoroutinefunction(formatter):
            logger.warning("%s is not `async def`: a request fails unless it returns an awaitable", formatter.__name__)

    async def combined_pre_post_process(request: Request, call_next: CallNext) -> Response:
        try:
            return await _around(pre, post, request, call_next)
        except HTTPException as error:
            return refusal(error)
        except Exception as error:  # noqa: BLE001 - foreign code may raise anything
            logger.exception("a pre- or post-processing function, or the handler between them, raised")
            return failure(error)

    return combined_pre_post_process


async def _around(pre: Formatter | None, post: Formatter | None, request: Request, call_next: CallNext) -> Response:
    if pre is not None:
        await pre(request)
    response = await call_next(request)
    changed = await post(response) if post is not None else None
    return response if changed is None else changed


def refusal(error: HTTPException) -> Response:
    """Return the answer that a formatter asked for by raising an `HTTPException`."""
    return JSONResponse({"detail": error.detail}, status_code=error.status_code, headers=error.headers)


def failure(error: Exception) -> Response:
    """Return the answer for anything else that was raised."""
    content = {"error": f"Internal server error in {NAME} middleware", "message": str(error)}
    return JSONResponse(content, status_code=500)
