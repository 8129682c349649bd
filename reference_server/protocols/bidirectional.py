"""Bidirectional streams: the WebSocket that the platform opens to a container (`aws:hosting#bidirectional`).

Here one message, text or binary, is one JSON request, and each record of its answer is one text frame: each token of a
language model, else the whole answer. Messages are answered one after another, in order. What fails is told twice, as
the platform reads it: in a frame, and in the code and reason of the close that follows.

    {"ModelStreamError": {"ErrorCode": "invalid_json", "Message": "the body is no JSON: ..."}}
"""

from seatrial.reference_server.errors import NotFoundError, ServingError, UnavailableError
from seatrial.reference_server.logs import log
from seatrial.reference_server.media import JSON
from seatrial.reference_server.protocols.asgi import Receive, Scope, Send
from seatrial.reference_server.protocols.bidirectional_session import Session
from seatrial.reference_server.server import ModelServer

PATH = "/invocations-bidirectional-stream"


class BidirectionalStreams:
    """The ASGI application of WebSockets, over one model server: admits sessions and ends them when the server stops.

    A path or a time that is not served is refused with an HTTP status before any WebSocket stands.
    """

    def __init__(self, server: ModelServer) -> None:
        self._server = server
        self._open: set[Session] = set()
        server.at_drain.append(self._drain)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one WebSocket from its handshake to its end."""
        await receive()
        try:
            self._admit(scope)
        except ServingError as error:
            log.warning("WebSocket %.80r %d %s: %s", scope["path"], error.status, error.code, error.message)
            await _refuse(send, error)
            return
        # uvicorn ends whatever it does not find here with 1012 at once, an answer in the making or not.
        scope["state"]["ends_by_itself"] = True
        session = Session(self._server, receive, send)
        self._open.add(session)
        try:
            await session.run()
        finally:
            self._open.discard(session)

    def _admit(self, scope: Scope) -> None:
        if scope["path"] != PATH:
            raise NotFoundError(f"no stream is served at {scope['path'][:80]!r}, only at {PATH}")
        if self._server.stopping:
            raise UnavailableError("the server is stopping", code="stopping")
        if not self._server.loaded:
            raise UnavailableError("the model is still loading: try again", code="loading")
        limit = self._server.settings.bidirectional_limit
        if len(self._open) >= limit:
            raise UnavailableError(f"{limit} bidirectional streams are open already: try again", code="overloaded")

    def _drain(self) -> None:
        for session in tuple(self._open):
            session.drain()


async def _refuse(send: Send, error: ServingError) -> None:
    headers = [(b"content-type", JSON.encode()), (b"connection", b"close")]
    await send({"type": "websocket.http.response.start", "status": error.status, "headers": headers})
    await send({"type": "websocket.http.response.body", "body": error.body()})


def ends_by_itself(scope: Scope) -> bool:
    """Return whether the application behind a WebSocket ends it when the server stops."""
    return bool(scope.get("state", {}).get("ends_by_itself"))
