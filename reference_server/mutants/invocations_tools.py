"""What faults of `/invocations` are made of: change the request before the server sees it, or the answer after it.

Nothing here is a mutant. Everything but `POST /invocations` passes untouched.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from typing import TypeAlias

from seatrial.reference_server.protocols.asgi import App, Message, Receive, Scope, Send, headers_of, reply

PATH = "/invocations"

Handler: TypeAlias = Callable[[App, Scope, Receive, Send], Awaitable[None]]


@dataclass(frozen=True)
class Reply:
    """An answer as the server would have sent it: names of headers in lower case, no Content-Length among them."""

    status: int
    headers: dict[str, str]
    body: bytes

    def with_header(self, name: str, value: str) -> "Reply":
        """Return it with one header set."""
        return replace(self, headers={**self.headers, name: value})

    def without_header(self, name: str) -> "Reply":
        """Return it without one header."""
        return replace(self, headers={key: value for key, value in self.headers.items() if key != name})


def on_invocations(app: App, handle: Handler) -> App:
    """Return the application with another handler for POST /invocations, which gets the application it replaces."""

    async def wrapped(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["path"] == PATH and scope["method"] == "POST":
            await handle(app, scope, receive, send)
        else:
            await app(scope, receive, send)

    return wrapped


def changed_answers(app: App, change: Callable[[dict[str, str], Reply], Reply]) -> App:
    """Return the application with changed answers; `change` gets the headers of the request and the answer."""

    async def handle(inner: App, scope: Scope, receive: Receive, send: Send) -> None:
        answer = change(headers_of(scope), await answer_of(inner, scope, receive))
        await reply(send, answer.status, answer.body, answer.headers.items())

    return on_invocations(app, handle)


def changed_headers(app: App, change: Callable[[dict[str, str]], dict[str, str]]) -> App:
    """Return the application behind changed request headers; what `change` raises becomes a 500."""

    async def handle(inner: App, scope: Scope, receive: Receive, send: Send) -> None:
        headers = change(headers_of(scope))
        pairs = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers.items()]
        await inner({**scope, "headers": pairs}, receive, send)

    return on_invocations(app, handle)


def changed_bodies(app: App, change: Callable[[dict[str, str], bytes], bytes]) -> App:
    """Return the application behind changed request bodies; `change` gets the headers of the request and the body."""

    async def handle(inner: App, scope: Scope, receive: Receive, send: Send) -> None:
        body = change(headers_of(scope), await whole_body(receive))
        await inner(with_length(scope, len(body)), given(body, receive), send)

    return on_invocations(app, handle)


async def answer_of(app: App, scope: Scope, receive: Receive) -> Reply:
    """Let the application answer, and return the answer instead of sending it."""
    status, headers, parts = 0, dict[str, str](), list[bytes]()

    async def keep(message: Message) -> None:
        nonlocal status
        if message["type"] == "http.response.start":
            status = message["status"]
            headers.update((name.decode("latin-1"), value.decode("latin-1")) for name, value in message["headers"])
        else:
            parts.append(message.get("body", b""))

    await app(scope, receive, keep)
    headers.pop("content-length", None)
    return Reply(status, headers, b"".join(parts))


async def whole_body(receive: Receive) -> bytes:
    """Return the body, empty where the caller left."""
    parts: list[bytes] = []
    more = True
    while more:
        message = await receive()
        parts.append(message.get("body", b""))
        more = message.get("more_body", False)
    return b"".join(parts)


def given(body: bytes, receive: Receive) -> Receive:
    """Return a `receive` that first gives this body, then what the real one gives."""
    messages: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def from_here() -> Message:
        return messages.pop() if messages else await receive()

    return from_here


def with_length(scope: Scope, length: int) -> Scope:
    """Return a scope whose headers state another length, and no chunks."""
    kept = [pair for pair in scope["headers"] if pair[0].lower() not in {b"content-length", b"transfer-encoding"}]
    return {**scope, "headers": [*kept, (b"content-length", b"%d" % length)]}
