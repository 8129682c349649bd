"""A customer's file of layers that variables name: functions, a class, and a static method of one."""

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from fastapi import Request, Response
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

Next = Callable[[Request], Awaitable[Response]]


def trace_of(scope: MutableMapping[str, Any]) -> list[str]:
    """The names of the layers that this request has passed."""
    names: list[str] = scope.setdefault("state", {}).setdefault("seatrial_trace", [])
    return names


class Throttle:
    """A throttle as an ASGI class."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Report the trace."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        trace_of(scope).append("ET")

        async def stamp(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers.append("X-Seatrial-Trace", "ET")
                headers["X-Seatrial-Request-Trace"] = ",".join(trace_of(scope))
            await send(message)

        await self.app(scope, receive, stamp)


class Layers:
    """Holds a layer that needs no instance."""

    @staticmethod
    async def process(request: Request, call_next: Next) -> Response:
        """The layer before and after the handler."""
        trace_of(request.scope).append("EPP")
        response = await call_next(request)
        response.headers.append("X-Seatrial-Trace", "EPP")
        return response


async def pre(request: Request) -> Request:
    """The part before the handler."""
    trace_of(request.scope).append("EPRE")
    return request


async def post(response: Response) -> Response:
    """The part after the handler."""
    response.headers.append("X-Seatrial-Trace", "EPOST")
    return response
