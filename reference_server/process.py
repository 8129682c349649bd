"""How the server is run as a process: logs, signals, the socket, the event loop, the end and its exit code.

One class, one method a step, so that a mutant of this layer overrides exactly the step that it breaks.

- The socket listens before the model loads: a connection is never refused, `/ping` is 503 until it is not.
- SIGTERM: `/ping` is 503 at once and each answer ends its connection; a second later, when everything that was on its
  way has been read, the listener closes; started calls finish (`--stop-grace`); exit code 0. Again: no effect.
- A model or a customer's code that cannot be loaded: the reason in the log, exit code 1. The code comes first.
"""

import asyncio
import os
import signal
import socket
import sys
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from types import FrameType
from typing import Any

import uvicorn
import uvloop
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from seatrial.reference_server import backends, logs, variants
from seatrial.reference_server.background import in_own_thread
from seatrial.reference_server.clock import scaled
from seatrial.reference_server.errors import ModelLoadError
from seatrial.reference_server.logs import log
from seatrial.reference_server.protocols import customer, sagemaker
from seatrial.reference_server.protocols.asgi import App
from seatrial.reference_server.protocols.websocket import WebSocketProtocol
from seatrial.reference_server.repository import ModelRepository
from seatrial.reference_server.server import ModelServer
from seatrial.reference_server.settings import Settings
from seatrial.reference_server.variants import Layer, Variant

# Seconds in which a stopping server still reads what was sent to it before: closing at once would reset those callers.
SETTLE = 1.0
STOP_SIGNALS = (signal.SIGTERM, signal.SIGINT)


class _Uvicorn(uvicorn.Server):
    """uvicorn without its signal handlers: those would raise the signal again and end with code 143."""

    @contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        yield


