"""A customer's script that offers handlers by the sources that SEATRIAL_SOURCES names, each of which says who it is.

`ping=DS invocations=N`: D a decorated function, T a second decorated one after it, S a function of the documented name,
N functions of other plausible names, R one that registers as an engine would. What a variable names (E) stands below.
"""

import os
import sys
from hashlib import sha256
from importlib import metadata
from typing import Any

import fastapi
import starlette
from fastapi import Request, Response
from model_hosting_container_standards.common.fastapi.middleware import custom_middleware
from model_hosting_container_standards.sagemaker import (
    custom_invocation_handler,
    custom_ping_handler,
    register_invocation_handler,
    register_ping_handler,
)

NONCE = os.environ.get("SEATRIAL_NONCE", "")
ASKED = dict(word.split("=") for word in os.environ.get("SEATRIAL_SOURCES", "").split())


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
    response.headers["X-Seatrial-Versions"] = VERSIONS
    return response


def handler(source: str) -> Any:
    """A handler that says who it is, and what of the request reached it."""

    async def answer(request: Request) -> Response:
        body = await request.body()
        status = int(request.headers.get("x-seatrial-status", "200"))
        headers = {
            "X-Seatrial-Handler": source,
            "X-Seatrial-Length": str(len(body)),
            "X-Seatrial-Sha256": sha256(body).hexdigest(),
            "X-Seatrial-Sent-Type": request.headers.get("content-type", ""),
        }
        return Response(f"{source} {NONCE}", status_code=status, headers=headers, media_type="text/x-seatrial")

    return answer


ping_by_variable = handler("variable")
invoke_by_variable = handler("variable")

for route, decorate, register in (
    ("ping", custom_ping_handler, register_ping_handler),
    ("invocations", custom_invocation_handler, register_invocation_handler),
):
    asked = ASKED.get(route, "")
    if "R" in asked:
        register(handler("registered"))
    if "D" in asked:
        decorate(handler("decorated"))
    if "T" in asked:
        decorate(handler("decorated-last"))
    if "S" in asked:
        name = "custom_sagemaker_ping_handler" if route == "ping" else "custom_sagemaker_invocation_handler"
        globals()[name] = handler("named")
    if "N" in asked:
        for name in ("ping", "ping_handler") if route == "ping" else ("invoke", "invocation_handler", "invocations"):
            globals()[name] = handler(name)
