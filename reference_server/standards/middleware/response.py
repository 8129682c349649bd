"""The answer of the application behind a middleware, to be looked at, changed, and sent on.

An answer that announces its length is taken whole: its `body` can be read and replaced. Any other is a stream, which is
passed on piece by piece as it comes and has no `body`; what is assigned to it replaces the stream.
"""

from collections.abc import AsyncIterable, AsyncIterator

from starlette.responses import Response
from starlette.types import Message, Receive, Scope, Send

from seatrial.reference_server.standards.middleware.running import Running

# Answers that have no body announce no length either.
WITHOUT_BODY = frozenset({204, 304})


class EngineResponse(Response):
    """An answer on its way out.

    Args:
        start: the message that starts it.
        running: what gives the rest of it.
        body: the first piece of its body.
        whole: whether that is all of it.
    """

    body_iterator: AsyncIterable[bytes | str]

    def __init__(self, start: Message, running: Running, body: bytes, *, whole: bool) -> None:
        self.status_code = start["status"]
        self.raw_headers = list(start["headers"])
        self.media_type = None
        self.background = None
        self.running = running
        self._whole = body if whole else None
        self._length = self.headers.get("content-length")
        self._pieces = self.body_iterator = _pieces(body, running)
        if whole:
            self.body = body

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the answer, with what was changed of it."""
        del scope, receive
        body: bytes | str | None = self.__dict__.get("body", self._whole)
        if body is not self._whole:
            await self._send_whole(body.encode() if isinstance(body, str) else bytes(body or b""), send, edited=True)
        elif self.body_iterator is not self._pieces:
            await self._send_pieces(send, edited=True)
        elif self._whole is not None:
            await self._send_whole(self._whole, send, edited=False)
        else:
            await self._send_pieces(send, edited=False)

    async def _send_whole(self, body: bytes, send: Send, *, edited: bool) -> None:
        if edited:
            self.headers["content-length"] = str(len(body))
        await self._send_start(send)
        await send({"type": "http.response.body", "body": body})

    async def _send_pieces(self, send: Send, *, edited: bool) -> None:
        if edited and self._length is not None and self.headers.get("content-length") == self._length:
            del self.headers["content-length"]  # it is the length of what was there before
        await self._send_start(send)
        async for piece in self.body_iterator:
            data = piece.encode() if isinstance(piece, str) else piece
            await send({"type": "http.response.body", "body": data, "more_body": True})
        await send({"type": "http.response.body", "body": b""})

    async def _send_start(self, send: Send) -> None:
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})


async def answer(running: Running) -> EngineResponse:
    """Return the answer of a running application as soon as there is one.

    Raises:
        Exception: whatever the application raised instead of answering.
    """
    start = await running.start()
    announced = any(name.lower() == b"content-length" for name, _ in start["headers"])
    if not announced and start["status"] not in WITHOUT_BODY:
        return EngineResponse(start, running, b"", whole=False)
    message = await running.body()
    return EngineResponse(start, running, message.get("body", b""), whole=not message.get("more_body", False))


async def _pieces(first: bytes, running: Running) -> AsyncIterator[bytes]:
    if first:
        yield first
    async for piece in running.pieces():
        yield piece
