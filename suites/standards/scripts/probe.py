"""A customer's script that answers both routes itself, and does to its own process what a request's header says.

It is mounted into a subject and imports nothing but the package, FastAPI and the standard library.
"""

import asyncio
import importlib
import importlib.metadata
import importlib.util
import logging
import os
import signal
import sys
from typing import Any

import fastapi
import starlette
from fastapi import Request, Response
from model_hosting_container_standards import sagemaker
from model_hosting_container_standards.common.fastapi.middleware import custom_middleware

NONCE = os.environ.get("SEATRIAL_NONCE", "")
LEVEL = 17
"""A level that nobody sets by accident."""


def version(name: str) -> str:
    """The installed version of a distribution; a question mark where none is."""
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return "?"


def level_after_import() -> str:
    """What the package's import makes of a level of the root logger that an engine chose: `kept`, or the new level."""
    module = importlib.import_module("model_hosting_container_standards.logging_config")
    root = logging.getLogger()
    before, levels = root.level, [(handler, handler.level) for handler in root.handlers]
    root.setLevel(LEVEL)
    try:
        importlib.reload(module)
        return "kept" if root.level == LEVEL else logging.getLevelName(root.level)
    finally:
        root.setLevel(before)
        for handler, level in levels:
            handler.setLevel(level)


VERSIONS = (
    f"fastapi={fastapi.__version__} starlette={starlette.__version__}"
    f" standards={version('model-hosting-container-standards')}"
)
REQUIREMENT = "found" if importlib.util.find_spec("seatrial_probe") else "missing"

print(f"seatrial-trial {NONCE} {VERSIONS}", file=sys.stderr, flush=True)
print(f"seatrial-stdout {NONCE}", flush=True)


@sagemaker.custom_ping_handler
async def ping(request: Request) -> Response:
    """Answer the health check."""
    del request
    return Response(f"ping {NONCE}", media_type="text/plain")


@sagemaker.custom_invocation_handler
async def invocations(request: Request) -> Response:
    """Answer an inference request."""
    del request
    return Response(f"invocations {NONCE}", media_type="text/plain")


async def late(request: Request) -> Response:
    """Answer the health check, if anybody mounts a handler that was registered too late."""
    del request
    return Response(f"late {NONCE}", media_type="text/plain")


async def deed(word: str) -> Response:
    """Do what a header asked for: `kill`, `exit:7`, `sleep:1`, `register`, `import`."""
    what, _, number = word.partition(":")
    if what == "kill":
        os.kill(os.getpid(), signal.SIGKILL)
    elif what == "exit":
        os._exit(int(number))
    elif what == "sleep":
        await asyncio.sleep(float(number))
    elif what == "register":
        sagemaker.custom_ping_handler(late)
    elif what == "import":
        return Response(level_after_import(), media_type="text/plain")
    return Response(f"did {word}", media_type="text/plain")


@custom_middleware("throttle")
async def stamp(request: Request, call_next: Any) -> Response:
    """Stamp every answer, and do what a header asks for."""
    word = request.headers.get("x-seatrial-do", "")
    response: Response = await (deed(word) if word else call_next(request))
    response.headers["X-Seatrial-Nonce"] = NONCE
    response.headers["X-Seatrial-Versions"] = VERSIONS
    response.headers["X-Seatrial-Pid"] = str(os.getpid())
    response.headers["X-Seatrial-Requirement"] = REQUIREMENT
    return response
