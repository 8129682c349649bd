"""A file beside the customer's script that nothing names: what it registers must have no effect."""

from collections.abc import Awaitable, Callable

from fastapi import Request, Response
from model_hosting_container_standards.common.fastapi.middleware import custom_middleware


@custom_middleware("pre_post_process")
async def stand_by(request: Request, call_next: Callable[[Request], Awaitable[Response]]) -> Response:
    """Show that this file was loaded."""
    response = await call_next(request)
    response.headers["X-Seatrial-Bystander"] = "loaded"
    return response
