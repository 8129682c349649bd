"""A customer's model directory and variables, and a FastAPI application that an engine has finished."""

import asyncio
import textwrap
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import APIRouter, FastAPI, Request, Response

from seatrial.reference_server.standards.bootstrap import bootstrap

PRELUDE = """
import model_hosting_container_standards.sagemaker as sagemaker
from fastapi import HTTPException, Request, Response
from fastapi.responses import JSONResponse, StreamingResponse
from model_hosting_container_standards.common.fastapi.middleware import (
    custom_middleware, input_formatter, output_formatter
)
"""


class Client:
    """Requests to an application in this process, one event loop each."""

    def __init__(self, app: Any) -> None:
        self.app = app

    def request(self, method: str, path: str, **options: Any) -> httpx.Response:
        """Send one request; what the application raises is a 500, as a server makes it."""

        async def send() -> httpx.Response:
            transport = httpx.ASGITransport(self.app, raise_app_exceptions=False)
            async with httpx.AsyncClient(transport=transport, base_url="http://engine") as client:
                return await client.request(method, path, **options)

        return asyncio.run(send())

    def ping(self) -> httpx.Response:
        """Ask for health."""
        return self.request("GET", "/ping")

    def invoke(self, body: bytes = b"{}", **headers: str) -> httpx.Response:
        """Ask for inference."""
        return self.request("POST", "/invocations", content=body, headers=headers)


class Site:
    """A model directory and the variables that point into it."""

    def __init__(self, directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.directory = directory
        self.monkeypatch = monkeypatch

    def write(self, text: str, name: str = "model.py") -> Path:
        """Write a file of the customer, with the imports that all of them share."""
        path = self.directory / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(PRELUDE + textwrap.dedent(text))
        return path

    def set(self, **variables: str) -> None:
        """Set variables."""
        for name, value in variables.items():
            self.monkeypatch.setenv(name, value)

    def boot(self, app: FastAPI | None = None) -> Client:
        """Return a client of an engine with the customer's code."""
        return Client(bootstrap(engine() if app is None else app))


def engine() -> FastAPI:
    """Return an engine as vLLM makes it: routes of a router, GET and POST for `/ping`."""
    router = APIRouter()

    @router.get("/ping")
    @router.post("/ping")
    async def ping() -> Response:
        return Response("engine")

    @router.post("/invocations")
    async def invocations(raw_request: Request) -> Response:
        return Response(b"engine:" + await raw_request.body())

    app = FastAPI()
    app.include_router(router)
    return app
