"""A customer's script that changes no answer: it says that it runs, and which versions it runs on."""

import os
import sys
from importlib import metadata
from typing import Any

import fastapi
import starlette
from fastapi import Request, Response
from model_hosting_container_standards.common.fastapi.middleware import custom_middleware

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
