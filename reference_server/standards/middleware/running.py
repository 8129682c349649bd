"""The application behind a middleware, running in a task of its own so that its answer can be passed on as it comes."""

import asyncio
from collections.abc import AsyncIterator

from starlette.types import ASGIApp, Message, Receive, Scope


class Channel:
    """Messages from one task to another, one at a time: the sender waits until the last one was taken."""

    def __init__(self) -> None:
        self._message: Message | None = None
        self._full = asyncio.Event()
        self._empty = asyncio.Event()
        self._empty.set()
        self._abandoned = False
        self._ended = False

    async def put(self, message: Message) -> None:
        """Hand over a message.

        Raises:
            OSError: nobody takes messages any longer, as servers say it.
        """
        await self._empty.wait()
        if self._abandoned:
            raise OSError("the answer was replaced by a middleware")
        self._empty.clear()
        self._message = message
        self._full.set()

    async def take(self) -> Message | None:
        """Return the next message, None when there are no more."""
        await self._full.wait()
        message, self._message = self._message, None
        if not self._ended:
            self._full.clear()
        self._empty.set()
        return message

    def end(self) -> None:
        """Say that no message follows."""
        self._ended = True
        self._full.set()

    def abandon(self) -> None:
        """Take no more messages."""
        self._abandoned = True
        self._empty.set()


class Running:
    """One run of an application.

    Args:
        app: the application behind the middleware.
        scope: its scope.
        receive: where it gets the request from.
    """

    def __init__(self, app: ASGIApp, scope: Scope, receive: Receive) -> None:
        self._channel = Channel()
        self._complete = False
        self._task = asyncio.create_task(self._run(app, scope, receive))
        self._task.add_done_callback(lambda _: self._channel.end())

    async def start(self) -> Message:
        """Return the message that starts the answer.

        Raises:
            Exception: whatever the application raised instead of answering.
        """
        return await self._next("http.response.start")

    async def body(self) -> Message:
        """Return the next message of the body.

        Raises:
            Exception: whatever the application raised instead of going on.
        """
        message = await self._next("http.response.body")
        self._complete = not message.get("more_body", False)
        return message

    async def pieces(self) -> AsyncIterator[bytes]:
        """Give the rest of the body, piece by piece."""
        while not self._complete:
            piece: bytes = (await self.body()).get("body", b"")
            if piece:
                yield piece

    async def finish(self) -> None:
        """Wait for what the application does after its answer.

        Raises:
            Exception: whatever it raises there.
        """
        answered = self._complete
        self._channel.abandon()
        try:
            await self._task
        except Exception:  # an answer that was replaced may end as it likes
            if answered:
                raise

    async def cancel(self) -> None:
        """End the application now."""
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)

    async def _run(self, app: ASGIApp, scope: Scope, receive: Receive) -> None:
        await app(scope, receive, self._channel.put)

    async def _next(self, kind: str) -> Message:
        while True:
            message = await self._channel.take()
            if message is None:
                await self._task
                raise RuntimeError("the application behind a middleware ended without an answer")
            if message["type"] == kind:
                return message
