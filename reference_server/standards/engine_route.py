"""The engine as the last route of an application: it gets every request that no other route answers."""

from collections.abc import Callable

from starlette.routing import BaseRoute, Match
from starlette.types import ASGIApp, Receive, Scope, Send


class EngineRoute(BaseRoute):
    """Matches the engine's own paths fully, so that other methods of an overridden one reach the engine as well.

    Any other path it matches in part: one that another route knows by another method is then that route's to refuse.

    Args:
        engine: the application.
        serves: whether the engine has a path.
    """

    def __init__(self, engine: ASGIApp, serves: Callable[[str], bool]) -> None:
        self.engine = engine
        self.serves = serves

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """Match every WebSocket, and every HTTP request more or less."""
        if scope["type"] == "websocket":
            return Match.FULL, {}
        if scope["type"] != "http":
            return Match.NONE, {}
        return (Match.FULL if self.serves(scope["path"]) else Match.PARTIAL), {}

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Give the request to the engine."""
        await self.engine(scope, receive, send)
