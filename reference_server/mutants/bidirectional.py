"""Faults of bidirectional streams: the handshake."""

import time

from wsproto import events

from seatrial.reference_server.mutants.bidirectional_tools import (
    Tampering,
    in_sessions,
    refuse,
    until_gone,
)
from seatrial.reference_server.mutants.process_tools import reconfigured
from seatrial.reference_server.process import ServerProcess
from seatrial.reference_server.protocols.asgi import App, Receive, Scope, Send
from seatrial.reference_server.protocols.bidirectional import PATH
from seatrial.reference_server.protocols.websocket import WebSocketProtocol
from seatrial.reference_server.variants import mutant

CAPABILITY = "com.amazonaws.sagemaker.capabilities.bidirectional-streaming"


@mutant(kills="bidi.upgrade", reason="stream-route-missing", layer="asgi")
def streams_at_ws(app: App) -> App:
    """Serve the WebSocket at /ws."""

    async def serve(app: App, scope: Scope, receive: Receive, send: Send) -> None:
        moved = {PATH: "/not-here", "/ws": PATH}
        await app({**scope, "path": moved.get(scope["path"], scope["path"])}, receive, send)

    return in_sessions(app, serve)


@mutant(kills="bidi.upgrade", reason="accept-key-wrong", layer="process")
def accepts_with_any_key(process: type[ServerProcess]) -> type[ServerProcess]:
    """Answer every handshake with the same Sec-WebSocket-Accept, copied from an example."""

    class Copied(Tampering):
        def tamper_head(self, head: bytes) -> bytes:
            before, name, after = head.partition(b"Sec-WebSocket-Accept: ")
            return before + name + b"s3pPLMBiTxaQ9kYGzzhZRbK+xOo=" + after[28:] if name else head

    return reconfigured(process, ws=Copied)


@mutant(kills="bidi.label", reason="stream-label-missing", layer="image")
def labels_no_streams(dockerfile: str) -> str:
    """Have the label on a build stage only, so that the image is without it."""
    return f"{dockerfile}LABEL {CAPABILITY}=false\n"


@mutant(kills="bidi.accepts-at-once", reason="handshake-blocks-accept", layer="process")
def warms_up_before_it_accepts(process: type[ServerProcess]) -> type[ServerProcess]:
    """Warm the model up for each session in the loop that accepts, with a short backlog."""

    class Warming(WebSocketProtocol):
        def handle_connect(self, event: events.Request) -> None:
            time.sleep(0.06)  # not scaled: how long a kernel waits before it tries again is not either
            super().handle_connect(event)

    return reconfigured(process, ws=Warming, backlog=10)


@mutant(kills="bidi.bare-handshake", reason="extension-unoffered", layer="process")
def always_compresses(process: type[ServerProcess]) -> type[ServerProcess]:
    """Agree to permessage-deflate, which nobody offered."""

    class Compressing(Tampering):
        def tamper_head(self, head: bytes) -> bytes:
            return head.replace(b"\r\n\r\n", b"\r\nSec-WebSocket-Extensions: permessage-deflate\r\n\r\n")

    return reconfigured(process, ws=Compressing)


@mutant(kills="bidi.path-override", reason="path-dead-end", layer="asgi")
def accepts_any_path(app: App) -> App:
    """Accept a WebSocket at every path, and say nothing at those that it does not know."""

    async def serve(app: App, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["path"] == PATH:
            await app(scope, receive, send)
            return
        await send({"type": "websocket.accept"})
        await receive()
        await until_gone(receive)

    return in_sessions(app, serve)


@mutant(kills="bidi.path-override", reason="path-error", layer="asgi")
def fails_at_other_paths(app: App) -> App:
    """Answer 500 where a WebSocket is asked for at an unknown path."""

    async def serve(app: App, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["path"] == PATH:
            await app(scope, receive, send)
        else:
            await refuse(send, 500)

    return in_sessions(app, serve)


@mutant(kills="bidi.query-string", reason="query-refused", layer="asgi")
def knows_its_parameters(app: App) -> App:
    """Refuse handshakes with query parameters."""

    async def serve(app: App, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["query_string"]:
            await refuse(send, 400)
        else:
            await app(scope, receive, send)

    return in_sessions(app, serve)
