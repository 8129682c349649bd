"""What faults of adapters are made of: other answers of `/adapters`, other headers and bodies of calls to the model.

Nothing here is a mutant.
"""

import dataclasses
import json
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from seatrial.reference_server.live import LiveCall
from seatrial.reference_server.model import InferenceRequest
from seatrial.reference_server.mutants.invocations_tools import Handler, Reply, answer_of
from seatrial.reference_server.protocols.asgi import App, Receive, Scope, Send, reply

__all__ = [
    "HEADER", "PATH", "Answering", "adapter_of", "answering", "loads", "named", "on_adapters", "restated", "unloads",
    "without_model",
]  # fmt: skip

PATH = "/adapters"
HEADER = "x-amzn-sagemaker-adapter-identifier"

Answering = Callable[[InferenceRequest, str, LiveCall], Awaitable[Any]]
"""How a language model answers a request."""


def on_adapters(app: App, handle: Handler, *methods: str) -> App:
    """Return the application with another handler for some methods below `/adapters`, all of them by default."""

    async def wrapped(scope: Scope, receive: Receive, send: Send) -> None:
        ours = scope["type"] == "http" and scope["path"].startswith(PATH)
        if ours and (not methods or scope["method"] in methods):
            await handle(app, scope, receive, send)
        else:
            await app(scope, receive, send)

    return wrapped


def loads(app: App, handle: Handler) -> App:
    """Return the application with another handler for loads."""
    return on_adapters(app, handle, "POST")


def unloads(app: App, handle: Handler) -> App:
    """Return the application with another handler for unloads."""
    return on_adapters(app, handle, "DELETE")


def restated(app: App, method: str, status: int, when: Callable[[Reply], bool]) -> App:
    """Return the application that answers some loads (POST) or unloads (DELETE) with another status."""

    async def handle(inner: App, scope: Scope, receive: Receive, send: Send) -> None:
        answer = await answer_of(inner, scope, receive)
        said = status if when(answer) else answer.status
        await reply(send, said, answer.body, answer.headers.items())

    return on_adapters(app, handle, method)


def adapter_of(request: InferenceRequest) -> str:
    """Return the adapter that the header names, empty for none."""
    return request.headers.get(HEADER, "")


def named(request: InferenceRequest, adapter: str) -> InferenceRequest:
    """Return the request with another adapter in the header, or none."""
    headers = {name: value for name, value in request.headers.items() if name != HEADER}
    return dataclasses.replace(request, headers={**headers, **({HEADER: adapter} if adapter else {})})


def without_model(_: Mapping[str, str], body: bytes) -> bytes:
    """Return a body without its field `model`; as it was where it is no JSON object."""
    try:
        value = json.loads(body)
    except ValueError:
        return body
    if not isinstance(value, dict) or "model" not in value:
        return body
    del value["model"]
    return json.dumps(value).encode()


def answering(model: Any, answer: Callable[[Answering, InferenceRequest, str, LiveCall], Awaitable[Any]]) -> Any:
    """Return a language model that answers in another way; `answer` gets the way that it replaces."""
    real: Answering = model.reply
    model.reply = lambda request, form, call: answer(real, request, form, call)
    return model
