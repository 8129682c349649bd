"""The paths that a language model has beside `/invocations`: those of OpenAI's interface (`aws:openai`).

They exist while a model of that kind is served, and only then.
"""

import time
from collections.abc import Awaitable, Callable

import orjson

from seatrial.reference_server.api_errors import ApiError
from seatrial.reference_server.errors import MethodNotAllowedError
from seatrial.reference_server.live import CHAT, COMPLETION, LiveModel
from seatrial.reference_server.media import JSON
from seatrial.reference_server.protocols.calls import infer
from seatrial.reference_server.protocols.routing import Answer, Exchange, Handler
from seatrial.reference_server.server import ModelServer

METHODS = ("DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT")


class OpenAIRoutes:
    """The handlers, over one model server."""

    def __init__(self, server: ModelServer) -> None:
        self._server = server
        self._created = int(time.time())
        self._table: dict[str, dict[str, Handler]] = {
            "/v1/models": _only(("GET", "HEAD"), self.models),
            "/v1/completions": _only(("POST",), self._call(COMPLETION)),
            "/v1/chat/completions": _only(("POST",), self._call(CHAT)),
        }

    def table(self) -> dict[str, dict[str, Handler]]:
        """Return the routes: none, where no language model is served."""
        return self._table if self._model() else {}

    async def models(self, exchange: Exchange) -> Answer:
        """List the model and its adapters."""
        del exchange
        model = self._model()
        names = model.names() if model else ()
        cards = [
            {
                "id": name,
                "object": "model",
                "created": self._created,
                "owned_by": "seatrial",
                "parent": names[0] if name != names[0] else None,
            }
            for name in names
        ]
        return Answer(200, orjson.dumps({"object": "list", "data": cards}), (("content-type", JSON),))

    def _model(self) -> LiveModel | None:
        return self._server.language_model

    def _call(self, form: str) -> Callable[[Exchange], Awaitable[Answer]]:
        async def handle(exchange: Exchange) -> Answer:
            return await infer(self._server, exchange, form)

        return handle


def _only(methods: tuple[str, ...], handler: Handler) -> dict[str, Handler]:
    """Return the handlers of a path: those of other methods refuse them in OpenAI's shape."""

    async def refuse(exchange: Exchange) -> Answer:
        scope, allowed = exchange.scope, ", ".join(methods)
        message = f"{scope['path']} does not take {scope['method']}, only {allowed}"
        raise ApiError(MethodNotAllowedError(message, headers=(("allow", allowed),)))

    return dict.fromkeys(METHODS, refuse) | dict.fromkeys(methods, handler)
