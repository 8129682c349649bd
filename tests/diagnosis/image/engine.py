"""An engine on the public package, with one of the troubles that people report: `python engine.py FAULT PORT`."""

from __future__ import annotations

import logging
import sys

import uvicorn
from fastapi import APIRouter, FastAPI, Response

from seatrial.reference_server.standards import alias, bootstrap, paths

OURS = "seatrial.reference_server.standards"
router = APIRouter()


@router.get("/ping")
async def ping() -> Response:
    """Say that it runs."""
    return Response()


@router.post("/invocations")
async def invocations() -> Response:
    """Answer nothing in particular."""
    return Response("{}", media_type="application/json")


def twice() -> None:
    """Give scripts another copy of the package than the one that the engine was started with."""
    for name in [name for name in sys.modules if name == OURS or name.startswith(f"{OURS}.")]:
        del sys.modules[name]
    from seatrial.reference_server.standards import alias as another  # noqa: PLC0415  that is the fault

    another.install()


def silenced() -> None:
    """Have the import of the package change the root logger, which the engine's own lines go through."""
    logging.basicConfig(level=logging.INFO, stream=sys.stderr)
    paths.TABLE[f"{paths.PACKAGE}.logging_config"] = "silencing"  # type: ignore[index]  # that is the fault
    alias.install()
    __import__(f"{paths.PACKAGE}.logging_config")


def main() -> None:
    """Serve with the fault."""
    fault, port = sys.argv[1:]
    app = FastAPI()
    app.include_router(router)
    boot = bootstrap.bootstrap
    {"twice": twice, "silenced": silenced}[fault]()
    boot(app)
    logging.getLogger("engine").info("serving on port %s", port)
    uvicorn.run(app, host="0.0.0.0", port=int(port), log_config=None)


if __name__ == "__main__":
    main()
