"""Legal peculiarities of answers: their headers, their framing, their status, their bodies."""

import asyncio
import itertools
from collections.abc import Callable
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from seatrial.reference_server.protocols.asgi import App, Message, Receive, Scope, Send, reply
from seatrial.reference_server.variants import oddity


@oddity(layer="asgi")
def chunks_every_answer(app: App) -> App:
    """Send every answer with `Transfer-Encoding: chunked`."""

    def without_length(message: Message) -> None:
        if message["type"] == "http.response.start":
            message["headers"] = [pair for pair in message["headers"] if pair[0] != b"content-length"]

    return _editing(app, without_length)


@oddity(layer="asgi")
def closes_after_each_answer(app: App) -> App:
    """Announce and close every connection after one answer, as servers without keep-alive do."""
    return _with_headers(app, (b"connection", b"close"))


@oddity(layer="asgi")
def adds_many_headers(app: App) -> App:
    """Add what frameworks and proxies add: a request id, a cookie, security headers, in mixed case."""
    numbers = itertools.count()

    def adding(message: Message) -> None:
        if message["type"] == "http.response.start":
            message["headers"] = [
                *message["headers"],
                (b"X-Request-Id", b"%032x" % next(numbers)),
                (b"Set-Cookie", b"route=a; Path=/; HttpOnly"),
                (b"Set-Cookie", b"theme=dark"),
                (b"Strict-Transport-Security", b"max-age=31536000"),
                (b"X-Content-Type-Options", b"nosniff"),
                (b"X-Powered-By", b""),
            ]

    return _editing(app, adding)


@oddity(layer="asgi")
def calls_bad_input_unprocessable(app: App) -> App:
    """Refuse bad input with 422 instead of 400, as FastAPI does."""

    def renamed(message: Message) -> None:
        if message["type"] == "http.response.start" and message["status"] in {400, 406, 415}:
            message["status"] = 422

    return _editing(app, renamed)


