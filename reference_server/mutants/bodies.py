"""Faults in how bodies are read, by size and by framing, and in how large answers are sent."""

import asyncio
import dataclasses
from typing import Any

from seatrial.reference_server.clock import scaled
from seatrial.reference_server.media import JSON
from seatrial.reference_server.mutants.invocations_tools import changed_answers, changed_bodies, given, on_invocations
from seatrial.reference_server.protocols.asgi import App, Receive, Scope, Send, headers_of, reply
from seatrial.reference_server.settings import Settings
from seatrial.reference_server.variants import mutant

MIB = 2**20
TOO_LONG = 62.0
LARGE_ANSWER = "invocations.large-answer"
"""Is untested where the large request that gives the large answer fails."""


@mutant(kills="invocations.body-unchanged", reason="body-changed", layer="asgi")
def decodes_every_body(app: App) -> App:
    """Decode every body as UTF-8, whatever it is."""
    return changed_bodies(app, lambda _, body: body.decode("utf-8", "replace").encode())


@mutant(kills="invocations.body-unchanged", reason="body-changed", layer="asgi")
def stops_at_nul(app: App) -> App:
    """Read a body up to its first NUL byte, as C code does."""
    return changed_bodies(app, lambda _, body: body.partition(b"\0")[0])


@mutant(kills="invocations.body-6-mib", reason="body-refused-for-size", layer="settings", also=[LARGE_ANSWER])
def takes_1_mib(settings: Settings) -> Settings:
    """Refuse bodies above 1 MiB, as nginx does by default."""
    return dataclasses.replace(settings, max_body=MIB)


@mutant(kills="invocations.body-6-mib", reason="body-refused-for-size", layer="asgi", also=[LARGE_ANSWER])
def refuses_large_bodies_with_400(app: App) -> App:
    """Refuse bodies above 1 MiB as bad requests, not as too large."""

    async def handle(inner: App, scope: Scope, receive: Receive, send: Send) -> None:
        if int(headers_of(scope).get("content-length", "0")) > MIB:
            await reply(send, 400, b'{"error": "bad request"}', [("content-type", JSON), ("connection", "close")])
        else:
            await inner(scope, receive, send)

    return on_invocations(app, handle)


@mutant(kills="invocations.body-6-mib", reason="body-dropped", layer="wire", also=[LARGE_ANSWER])
def resets_large_bodies(protocol: Any) -> Any:
    """Reset the connection of a body above 1 MiB."""

    class Touchy(protocol):  # type: ignore[misc]  # the base class is only known at run time
        read = 0

        def on_body(self, body: bytes) -> None:
            self.read += len(body)
            if self.read > MIB:
                self.transport.abort()
            else:
                super().on_body(body)

    return Touchy


@mutant(kills="invocations.body-6-mib", reason="body-late", layer="asgi", also=[LARGE_ANSWER])
def reads_large_bodies_slowly(app: App) -> App:
    """Take a minute and more for a body above 1 MiB."""

    async def handle(inner: App, scope: Scope, receive: Receive, send: Send) -> None:
        if int(headers_of(scope).get("content-length", "0")) > MIB:
            await asyncio.sleep(scaled(TOO_LONG))
        await inner(scope, receive, send)

    return on_invocations(app, handle)


@mutant(kills="invocations.body-25-mb", reason="body-refused-for-size", layer="settings")
def takes_10_mib(settings: Settings) -> Settings:
    """Refuse bodies above 10 MiB."""
    return dataclasses.replace(settings, max_body=10 * MIB)


@mutant(kills="invocations.chunked", reason="chunked-refused", layer="asgi")
def wants_a_length(app: App) -> App:
    """Answer 411 to a body in chunks."""

    async def handle(inner: App, scope: Scope, receive: Receive, send: Send) -> None:
        if "transfer-encoding" in headers_of(scope):
            await reply(send, 411, b'{"error": "length required"}', [("content-type", JSON), ("connection", "close")])
        else:
            await inner(scope, receive, send)

    return on_invocations(app, handle)


@mutant(kills="invocations.chunked", reason="chunked-refused", layer="asgi")
def reads_content_length_only(app: App) -> App:
    """Read as many bytes as Content-Length states: none of a body in chunks."""
    return changed_bodies(app, lambda headers, body: body[: int(headers.get("content-length", "0"))])


@mutant(
    kills="invocations.split-body",
    reason="split-body-refused",
    layer="asgi",
    also=["invocations.chunked", "invocations.body-unchanged"],  # their bodies come in several pieces as well
)
def reads_once(app: App) -> App:
    """Take the first piece of a body that comes for all of it."""

    async def handle(inner: App, scope: Scope, receive: Receive, send: Send) -> None:
        first = await receive()
        await inner(scope, given(first.get("body", b""), receive), send)

    return on_invocations(app, handle)


@mutant(kills="invocations.split-body", reason="expect-refused", layer="asgi")
def refuses_expectations(app: App) -> App:
    """Answer 417 to `Expect: 100-continue`."""

    async def handle(inner: App, scope: Scope, receive: Receive, send: Send) -> None:
        if "expect" in headers_of(scope):
            await reply(
                send, 417, b'{"error": "expectation failed"}', [("content-type", JSON), ("connection", "close")]
            )
        else:
            await inner(scope, receive, send)

    return on_invocations(app, handle)


@mutant(kills=LARGE_ANSWER, reason="answer-cut", layer="asgi")
def cuts_answers_at_1_mib(app: App) -> App:
    """Cut answers off at 1 MiB, as a buffer of that size does."""
    return changed_answers(app, lambda _, answer: dataclasses.replace(answer, body=answer.body[:MIB]))
