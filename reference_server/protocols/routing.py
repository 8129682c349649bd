"""From a path and a method to a handler, and from whatever a handler raises to an answer.

Every refusal is a JSON body, every failed request one line in the log. A ping is never logged.
"""

from collections import Counter
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from seatrial.reference_server.errors import (
    MethodNotAllowedError,
    NotFoundError,
    PayloadTooLargeError,
    ServingError,
)
from seatrial.reference_server.live import StreamedResponse
from seatrial.reference_server.logs import log
from seatrial.reference_server.media import JSON
from seatrial.reference_server.model import InferenceResponse
from seatrial.reference_server.protocols.asgi import (
    App,
    CallerLeftError,
    Receive,
    Scope,
    Send,
    headers_of,
    linger,
    reply,
    reply_in_parts,
)

CLOSE = ("connection", "close")


@dataclass(frozen=True)
class Exchange:
    """One request as a handler sees it: the headers are read, the body is still to come."""

    scope: Scope
    headers: dict[str, str]
    receive: Receive


@dataclass(frozen=True)
class Answer:
    """What a handler returns: a body, or the parts of one that is still being made (its status is then 200)."""

    status: int = 200
    body: bytes = b""
    headers: tuple[tuple[str, str], ...] = ()
    parts: AsyncGenerator[bytes, None] | None = None


Handler: TypeAlias = Callable[[Exchange], Awaitable[Answer]]


class Router:
    """An ASGI application over a table: path, then method, then handler.

    Args:
        routes: returns the table as it is now.
        answers: counts answers by status.
        quiet: paths whose refusals are no news, such as `/ping` while the model loads.
        stopping: whether answers should end their connections, because the server is about to.
        websockets: serves those, whatever their path.
    """

    def __init__(
        self,
        routes: Callable[[], Mapping[str, Mapping[str, Handler]]],
        *,
        answers: Counter[int],
        quiet: frozenset[str],
        stopping: Callable[[], bool],
        websockets: App,
    ) -> None:
        self._routes = routes
        self._answers = answers
        self._quiet = quiet
        self._stopping = stopping
        self._websockets = websockets

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one HTTP request, or serve one WebSocket."""
        if scope["type"] == "websocket":
            await self._websockets(scope, receive, send)
            return
        exchange = Exchange(scope, headers_of(scope), receive)
        try:
            handler = self._find(scope["path"], scope["method"])
            answer = await handler(exchange)
        except CallerLeftError:
            self._tell(scope, 499, "caller_left: the caller closed the connection before its answer")
        except ServingError as error:
            await self._refuse(exchange, send, error)
        except Exception:  # noqa: BLE001 - the last line of defence: a defect must not end the connection
            log.exception("%s %.80r failed", scope["method"], scope["path"])
            await self._refuse(exchange, send, ServingError("the server failed: its log says why"))
        else:
            self._answers[answer.status] += 1
            headers = (*answer.headers, CLOSE) if self._stopping() else answer.headers
            if answer.parts is None:
                await reply(send, answer.status, answer.body, headers)
            else:
                await reply_in_parts(send, answer.parts, headers)

    def serves(self, path: str) -> bool:
        """Return whether a path is in the table now."""
        return path in self._routes()

    def _find(self, path: str, method: str) -> Handler:
        routes = self._routes()
        methods = routes.get(path)
        if methods is None:
            known = ", ".join(sorted(routes))
            raise NotFoundError(f"nothing is served at {path[:80]!r}, only at {known}")
        if method not in methods:
            allowed = ", ".join(sorted(methods))
            raise MethodNotAllowedError(
                f"{path} does not take {method[:20]}, only {allowed}", headers=(("allow", allowed),)
            )
        return methods[method]

    async def _refuse(self, exchange: Exchange, send: Send, error: ServingError) -> None:
        if exchange.scope["path"] not in self._quiet:
            self._tell(exchange.scope, error.status, f"{error.code}: {error.message}")
        self._answers[error.status] += 1
        body = error.body()
        headers = (("content-type", JSON), *error.headers)
        unread = error.status == PayloadTooLargeError.status
        body_may_come = unread or "expect" in exchange.headers
        if body_may_come or self._stopping():
            headers += (CLOSE,)
        await reply(send, error.status, body, headers, more=unread)
        if unread:
            await linger(exchange.receive, send)

    def _tell(self, scope: Scope, status: int, reason: str) -> None:
        line = f"{scope['method']} {scope['path'][:80]} {status} {reason[:400]}"
        log.warning("%s", line.encode("unicode_escape").decode())


def answer_of(response: InferenceResponse | StreamedResponse) -> Answer:
    """Turn a model's answer into an HTTP answer."""
    if isinstance(response, StreamedResponse):
        return Answer(200, b"", (("content-type", response.content_type), *response.headers), response.chunks)
    return Answer(200, response.body, (("content-type", response.content_type), *response.headers))
