"""Requests and answers as the documents that JMESPath looks into: `common.fastapi.utils`."""

import contextlib
import json
from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel
from starlette.requests import Request
from starlette.responses import Response

from seatrial.reference_server.standards.transforms.requests import document_of
from seatrial.reference_server.standards.transforms.shapes import Headers


def serialize_request(request: BaseModel | dict[str, Any] | None, raw_request: Request) -> Mapping[str, Any]:
    """Return a request as `body`, `headers`, `query_params` and `path_params`; the body is what is given beside it."""
    body = request.model_dump() if isinstance(request, BaseModel) else request
    return document_of(raw_request, body if isinstance(body, dict) else None)


def serialize_response(response: Response) -> dict[str, Any]:
    """Return an answer as `body`, `headers` and `status_code`; the body as text where it is no JSON."""
    raw = bytes(getattr(response, "body", b"") or b"")
    body: Any = raw.decode(getattr(response, "charset", None) or "utf-8") if raw else {}
    with contextlib.suppress(ValueError):
        body = json.loads(raw) if raw else body
    return {"body": body, "headers": Headers(response.headers.items()), "status_code": response.status_code}
