"""Faults that show when many call at once, when callers leave, and when the platform scrapes."""

import asyncio
import os

from seatrial.reference_server.clock import scaled
from seatrial.reference_server.protocols.asgi import App, Message, Receive, Scope, Send, reply
from seatrial.reference_server.variants import mutant


@mutant(kills="invocations.no-cross-talk", reason="cross-talk", layer="asgi")
def shares_one_buffer(app: App) -> App:
    """Keep the body of the current request in a variable that all requests share."""
    shared = {"body": b""}

    async def sharing(scope: Scope, receive: Receive, send: Send) -> None:
        async def receive_shared() -> Message:
            message = await receive()
            if message["type"] == "http.request" and not message.get("more_body", False):
                shared["body"] = message.get("body", b"")
                await asyncio.sleep(0.005)
                message["body"] = shared["body"]
            return message

        await app(scope, receive_shared if scope["path"] == "/invocations" else receive, send)

    return sharing


@mutant(kills="invocations.client-aborts", reason="aborts-leak", layer="asgi")
def forgets_who_left(app: App) -> App:
    """Open a file for each body, and close it only where the body comes to its end."""

    async def spooling(scope: Scope, receive: Receive, send: Send) -> None:
        spool = os.open(os.devnull, os.O_WRONLY)
        whole = False

        async def receive_spooled() -> Message:
            nonlocal whole
            message = await receive()
            if message["type"] == "http.request" and not message.get("more_body", False) and not whole:
                whole = True
                os.close(spool)
            return message

        await app(scope, receive_spooled, send)
        if not whole and scope["method"] != "POST":
            os.close(spool)

    return spooling


@mutant(kills="invocations.client-aborts", reason="aborts-break", layer="asgi")
def loses_a_worker_to_who_left(app: App) -> App:
    """Take one of eight places for each call, and give it back only where the caller stayed."""
    places = asyncio.Semaphore(8)

    async def placed(scope: Scope, receive: Receive, send: Send) -> None:
        left = False

        async def receive_noting() -> Message:
            nonlocal left
            message = await receive()
            left = left or message["type"] == "http.disconnect"
            return message

        if scope["path"] != "/invocations":
            await app(scope, receive, send)
            return
        await places.acquire()
        await app(scope, receive_noting, send)
        if not left:
            places.release()

    return placed


@mutant(kills="invocations.overload", reason="overload-error", layer="asgi")
def fails_when_crowded(app: App) -> App:
    """Answer 500 where more than sixteen call at once."""
    calling = 0

    async def crowded(scope: Scope, receive: Receive, send: Send) -> None:
        nonlocal calling
        if scope["path"] != "/invocations":
            await app(scope, receive, send)
            return
        calling += 1
        try:
            await asyncio.sleep(scaled(1.0))
            if calling > 16:
                await reply(send, 500)
            else:
                await app(scope, receive, send)
        finally:
            calling -= 1

    return crowded


@mutant(kills="invocations.overload", reason="overload-hangs", layer="asgi")
def queues_without_end(app: App) -> App:
    """Serve one slow call after the other, however many wait."""
    one = asyncio.Semaphore(1)

    async def queued(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["path"] != "/invocations":
            await app(scope, receive, send)
            return
        async with one:
            await app(scope, receive, send)

    return queued


@mutant(kills="metrics.scrape-is-harmless", reason="metrics-error", layer="asgi")
def predicts_metrics(app: App) -> App:
    """Hand every GET to the model, which cannot read it."""

    async def predicting(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["path"] == "/metrics":
            await reply(send, 500, b"Internal Server Error")
        else:
            await app(scope, receive, send)

    return predicting


@mutant(kills="metrics.scrape-is-harmless", reason="metrics-slow", layer="asgi")
def gathers_metrics_slowly(app: App) -> App:
    """Take three seconds to gather the metrics."""

    async def gathering(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["path"] == "/metrics":
            await asyncio.sleep(scaled(3.0))
        await app(scope, receive, send)

    return gathering
