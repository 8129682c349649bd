"""Lets a handler of sessions that a customer registered answer a request of plain ASGI."""

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from seatrial.reference_server.protocols.asgi import Receive, Scope, Send
from seatrial.reference_server.standards.registry import handler_registry
from seatrial.reference_server.standards.sessions.engine import answered


async def engine_answer(kind: str, scope: Scope, receive: Receive, send: Send) -> None:
    """Answer with what the handler of this kind returns or raises."""
    handler = handler_registry.get_handler(kind)
    if handler is None:
        raise LookupError(f"no handler of kind {kind!r} is registered")
    request = Request(scope, receive)
    response: Response
    try:
        response = await answered(handler, request)
    except HTTPException as error:
        response = JSONResponse({"detail": error.detail}, error.status_code, dict(error.headers or {}))
    await response(scope, receive, send)
