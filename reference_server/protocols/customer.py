r"""A customer's code, sessions and adapters around the native routes, where there are any; else the routes alone.

    throttle --> e2 --> e1 --> pre- and post-processing --> the customer's handlers
                                                        \-> sessions --> adapter injection --> /adapters --> routes

`e1` and `e2` stand for the layers that other engines have of their own: they leave a trace for calls that ask for one.
Nothing of `standards` beyond a table of variables is imported unless something asks for it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from seatrial.reference_server.background import in_own_thread
from seatrial.reference_server.errors import ModelLoadError, NotFoundError, ServingError
from seatrial.reference_server.model import AdapterModel
from seatrial.reference_server.protocols.asgi import headers_of
from seatrial.reference_server.standards import environment

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from seatrial.reference_server.protocols.asgi import App, Message, Receive, Scope, Send
    from seatrial.reference_server.protocols.routing import Router
    from seatrial.reference_server.server import ModelServer

TRACE = "X-Seatrial-Trace"
STATE_VARIABLES = ("SAGEMAKER_ENABLE_STATEFUL_SESSIONS", "SAGEMAKER_SESSIONS_", "SAGEMAKER_TRANSFORMS_")
ADAPTERS = "adapters"


def is_asked_for(server: ModelServer, environ: Mapping[str, str]) -> bool:
    """Return whether anything of the standards is used: code of a customer, a variable of sessions, or adapters."""
    return (
        environment.has_customer_code(environ)
        or any(name.startswith(STATE_VARIABLES) for name in environ)
        or (server.settings.model_dir / ADAPTERS).is_dir()
    )


def application(server: ModelServer, engine: Router, environ: Mapping[str, str]) -> App:
    """Return the native application with whatever the standards put around it.

    Args:
        server: the server that `engine` serves.
        engine: the native application.
        environ: the variables.

    Raises:
        ModelLoadError: a customer's code or a variable cannot be used; the message is one sentence.
    """
    adapters = ServerAdapters(server)
    if not is_asked_for(server, environ):
        return AdapterRoutes(engine, lambda: server.language_model is not None and adapters.supported, adapters)
    from seatrial.reference_server.standards import application as standards  # noqa: PLC0415 - see above
    from seatrial.reference_server.standards.adapters import layer  # noqa: PLC0415 - the same
    from seatrial.reference_server.standards.exceptions import CustomerCodeError  # noqa: PLC0415 - the same

    def serves(path: str) -> bool:
        return engine.serves(path) or (adapters.supported and layer.is_ours(path))

    try:
        state = _with_state(server, engine, adapters, environ)
        wrapped = standards.wrap(state, layers=(_outer, _inner), environ=environ, serves=serves)
    except CustomerCodeError as error:
        raise ModelLoadError(str(error)) from error.__cause__
    return Closing(wrapped, server)


def _with_state(server: ModelServer, engine: App, adapters: ServerAdapters, environ: Mapping[str, str]) -> App:
    from seatrial.reference_server.standards.adapters import injection, startup  # noqa: PLC0415 - see above
    from seatrial.reference_server.standards.adapters.engine import AdapterError  # noqa: PLC0415 - the same
    from seatrial.reference_server.standards.adapters.layer import injection_layer  # noqa: PLC0415 - the same
    from seatrial.reference_server.standards.sessions import layer as sessions  # noqa: PLC0415 - the same
    from seatrial.reference_server.standards.sessions import manager  # noqa: PLC0415 - the same

    limit = server.settings.max_body

    async def load_found() -> None:
        if not adapters.supported:
            return
        try:
            await startup.load_found(NotYetLoaded(server), server.settings.model_dir)
        except AdapterError as error:
            raise ModelLoadError(f"an adapter of the model directory cannot be loaded: {error}") from error

    try:
        manager.start(environ)
    except ValueError as error:
        raise ModelLoadError(str(error)) from error
    server.before_ready.append(load_found)
    called = adapters if server.settings.workers == 1 else FixedAdapters(server)
    routes = AdapterRoutes(engine, lambda: adapters.supported, called)
    return sessions.session_layer(injection_layer(routes, injection.Injection("model"), limit=limit), limit=limit)


class ServerAdapters:
    """The adapters of a server's model, as the routes of the standards speak to them."""

    def __init__(self, server: ModelServer) -> None:
        self._server = server

    @property
    def supported(self) -> bool:
        """Whether the model takes adapters at all; known once it was found."""
        return isinstance(self._model_or_none(), AdapterModel)

    async def load(self, name: str, src: str, *, preload: bool, pin: bool) -> None:
        """Load an adapter.

        Raises:
            AdapterError: the model does not take it.
        """
        del preload, pin  # there is no cache that they could speak of
        await self._call("load_adapter", name, src)

    async def unload(self, name: str) -> None:
        """Unload an adapter.

        Raises:
            AdapterError: there is none of this name.
        """
        await self._call("unload_adapter", name)

    def loaded(self) -> Mapping[str, str]:
        """Return the names of all adapters with their sources."""
        model = self._model_or_none()
        return model.adapters() if isinstance(model, AdapterModel) else {}

    async def _call(self, method: str, *arguments: str) -> None:
        from seatrial.reference_server.standards.adapters.engine import AdapterError  # noqa: PLC0415 - see above

        model = self._model_or_none()
        try:
            await in_own_thread(lambda: getattr(model, method)(*arguments))
        except ServingError as error:
            raise AdapterError(error.status, error.message) from error

    def _model_or_none(self) -> object:
        try:
            return self._server.repository.get()
        except NotFoundError:
            return None


