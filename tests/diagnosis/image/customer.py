"""A FastAPI app with one of the faults that customers' files have: `python customer.py FAULT PORT`."""

from __future__ import annotations

import importlib.util
import os
import sys
import tempfile
from pathlib import Path
from typing import Any

import uvicorn
from fastapi import FastAPI, Request, Response


def bare(app: FastAPI) -> None:
    """A handler as some documents show it, its parameter without an annotation."""

    @app.get("/ping")
    async def ping(request):  # type: ignore[no-untyped-def]  # noqa: ANN001, ARG001, ANN202  that is the fault
        return Response()


def sync_formatter(app: FastAPI) -> None:
    """A formatter that is a plain function, awaited as all formatters are."""

    def formatter(request: Request) -> Request:
        return request

    @app.middleware("http")
    async def process(request: Request, call_next: Any) -> Response:
        request = await formatter(request)  # type: ignore[misc]  # that is the fault
        return await call_next(request)  # type: ignore[no-any-return]


def sibling(app: FastAPI) -> None:
    """A script that imports the file beside it, loaded as the package loads scripts."""
    folder = Path(tempfile.mkdtemp())
    (folder / "helpers.py").write_text("FACTOR = 2\n")
    (folder / "model.py").write_text("import helpers\n")
    spec = importlib.util.spec_from_file_location("model", folder / "model.py")
    assert spec
    assert spec.loader
    spec.loader.exec_module(importlib.util.module_from_spec(spec))
    del app


def shm(app: FastAPI) -> None:
    """A folder of sessions that may not be made, in the words of the operating system."""
    del app
    raise PermissionError(13, "Permission denied", "/dev/shm/sagemaker_sessions")  # noqa: S108  root may write there


def main() -> None:
    """Serve with the fault."""
    fault, port = sys.argv[1:]
    app = FastAPI()
    {"bare": bare, "sync-formatter": sync_formatter, "sibling": sibling, "shm": shm}[fault](app)

    @app.get("/ping")
    async def ping() -> Response:
        return Response()

    uvicorn.run(app, host="0.0.0.0", port=int(port), log_level=os.environ.get("LEVEL", "warning"))


if __name__ == "__main__":
    main()
