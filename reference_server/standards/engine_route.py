"""The engine as the last route of an application: it gets every request that no other route answers."""

from starlette.routing import BaseRoute, Match
from starlette.types import ASGIApp, Receive, Scope, Send


class EngineRoute(BaseRoute):
    """Matches everything, so that other methods of an overridden path reach the engine as well.

    Args:
        engine: the application.
    """

    def __init__(self, engine: ASGIApp) -> None:
        self.engine = engine

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """Match every HTTP request."""
        return (Match.FULL if scope["type"] == "http" else Match.NONE), {}

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Give the request to the engine."""
        await self.engine(scope, receive, send)