@oddity(layer="asgi")
def tells_its_health_in_json(app: App) -> App:
    """Answer GET /ping with a small JSON document, and POST /ping with 405."""

    async def telling(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["path"] == "/ping" and scope["method"] == "POST":
            await reply(send, 405, headers=[("allow", "GET")])
            return

        async def with_body(message: Message) -> None:
            if message["type"] == "http.response.start" and message["status"] == 200:
                kept = [pair for pair in message["headers"] if pair[0] != b"content-length"]
                message["headers"] = [*kept, (b"content-type", b"application/json"), (b"content-length", b"21")]
                await send(message)
                await send({"type": "http.response.body", "body": b'{"status": "Healthy"}', "more_body": False})
            elif message["type"] == "http.response.start" or message.get("body") != b"":
                await send(message)

        await app(scope, receive, with_body if scope["path"] == "/ping" and scope["method"] == "GET" else send)

    return telling


@oddity(layer="asgi")
def serves_a_page_everywhere(app: App) -> App:
    """Answer unknown paths with a page, GET /invocations with another, and send /metrics elsewhere."""

    async def welcoming(scope: Scope, receive: Receive, send: Send) -> None:
        html = [("content-type", "text/html; charset=utf-8")]
        if scope["path"] == "/metrics":
            await reply(send, 307, headers=[("location", "/metrics/")])
        elif scope["path"] not in {"/ping", "/invocations"} or (
            scope["path"] == "/invocations" and scope["method"] == "GET"
        ):
            await reply(send, 200, b"<!doctype html><title>Welcome</title>", html)
        else:
            await app(scope, receive, send)

    return welcoming


@oddity(layer="asgi")
def dribbles_its_answers(app: App) -> App:
    """Send an answer in several pieces, with pauses between them."""

    async def dribbling(scope: Scope, receive: Receive, send: Send) -> None:
        async def piecewise(message: Message) -> None:
            body = message.get("body", b"")
            if message["type"] != "http.response.body" or len(body) < 2 or len(body) > 65_536:
                await send(message)
                return
            for piece in (body[:1], body[1:-1]):
                await send({"type": "http.response.body", "body": piece, "more_body": True})
                await asyncio.sleep(0.002)
            await send({**message, "body": body[-1:]})

        await app(scope, receive, piecewise)

    return dribbling


@oddity(layer="asgi")
def refuses_the_crowd(app: App) -> App:
    """Serve eight calls at a time, and answer 429 to every other one at once."""
    calling = 0

    async def limited(scope: Scope, receive: Receive, send: Send) -> None:
        nonlocal calling
        if scope["path"] != "/invocations":
            await app(scope, receive, send)
            return
        if calling >= 8:
            await reply(send, 429, b"busy", [("retry-after", "1"), ("content-type", "text/plain")])
            return
        calling += 1
        try:
            await app(scope, receive, send)
        finally:
            calling -= 1

    return limited


@oddity(layer="wire")
def gives_no_reason_phrase(protocol: type[HttpToolsProtocol]) -> type[HttpToolsProtocol]:
    """Leave the reason phrase of the status line empty."""

    def shortened(data: bytes) -> bytes:
        line, end, rest = data.partition(b"\r\n")
        return b" ".join(line.split(b" ")[:2]) + b" " + end + rest if line.startswith(b"HTTP/1.1 ") else data

    return _rewriting(protocol, shortened)


@oddity(layer="wire")
def writes_headers_in_title_case(protocol: type[HttpToolsProtocol]) -> type[HttpToolsProtocol]:
    """Write header names as `Content-Type`, with no space behind the colon."""

    def titled(data: bytes) -> bytes:
        if not data.startswith(b"HTTP/1.1 "):
            return data
        head, end, rest = data.partition(b"\r\n\r\n")
        first, *lines = head.split(b"\r\n")
        pairs = [line.split(b": ", 1) for line in lines]
        return b"\r\n".join([first, *(name.title() + b":" + b"".join(value) for name, *value in pairs)]) + end + rest

    return _rewriting(protocol, titled)


@oddity(layer="wire")
def speaks_http_1_0(protocol: type[HttpToolsProtocol]) -> type[HttpToolsProtocol]:
    """Answer as HTTP/1.0 and close, as simple servers do."""

    class Old(protocol):  # type: ignore[valid-type, misc]  # a base that is only known at run time
        def on_response_complete(self) -> None:
            self.cycle.keep_alive = False
            super().on_response_complete()
            self.transport.close()

    def older(data: bytes) -> bytes:
        return b"HTTP/1.0 " + data[9:] if data.startswith(b"HTTP/1.1 ") and not data.startswith(b"HTTP/1.1 1") else data

    return _rewriting(Old, older)


class _Rewriting:
    """A transport that changes what is written through it."""

    def __init__(self, transport: Any, change: Callable[[bytes], bytes]) -> None:
        self._transport = transport
        self._change = change

    def write(self, data: bytes) -> None:
        self._transport.write(self._change(bytes(data)))

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)


def _rewriting(protocol: type[HttpToolsProtocol], change: Callable[[bytes], bytes]) -> type[HttpToolsProtocol]:
    class Changed(protocol):  # type: ignore[valid-type, misc]  # a base that is only known at run time
        def connection_made(self, transport: Any) -> None:
            super().connection_made(_Rewriting(transport, change))

    return Changed


def _with_headers(app: App, *pairs: tuple[bytes, bytes]) -> App:
    def adding(message: Message) -> None:
        if message["type"] == "http.response.start":
            present = {name for name, _ in pairs}
            message["headers"] = [*(pair for pair in message["headers"] if pair[0] not in present), *pairs]

    return _editing(app, adding)


def _editing(app: App, edit: Callable[[Message], None]) -> App:
    async def edited(scope: Scope, receive: Receive, send: Send) -> None:
        async def send_edited(message: Message) -> None:
            edit(message)
            await send(message)

        await app(scope, receive, send_edited)

    return edited
