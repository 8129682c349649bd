"""Engines that echo what reaches them, with sessions and adapters in both ways: by decorators and by layers."""

import json
from collections.abc import Callable, Mapping
from typing import Any

import httpx
from fastapi import FastAPI, Request, Response

from seatrial.reference_server.protocols.asgi import App, Receive, Scope, Send
from seatrial.reference_server.standards.adapters.decorators import inject_adapter_id
from seatrial.reference_server.standards.adapters.engine import AdapterError
from seatrial.reference_server.standards.adapters.injection import Injection
from seatrial.reference_server.standards.adapters.layer import adapter_layer, injection_layer
from seatrial.reference_server.standards.bootstrap import bootstrap
from seatrial.reference_server.standards.sessions.decorators import stateful_session_manager
from seatrial.reference_server.standards.sessions.layer import session_layer
from support.customer_site import Client

LIMIT = 2**20
SESSION = "X-Amzn-SageMaker-Session-Id"
NEW = "X-Amzn-SageMaker-New-Session-Id"
CLOSED = "X-Amzn-SageMaker-Closed-Session-Id"
ADAPTER = "X-Amzn-SageMaker-Adapter-Identifier"
ALIAS = "X-Amzn-SageMaker-Adapter-Alias"

Way = Callable[..., Client]


def by_decorators(*, id_path: str = "", injection: Injection | None = None) -> Client:
    """Return a FastAPI engine whose handler is decorated as vLLM's is."""

    async def echo(request: Request) -> Response:
        return Response(await request.body())

    handler: Any = echo
    if injection is not None:
        handler = inject_adapter_id(injection.path, injection.append, injection.separator)(handler)
    app = FastAPI()
    app.post("/invocations")(stateful_session_manager(id_path or None)(handler))
    return Client(bootstrap(app))


def by_layers(*, id_path: str = "", injection: Injection | None = None) -> Client:
    """Return a server of plain ASGI inside the same layers."""
    app: App = echo_server
    if injection is not None:
        app = injection_layer(app, injection, limit=LIMIT)
    return Client(session_layer(app, limit=LIMIT, id_path=id_path))


async def echo_server(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer with the body."""
    del scope
    body, more = b"", True
    while more:
        message = await receive()
        body += message.get("body", b"")
        more = message.get("more_body", False)
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": body})


class Shelf:
    """An engine that keeps the names of its adapters."""

    def __init__(self) -> None:
        self.adapters: dict[str, str] = {}

    async def load(self, name: str, src: str, *, preload: bool, pin: bool) -> None:
        """Keep a name."""
        del preload, pin
        if src.startswith("/missing"):
            raise AdapterError(404, f"{src} does not exist")
        self.adapters[name] = src

    async def unload(self, name: str) -> None:
        """Drop a name."""
        if self.adapters.pop(name, None) is None:
            raise AdapterError(404, f"{name} is not loaded")

    def loaded(self) -> Mapping[str, str]:
        """Return the names."""
        return self.adapters

    def client(self) -> Client:
        """Return a client of a server with the routes of adapters."""
        return Client(adapter_layer(echo_server, self))


def ask(client: Client, body: Any = None, session: str | None = None, **headers: str) -> httpx.Response:
    """Send a JSON value to the inference route."""
    named = {} if session is None else {SESSION: session}
    return client.invoke(json.dumps({} if body is None else body).encode(), **named, **headers)


def create(client: Client) -> str:
    """Return the id of a new session."""
    response = ask(client, {"requestType": "NEW_SESSION"})
    assert response.status_code == 200, response.text
    return response.headers[NEW].partition(";")[0]


def close(client: Client, session: str | None) -> httpx.Response:
    """Close a session."""
    return ask(client, {"requestType": "CLOSE"}, session)


def detail(response: httpx.Response) -> str:
    """Return the text of a refusal."""
    return str(response.json()["detail"])
