"""A customer's script, or one of several files: its handlers say in which file they stand, its import tells the log."""

import os
import sys
from importlib import metadata
from pathlib import Path
from typing import Any

import fastapi
import starlette
from fastapi import Request, Response
from model_hosting_container_standards.common.fastapi.middleware import custom_middleware

NONCE = os.environ.get("SEATRIAL_NONCE", "")
HERE = "/".join(Path(__file__).parts[-2:])
SCRIPT = os.environ.get("CUSTOM_SCRIPT_FILENAME", "") or "model.py"


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
print(f"seatrial-loaded {NONCE} {HERE}", file=sys.stderr, flush=True)

try:
    import seatrial_sibling

    SIBLING = str(seatrial_sibling.NAME)
except ImportError:
    SIBLING = "no sibling"


def answer() -> Response:
    """Say which file this is."""
    return Response(HERE, headers={"X-Seatrial-File": HERE, "X-Seatrial-Sibling": SIBLING})


async def ping(request: Request) -> Response:
    """Answer the health check."""
    del request
    return answer()


async def invoke(request: Request) -> Response:
    """Answer an inference request."""
    del request
    return answer()


async def pre(request: Request) -> Request:
    """Pass a request on: this file is named once more."""
    return request


class Holder:
    """Holds a handler."""

    @staticmethod
    async def invoke(request: Request) -> Response:
        """Answer an inference request."""
        del request
        return answer()


if Path(SCRIPT).name == Path(__file__).name:

    @custom_middleware("throttle")
    async def stamp(request: Request, call_next: Any) -> Response:
        """Stamp every answer, in the file that is the script."""
        response: Response = await call_next(request)
        response.headers["X-Seatrial-Nonce"] = NONCE
        response.headers["X-Seatrial-Script"] = HERE
        return response