class ServerProcess:
    """One process that serves.

    Args:
        settings: what the user chose.
        chosen: the variants to serve with; those of other layers than this class's own are applied here.
    """

    def __init__(self, settings: Settings, chosen: Sequence[Variant] = ()) -> None:
        self.settings = settings
        self.chosen = chosen
        self.exit_code = 0
        self.server: ModelServer | None = None
        self.http: uvicorn.Server | None = None
        self.loop: asyncio.AbstractEventLoop | None = None
        self.stopping = False

    def run(self) -> int:
        """Serve until told to stop, and return the exit code."""
        sys.dont_write_bytecode = True  # code that a model brings stays as it was shipped
        self.configure_logs()
        self.install_signals()
        try:
            listener = self.bind()
        except OSError as error:
            return self.cannot_listen(error)
        return self.serve(listener)

    def cannot_listen(self, error: OSError) -> int:
        """Say why there is no socket, and return the exit code."""
        log.error("cannot listen on %s:%s: %s", self.settings.host, self.settings.port, error.strerror or error)
        return 1

    def configure_logs(self) -> None:
        """Set up logging."""
        logs.configure(self.settings.log_level)

    def install_signals(self) -> None:
        """Have stop signals end the process in order."""
        for number in STOP_SIGNALS:
            signal.signal(number, self.on_signal)

    def on_signal(self, number: int, frame: FrameType | None) -> None:
        """Begin to stop; a second signal changes nothing. Before there is a loop, end at once."""
        del frame
        if self.loop is None:
            os._exit(0)
        if self.stopping:
            return
        self.stopping = True
        log.info("%s: stopping, started calls may finish", signal.Signals(number).name)
        self.stop()

    def bind(self) -> socket.socket:
        """Return a listening socket."""
        listener = self.bound()
        listener.listen(self.settings.backlog)
        log.info("listening on %s:%d", *listener.getsockname()[:2])
        return listener

    def bound(self) -> socket.socket:
        """Return a socket that has the address; with several workers each may have one of it."""
        host, port = self.settings.host, self.settings.port
        family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
        listener = socket.socket(family, socket.SOCK_STREAM)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if self.settings.workers > 1:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        listener.bind(address)
        return listener

    def serve(self, listener: socket.socket) -> int:
        """Run the event loop on the socket until the end, and return the exit code."""
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(self.main(listener))
        log.info("stopped, exit code %d", self.exit_code)
        return self.exit_code

    async def main(self, listener: socket.socket) -> None:
        """Serve and load at the same time; end when the HTTP server has ended."""
        self.server = self.make_server()
        try:
            app = self.build_app(self.server)  # may import a customer's code; until then a stop signal ends at once
        except ModelLoadError as error:
            log.error("cannot serve: %s", error, exc_info=error.__cause__)
            self.exit_code = 1
            return
        self.loop = asyncio.get_running_loop()
        self.http = _Uvicorn(self.http_config(app))
        loading = asyncio.create_task(self.load(self.server))
        await self.listen(self.http, listener, loading)
        loading.cancel()
        self.server.close()

    def make_server(self) -> ModelServer:
        """Return the server, without its models."""
        return ModelServer(self.settings, ModelRepository())

    async def listen(self, http: uvicorn.Server, listener: socket.socket, loading: asyncio.Task[None]) -> None:
        """Serve HTTP on the socket until the end, whether or not the model is loaded yet."""
        del loading
        await http.serve(sockets=[listener])

    def build_app(self, server: ModelServer) -> App:
        """Return the ASGI application.

        Raises:
            ModelLoadError: a customer's code cannot be used.
        """
        native = sagemaker.application(server)
        return variants.apply(Layer.ASGI, customer.application(server, native, os.environ), self.chosen)

    def http_config(self, app: App) -> uvicorn.Config:
        """Return uvicorn's settings for an application."""
        grace = scaled(self.settings.stop_grace)
        options: dict[str, Any] = {  # uvicorn annotates its seconds as whole, and takes fractions
            "timeout_keep_alive": scaled(self.settings.keep_alive),
            "timeout_graceful_shutdown": grace + scaled(2),
        }
        return uvicorn.Config(
            app,
            http=variants.apply(Layer.WIRE, HttpToolsProtocol, self.chosen),
            ws=WebSocketProtocol,
            ws_ping_interval=None,
            ws_per_message_deflate=False,
            lifespan="off",
            interface="asgi3",
            log_config=None,
            access_log=False,
            proxy_headers=False,
            server_header=False,
            backlog=self.settings.backlog,
            **options,
        )

    async def load(self, server: ModelServer) -> None:
        """Load the model; where that fails, say why and end the process."""
        try:
            model = await in_own_thread(lambda: backends.find(self.settings))  # it may import a large library
            server.repository.add(variants.apply(Layer.MODEL, model, self.chosen))
            await server.load()
        except ModelLoadError as error:
            log.error("cannot serve: %s", error, exc_info=error.__cause__)
            self.fail()
        except Exception:  # noqa: BLE001 - foreign code may raise anything, and the user must read it
            log.exception("cannot serve: loading the model failed")
            self.fail()
        else:
            self.on_ready()

    def on_ready(self) -> None:
        """Called once, when `/ping` is 200 for the first time."""

    def fail(self) -> None:
        """End the process with exit code 1: there is nothing that could finish."""
        self.exit_code = 1
        self.leave()

    def stop(self) -> None:
        """Begin to drain. Safe in a signal handler and in any thread."""
        if self.loop is not None:
            self.loop.call_soon_threadsafe(self.drain)

    def drain(self) -> None:
        """Say so in `/ping`, read what is on its way, then leave; fail what has not finished within the grace."""
        if self.server is None or self.loop is None:
            return
        self.server.drain()
        self.loop.call_later(scaled(SETTLE) if self.server.loaded else 0, self.leave)
        self.loop.call_later(scaled(self.settings.stop_grace), self.server.give_up)

    def leave(self) -> None:
        """Close the listener; the event loop ends when the last answer is out."""
        if self.http is not None:
            self.http.should_exit = True
