"""Faults of the start and of the health check."""

import asyncio
import itertools

from seatrial.reference_server.clock import scaled
from seatrial.reference_server.logs import log
from seatrial.reference_server.process import ServerProcess
from seatrial.reference_server.protocols.asgi import App, Message, Receive, Scope, Send, reply
from seatrial.reference_server.server import ModelServer
from seatrial.reference_server.variants import mutant

LEAK = 64 * 1024


@mutant(kills="start.becomes-ready", reason="never-ready", layer="process")
def loads_for_ever(process: type[ServerProcess]) -> type[ServerProcess]:
    """Answer /ping with 503, for the model never ends loading."""
    return _loading_for(process, 3600.0)


@mutant(kills="ping.answers-200", reason="ping-status", layer="asgi")
def pings_without_content(app: App) -> App:
    """Answer a healthy /ping with 204."""
    return _with_ping_status(app, {200: 204})


@mutant(kills="ping.direct", reason="ping-not-direct", layer="asgi", also=["ping.answers-200"])
def redirects_ping(app: App) -> App:
    """Send GET /ping on to /ping/."""

    async def redirecting(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["path"] == "/ping":
            await reply(send, 307, headers=[("location", "/ping/")])
        else:
            await app(scope, receive, send)

    return redirecting


@mutant(kills="ping.direct", reason="ping-not-direct", layer="asgi", also=["ping.answers-200"])
def locks_ping(app: App) -> App:
    """Ask for a key before answering /ping."""

    async def locked(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["path"] == "/ping":
            await reply(send, 401, headers=[("www-authenticate", "Bearer")])
        else:
            await app(scope, receive, send)

    return locked


@mutant(kills="ping.within-2-seconds", reason="ping-slow", layer="asgi")
def asks_a_slow_backend(app: App) -> App:
    """Ask a backend that takes three seconds at each fourth ping."""
    numbers = itertools.count(1)

    async def asking(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["path"] == "/ping" and next(numbers) % 4 == 0:
            await asyncio.sleep(scaled(3.0))
        await app(scope, receive, send)

    return asking


@mutant(kills="ping.stays-200", reason="ping-flaps", layer="asgi")
def has_a_worker_that_never_loaded(app: App) -> App:
    """Let every fifth ping meet a worker that has no model."""
    numbers = itertools.count(1)

    async def flapping(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["path"] == "/ping" and next(numbers) % 5 == 0:
            await reply(send, 503)
        else:
            await app(scope, receive, send)

    return flapping


@mutant(kills="ping.means-ready", reason="ready-too-early", layer="process")
def says_ready_before_it_is(process: type[ServerProcess]) -> type[ServerProcess]:
    """Answer /ping with 200 while the model is still loading."""

    class Early(_loading_for(process, 5.0)):  # type: ignore[misc]  # a base that is only known at run time
        def build_app(self, server: ModelServer) -> App:
            return _with_ping_status(super().build_app(server), {503: 200})

    return Early


@mutant(kills="ping.honest-while-loading", reason="odd-while-loading", layer="process")
def redirects_while_loading(process: type[ServerProcess]) -> type[ServerProcess]:
    """Send pings to a page about the progress while the model loads."""

    class Redirecting(_loading_for(process, 3.0)):  # type: ignore[misc]  # a base that is only known at run time
        def build_app(self, server: ModelServer) -> App:
            return _with_ping_status(super().build_app(server), {503: 302})

    return Redirecting


@mutant(kills="ping.under-load", reason="ping-blocked", layer="asgi")
def pings_wait_for_a_worker(app: App) -> App:
    """Answer /ping with the same four workers that predict."""
    workers = asyncio.Semaphore(4)

    async def queued(scope: Scope, receive: Receive, send: Send) -> None:
        async with workers:
            await app(scope, receive, send)

    return queued


@mutant(kills="ping.cheap", reason="ping-costs", layer="asgi")
def leaks_at_each_ping(app: App) -> App:
    """Keep 64 KB of each ping for ever."""
    kept: list[bytearray] = []

    async def leaking(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["path"] == "/ping":
            kept.append(bytearray(b"x" * LEAK))
        await app(scope, receive, send)

    return leaking


@mutant(kills="ping.cheap", reason="ping-log-flood", layer="asgi")
def logs_each_ping_at_length(app: App) -> App:
    """Write four lines to the log at each ping."""

    async def chatty(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["path"] == "/ping":
            for step in ("received", "checking the model", "the model is well", "answered"):
                log.info("ping: %s", step)
        await app(scope, receive, send)

    return chatty


def _with_ping_status(app: App, statuses: dict[int, int]) -> App:
    async def changed(scope: Scope, receive: Receive, send: Send) -> None:
        async def change(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["status"] = statuses.get(message["status"], message["status"])
            await send(message)

        await app(scope, receive, change if scope["path"] == "/ping" else send)

    return changed


def _loading_for(process: type[ServerProcess], seconds: float) -> type[ServerProcess]:
    class Slow(process):  # type: ignore[valid-type, misc]  # a base that is only known at run time
        async def load(self, server: ModelServer) -> None:
            await asyncio.sleep(scaled(seconds))
            await super().load(server)

    return Slow
