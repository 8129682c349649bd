"""A customer's script whose inference handler stands behind both transforms, sessions and adapter injection."""

import os
import sys
from importlib import metadata
from typing import Any

import fastapi
import starlette
from fastapi import Request, Response
from model_hosting_container_standards.common.fastapi.middleware import custom_middleware
from model_hosting_container_standards.sagemaker import (
    custom_invocation_handler,
    inject_adapter_id,
    stateful_session_manager,
)

NONCE = os.environ.get("SEATRIAL_NONCE", "")


def version(name: str) -> str:
    """The installed version of a distribution; a question mark where none is."""
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return "?"


VERSIONS = (
    f"fastapi={fastapi.__version__} starlette={starlette.__version__} "
    f"standards={version('model-hosting-container-standards')}"
)
print(f"seatrial-trial {NONCE} {VERSIONS}", file=sys.stderr, flush=True)


@custom_middleware("throttle")
async def stamp(request: Request, call_next: Any) -> Response:
    """Stamp every answer."""
    response: Response = await call_next(request)
    response.headers["X-Seatrial-Nonce"] = NONCE
    return response


@custom_invocation_handler
@stateful_session_manager()
@inject_adapter_id("model")
async def invoke(request: Request) -> Response:
    """Answer with the body as it arrived."""
    return Response(await request.body(), headers={"X-Seatrial-Handler": "decorated"}, media_type="text/x-seatrial")
