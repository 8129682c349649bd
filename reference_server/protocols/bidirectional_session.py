"""One bidirectional stream, from its acceptance to its close.

A task of its own reads all the while, so that a caller who leaves is noticed while an answer is made, and pings are
answered. Whatever ends a session is told to `_end`; only the first word counts, and an answer in the making decides
for itself whether it may finish.
"""

import asyncio
import contextlib
from collections import deque
from collections.abc import Iterator
from contextlib import aclosing
from dataclasses import dataclass

import orjson

from seatrial.reference_server.clock import scaled
from seatrial.reference_server.errors import (
    CallTimeoutError,
    ModelFailedError,
    ServingError,
    UnavailableError,
    UnsupportedMediaTypeError,
)
from seatrial.reference_server.live import StreamedResponse
from seatrial.reference_server.logs import log
from seatrial.reference_server.media import JSON, MediaType
from seatrial.reference_server.model import InferenceRequest
from seatrial.reference_server.protocols.asgi import Message, Receive, Send
from seatrial.reference_server.server import ModelServer

# Messages of one session that may wait for their turn.
MOST_WAITING = 16
# Bytes of a close frame's reason (RFC 6455, section 5.5: 125 with the code).
LONGEST_REASON = 123
NORMAL, GOING_AWAY, UNSUPPORTED, POLICY, INTERNAL, TRY_AGAIN = 1000, 1001, 1003, 1008, 1011, 1013
# How streams of answers begin the record of a failure, see `api_errors.described`.
FAILURE = b'{"error":'


@dataclass(frozen=True)
class Close:
    """How a session ends: the code and the reason of its close frame; None where the caller has left already."""

    code: int | None
    reason: str = ""


class Session:
    """One session.

    Args:
        server: answers the messages.
        receive: the ASGI callable, past the connect event.
        send: the ASGI callable.
    """

    def __init__(self, server: ModelServer, receive: Receive, send: Send) -> None:
        self._server = server
        self._receive, self._send = receive, send
        self._waiting: deque[bytes] = deque()
        self._news = asyncio.Event()
        self._close: Close | None = None
        self._answering: asyncio.Future[None] | None = None
        self._cut: ServingError | None = None

    async def run(self) -> None:
        """Accept, answer each message, and close."""
        limit = scaled(self._server.settings.bidirectional_timeout)
        timer = asyncio.get_running_loop().call_later(limit, self._expire, limit)
        with contextlib.suppress(OSError):  # the caller left while something was sent
            await self._send({"type": "websocket.accept"})
            reading = asyncio.ensure_future(self._read())
            try:
                while (message := await self._next()) is not None:
                    await self._answer(message)
                await self._say_goodbye()
            finally:
                reading.cancel()
                timer.cancel()

    def drain(self) -> None:
        """End the session once the answer in the making, if there is one, is out."""
        self._end(Close(GOING_AWAY, "the server is stopping"))

    def _expire(self, seconds: float) -> None:
        """End the session now: the platform would."""
        if self._answering is not None and not self._answering.done():
            self._cut = CallTimeoutError(f"the stream was open for {seconds:g} s, which is as long as it may")
            self._answering.set_result(None)
        self._end(Close(NORMAL, f"the stream was open for {seconds:g} s"))

    def _end(self, close: Close) -> None:
        self._close = self._close or close
        self._news.set()

    async def _read(self) -> None:
        while (message := await self._receive())["type"] != "websocket.disconnect":
            if len(self._waiting) == MOST_WAITING:
                self._end(Close(TRY_AGAIN, f"{MOST_WAITING} messages wait for their answers already"))
                continue
            self._waiting.append(_bytes_of(message))
            self._news.set()
        self._close = Close(None)
        self._news.set()
        if self._answering is not None and not self._answering.done():
            self._answering.set_result(None)

    async def _next(self) -> bytes | None:
        """Return the next message; None where the session is to end."""
        while self._close is None and not self._waiting:
            self._news.clear()
            await self._news.wait()
        return None if self._close else self._waiting.popleft()

    async def _answer(self, message: bytes) -> None:
        self._answering = asyncio.get_running_loop().create_future()
        try:
            await self._give(message, self._answering)
        except ServingError as error:
            await self._fail(self._cut or error)
        else:
            if self._cut is not None:
                await self._fail(self._cut)
        self._answering = None

    async def _give(self, message: bytes, left: asyncio.Future[None]) -> None:
        """Send every record of the answer to a message."""
        request = InferenceRequest(_with_stream(message, wanted=self._server.speaks_openai), MediaType(JSON))
        response = await self._server.infer(request, left=left)
        if not isinstance(response, StreamedResponse):
            await self._say(response.body)
            return
        async with aclosing(response.chunks) as chunks:
            async for chunk in chunks:
                for record in _records(chunk):
                    if record.startswith(FAILURE):
                        raise _failure(record)
                    await self._say(record)

    async def _fail(self, error: ServingError) -> None:
        if self._close is not None and self._close.code is None:
            return
        log.warning("a bidirectional stream ends with %s: %s", error.code, error.message)
        told = orjson.loads(error.body())["error"]
        await self._say(orjson.dumps({"ModelStreamError": {"ErrorCode": told["code"], "Message": told["message"]}}))
        self._close = Close(_code(error), f"{told['code']}: {told['message']}")

    async def _say(self, data: bytes) -> None:
        """Send one message: text where the bytes are UTF-8."""
        try:
            await self._send({"type": "websocket.send", "text": data.decode()})
        except UnicodeDecodeError:
            await self._send({"type": "websocket.send", "bytes": data})

    async def _say_goodbye(self) -> None:
        close = self._close
        if close is not None and close.code is not None:
            reason = close.reason.encode()[:LONGEST_REASON].decode(errors="ignore")
            await self._send({"type": "websocket.close", "code": close.code, "reason": reason})


def _bytes_of(message: Message) -> bytes:
    text: str | None = message.get("text")
    data: bytes = message.get("bytes") or b""
    return data if text is None else text.encode()


def _with_stream(message: bytes, *, wanted: bool) -> bytes:
    """Return a request that asks for its answer piece by piece; what is no JSON object is the model's to refuse."""
    if not wanted:
        return message
    try:
        value = orjson.loads(message)
    except orjson.JSONDecodeError:
        return message
    return orjson.dumps({**value, "stream": True}) if isinstance(value, dict) else message


def _records(chunk: bytes) -> Iterator[bytes]:
    """Yield the JSON records of a piece of a stream: lines, or the data of server-sent events."""
    for line in chunk.splitlines():
        record = line.removeprefix(b"data: ")
        if record.startswith(b"{"):
            yield record


def _failure(record: bytes) -> ServingError:
    told = orjson.loads(record)["error"]
    kind = UnavailableError if told["code"] in {"stopping", "overloaded"} else ModelFailedError
    return kind(told["message"], code=told["code"])


def _code(error: ServingError) -> int:
    """Return the code of the close that tells a failure."""
    if error.code == "stopping":
        return GOING_AWAY
    if isinstance(error, UnavailableError):
        return TRY_AGAIN
    if isinstance(error, UnsupportedMediaTypeError):
        return UNSUPPORTED
    return POLICY if error.status < 500 else INTERNAL
