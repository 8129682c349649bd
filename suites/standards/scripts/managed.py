"""An engine that manages its sessions itself, behind the session layer.

The request's header `X-Seatrial-Case` chooses how it creates or closes one.
"""

import json
import os
import sys
import uuid
from collections.abc import Awaitable, Callable
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import fastapi
import model_hosting_container_standards.sagemaker as sagemaker_standards
import starlette
from fastapi import HTTPException, Request, Response
from model_hosting_container_standards.common.fastapi.middleware import custom_middleware
from pydantic import BaseModel, field_validator

CASE, NONCE = "x-seatrial-case", os.environ.get("SEATRIAL_NONCE", "")
PATH = os.environ.get("SEATRIAL_SESSION_ID_PATH", "body.session_id")


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "-"


sys.stderr.write(
    f"seatrial-trial {NONCE} fastapi={fastapi.__version__} starlette={starlette.__version__}"
    f" standards={_version('model-hosting-container-standards')}\n"
)
sys.stderr.flush()


@custom_middleware("throttle")
async def stamp(request: Request, call_next: Callable[[Request], Awaitable[Response]]) -> Response:
    """Prove that this script was loaded."""
    response = await call_next(request)
    response.headers["X-Seatrial-Nonce"] = NONCE
    return response


open_sessions: set[str] = set()
seen: dict[str, Any] = {}
"""What the engine was asked last, and whether it is strict."""


class Create(BaseModel):
    """What the engine wants to know of a new session."""

    capacity: int = 1
    session_id: str | None = None

    @field_validator("capacity")
    @classmethod
    def fits(cls, value: int) -> int:
        """Refuse every capacity while the engine is strict."""
        if seen.get("strict"):
            raise ValueError("the engine is strict")
        return value


class Close(BaseModel):
    """What the engine wants to know of a session that ends."""

    session_id: str
    reason: str = ""


def answer(value: object, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    """Give back a value as JSON."""
    return Response(json.dumps(value), status_code=status, media_type="application/json", headers=headers)


@sagemaker_standards.register_create_session_handler(
    engine_response_session_id_path=PATH, engine_request_model_cls=Create
)
async def create(obj: Create, request: Request) -> Any:
    """Open a session, or misbehave as the case asks."""
    case = request.headers.get(CASE, "")
    if case == "missing":
        return answer({"engine": "no id"})
    if case == "unavailable":
        raise HTTPException(503, "the engine is full")
    if case == "conflict":
        return answer({"engine": "conflict"}, 409)
    if case == "bug":
        raise KeyError("seatrial")
    session = f"engine-{uuid.uuid4()}"
    open_sessions.add(session)
    seen["create"] = obj.model_dump()
    if case == "created":
        return answer({"session_id": session}, 201)
    if PATH == "body":
        return session
    if case == "header":
        return answer({"engine": "body"}, headers={"X-Session-Id": session})
    return answer({"session_id": session, "engine": "body"})


if os.environ.get("SEATRIAL_CLOSE", "on") == "on":

    @sagemaker_standards.register_close_session_handler(
        engine_request_session_id_path="body.session_id", engine_request_model_cls=Close
    )
    async def close(obj: Close, request: Request) -> Any:
        """Close a session that is open."""
        del request
        seen["close"] = obj.model_dump()
        if obj.session_id not in open_sessions:
            return answer({"engine": "no such session"}, 404)
        open_sessions.discard(obj.session_id)
        return answer({"engine": "body"})


@sagemaker_standards.stateful_session_manager(engine_request_session_id_path="session_id")
async def echo(request: Request) -> Response:
    """Show what a handler behind the session layer gets."""
    body = await request.body()
    return answer({"echo": body.decode("utf-8", "replace"), "pid": os.getpid()})


@sagemaker_standards.custom_invocation_handler
async def invoke(request: Request) -> Response:
    """Answer, tell what the engine was asked last, or make it strict."""
    case = request.headers.get(CASE)
    if case in {"strict", "lenient"}:
        seen["strict"] = case == "strict"
    if case in {"seen", "strict", "lenient"}:
        return answer({name: value for name, value in seen.items() if name != "strict"})
    response: Response = await echo(request)
    return response
