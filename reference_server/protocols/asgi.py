"""Just enough ASGI for this server: reading a body with a limit, and sending an answer. No framework.

A variant that breaks the server at this layer uses the same helpers.
"""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable, MutableMapping
from contextlib import aclosing
from typing import Any, TypeAlias

from seatrial.reference_server.clock import scaled
from seatrial.reference_server.errors import InvalidRequestError, PayloadTooLargeError

Scope: TypeAlias = MutableMapping[str, Any]
Message: TypeAlias = MutableMapping[str, Any]
Receive: TypeAlias = Callable[[], Awaitable[Message]]
Send: TypeAlias = Callable[[Message], Awaitable[None]]
App: TypeAlias = Callable[[Scope, Receive, Send], Awaitable[None]]
Headers: TypeAlias = Iterable[tuple[str, str]]

# Seconds for which the rest of a refused body is read, so that its sender sees the answer and not a reset.
LINGER = 5.0


class CallerLeftError(Exception):
    """The caller has gone: there is nobody to answer."""


def headers_of(scope: Scope) -> dict[str, str]:
    """Return the headers with lower-case names; one that came several times is joined by commas."""
    headers: dict[str, str] = {}
    for raw_name, raw_value in scope["headers"]:
        name, value = raw_name.decode("latin-1").lower(), raw_value.decode("latin-1").strip()
        headers[name] = f"{headers[name]}, {value}" if name in headers else value
    return headers


async def read_body(headers: dict[str, str], receive: Receive, limit: int) -> bytes:
    """Read a whole body, however it is framed.

    Raises:
        PayloadTooLargeError: it is longer than `limit` bytes, or says so.
        InvalidRequestError: Content-Length is no number.
        CallerLeftError: the connection ended first.
    """
    announced = headers.get("content-length", "0")
    if not announced.isdecimal():
        raise InvalidRequestError(f"Content-Length is {announced[:40]!r}, expected a number", code="bad_length")
    if int(announced) > limit:
        raise _too_large(limit)
    parts: list[bytes] = []
    length = 0
    more = True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise CallerLeftError
        parts.append(message.get("body", b""))
        length += len(parts[-1])
        if length > limit:
            raise _too_large(limit)
        more = message.get("more_body", False)
    return b"".join(parts)


async def reply(send: Send, status: int, body: bytes = b"", headers: Headers = (), *, more: bool = False) -> None:
    """Send a whole answer with its length.

    Args:
        send: the ASGI callable.
        status: the status code.
        body: the bytes.
        headers: names and values, visible ASCII.
        more: leave the answer formally open, as `linger` wants it.
    """
    pairs = [(b"content-length", str(len(body)).encode())]
    pairs += [(name.lower().encode("ascii"), value.encode("ascii")) for name, value in headers]
    await send({"type": "http.response.start", "status": status, "headers": pairs})
    await send({"type": "http.response.body", "body": body, "more_body": more})


async def reply_in_parts(send: Send, parts: AsyncGenerator[bytes, None], headers: Headers) -> None:
    """Send an answer of status 200 whose length is not known, each part as soon as it is there.

    The parts are closed in any case, so that what makes them stops.
    """
    pairs = [(name.lower().encode("ascii"), value.encode("ascii")) for name, value in headers]
    async with aclosing(parts):
        await send({"type": "http.response.start", "status": 200, "headers": pairs})
        async for part in parts:
            await send({"type": "http.response.body", "body": part, "more_body": True})
    await send({"type": "http.response.body", "body": b"", "more_body": False})


async def linger(receive: Receive, send: Send) -> None:
    """Read and drop the rest of a request whose answer is out already, then end the answer.

    Closing at once would reset the connection under a client that is still sending, and its answer with it.
    """
    try:
        async with asyncio.timeout(scaled(LINGER)):
            while True:
                message = await receive()
                if message["type"] == "http.disconnect" or not message.get("more_body", False):
                    break
    except TimeoutError:
        pass
    await send({"type": "http.response.body", "body": b"", "more_body": False})


async def departure(receive: Receive) -> None:
    """Return when the caller has left. Use it only once the body has been read."""
    while (await receive())["type"] != "http.disconnect":
        pass


def _too_large(limit: int) -> PayloadTooLargeError:
    return PayloadTooLargeError(f"the body is longer than {limit} bytes, the limit of this server (--max-body)")
