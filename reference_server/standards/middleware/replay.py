"""A request whose body a middleware may read or replace, and the application behind it still receives whole."""

from collections.abc import AsyncGenerator

from starlette.requests import Request
from starlette.types import Message


class ReplayingRequest(Request):
    """A request that keeps what was read of it.

    Setting `_body` replaces the body, whether or not it was read before.
    """

    _body: bytes
    _replayed = False

    async def stream(self) -> AsyncGenerator[bytes, None]:
        """Give the body in the pieces in which it comes, and keep them."""
        pieces: list[bytes] = []
        async for piece in super().stream():
            pieces.append(piece)
            yield piece
        if not hasattr(self, "_body"):
            self._body = b"".join(pieces)

    async def replay(self) -> Message:
        """Be `receive` for the application behind: the body as it is now, then the caller's leaving."""
        if not self._replayed and hasattr(self, "_body"):
            self._replayed = True
            return {"type": "http.request", "body": self._body, "more_body": False}
        message = await self._receive()
        while self._replayed and message["type"] == "http.request":
            message = await self._receive()
        return message
