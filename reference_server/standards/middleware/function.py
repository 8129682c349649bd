"""A function of `request` and `call_next` as an ASGI middleware, without a framework's base class in between.

Streams pass piece by piece; an answer with a length can be edited; the body of the request can be replaced.
"""

from collections.abc import Awaitable, Callable
from typing import TypeAlias

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from seatrial.reference_server.standards.middleware.replay import ReplayingRequest
from seatrial.reference_server.standards.middleware.response import EngineResponse, answer
from seatrial.reference_server.standards.middleware.running import Running

CallNext: TypeAlias = Callable[[Request], Awaitable[Response]]
Dispatch: TypeAlias = Callable[[Request, CallNext], Awaitable[Response]]


class FunctionMiddleware:
    """Runs a customer's function around an application.

    Args:
        app: the application.
        dispatch: the function; what it raises is an error of the server.
    """

    def __init__(self, app: ASGIApp, dispatch: Dispatch) -> None:
        self.app = app
        self.dispatch = dispatch

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request; anything but HTTP passes untouched."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        request = ReplayingRequest(scope, receive)
        runs: list[Running] = []

        async def call_next(_: Request) -> EngineResponse:
            runs.append(Running(self.app, scope, request.replay))
            return await answer(runs[-1])

        try:
            response = await self.dispatch(request, call_next)
            await response(scope, receive, send)
        except BaseException:
            for run in runs:
                await run.cancel()
            raise
        for run in runs:
            await run.finish()