class NotYetLoaded(ServerAdapters):
    """The same, for a model that has taken some of the adapters that lie beside it already."""

    async def load(self, name: str, src: str, *, preload: bool, pin: bool) -> None:
        """Load an adapter, unless there is one of this name."""
        if name not in self.loaded():
            await super().load(name, src, preload=preload, pin=pin)


class FixedAdapters(ServerAdapters):
    """The same, for one of several workers: what one of them loaded or unloaded the others would not know of."""

    async def _call(self, method: str, *arguments: str) -> None:
        from seatrial.reference_server.standards.adapters.engine import AdapterError  # noqa: PLC0415 - see above

        del method, arguments
        raise AdapterError(
            501, "several workers cannot change their adapters: serve with one, or lay them beside the model"
        )


class AdapterRoutes:
    """Serves `/adapters` where the model takes adapters, else whatever lies behind.

    Args:
        behind: serves every other path.
        present: whether there are such routes now; it is known once the model is.
        adapters: of the model.
    """

    def __init__(self, behind: App, present: Callable[[], bool], adapters: ServerAdapters) -> None:
        self._behind, self._present, self._adapters = behind, present, adapters
        self._routes: App | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        ours = scope["type"] == "http" and scope["path"].startswith(f"/{ADAPTERS}") and self._present()
        await (self._made() if ours else self._behind)(scope, receive, send)

    def _made(self) -> App:
        if self._routes is None:
            from seatrial.reference_server.standards.adapters import layer  # noqa: PLC0415 - see above

            self._routes = layer.adapter_layer(self._behind, self._adapters)
        return self._routes


class Traced:
    """A layer of the engine that leaves its name on calls that ask for it."""

    def __init__(self, app: App, name: str) -> None:
        self._app, self._name = app, name

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass one request through."""
        if scope["type"] != "http" or headers_of(scope).get(TRACE.lower()) != "on":
            await self._app(scope, receive, send)
            return
        scope.setdefault("state", {}).setdefault("seatrial_trace", []).append(self._name)

        async def traced(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], (TRACE.encode(), self._name.encode())]
            await send(message)

        await self._app(scope, receive, traced)


class Closing:
    """Ends the connection with each answer once the server is about to stop, whoever answers."""

    def __init__(self, app: App, server: ModelServer) -> None:
        self._app, self._server = app, server

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""

        async def closing(message: Message) -> None:
            if message["type"] == "http.response.start" and self._server.stopping:
                kept = [(name, value) for name, value in message["headers"] if name.lower() != b"connection"]
                message["headers"] = [*kept, (b"connection", b"close")]
            await send(message)

        await self._app(scope, receive, closing)


def _inner(app: App) -> App:
    return Traced(app, "e1")


def _outer(app: App) -> App:
    return Traced(app, "e2")
