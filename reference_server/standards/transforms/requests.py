"""Requests as Starlette's objects: seen as a document for shapes, and given another body."""

from collections.abc import Mapping
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from seatrial.reference_server.standards.transforms.asgi import Reply, with_length
from seatrial.reference_server.standards.transforms.refusals import RefusedError
from seatrial.reference_server.standards.transforms.shapes import Headers


def document_of(request: Request, body: Any) -> Mapping[str, Any]:
    """Return what the expressions of a shape look into."""
    return {
        "body": body,
        "headers": Headers(request.headers.items()),
        "path_params": dict(request.path_params),
        "query_params": dict(request.query_params),
    }


def replace_body(request: Request, body: bytes) -> None:
    """Let a request have another body from here on, and a Content-Length that fits it.

    Starlette keeps what it has read in private attributes and has no way to change it; the application sees a request
    whose body was already read, which it may read again.
    """
    request._body = body  # noqa: SLF001 - see above
    for kept in ("_json", "_form", "_headers"):
        if hasattr(request, kept):
            delattr(request, kept)
    request.scope["headers"] = with_length(request.scope["headers"], len(body))


def as_http(refused: RefusedError) -> HTTPException:
    """Return a refusal as the exception that every FastAPI application knows how to answer."""
    return HTTPException(refused.status, refused.detail)


def response_of(reply: Reply) -> Response:
    """Return a whole answer as Starlette's."""
    return Response(reply.body, reply.status, dict(reply.headers), reply.content_type)
