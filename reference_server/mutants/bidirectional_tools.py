"""What the faults of bidirectional streams are made of: sessions wrapped as ASGI, frames changed on their way out."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from wsproto.frame_protocol import Opcode

from seatrial.reference_server.protocols.asgi import App, Message, Receive, Scope, Send
from seatrial.reference_server.protocols.websocket import WebSocketProtocol

Wrapped = Callable[[App, Scope, Receive, Send], Awaitable[None]]


def in_sessions(app: App, serve: Wrapped) -> App:
    """Return an application whose WebSockets are served by something in between."""

    async def wrapped(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            await serve(app, scope, receive, send)
        else:
            await app(scope, receive, send)

    return wrapped


def saying(send: Send, change: Callable[[Message], Message | None]) -> Send:
    """Return a `send` that changes what the application says, or leaves it out."""

    async def changed(message: Message) -> None:
        said = change(message)
        if said is not None:
            await send(said)

    return changed


async def refuse(send: Send, status: int) -> None:
    """Answer a handshake with a status instead of 101."""
    await send({"type": "websocket.http.response.start", "status": status, "headers": []})
    await send({"type": "websocket.http.response.body", "body": b""})


async def until_gone(receive: Receive) -> None:
    """Read until the caller has left."""
    while (await receive())["type"] != "websocket.disconnect":
        pass


class Tampering(WebSocketProtocol):
    """Hands every frame that it writes to `tamper`, and the handshake to `tamper_head`."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn has it
        """Stand between the protocol and its transport."""
        super().connection_made(_Tampered(transport, self))  # type: ignore[arg-type]  # all that is used of one

    def tamper_head(self, head: bytes) -> bytes:
        """Return the head of the handshake as it leaves."""
        return head

    def tamper(self, frame: bytes, opcode: int, payload: bytes) -> bytes:
        """Return the bytes that leave instead of a frame."""
        del opcode, payload
        return frame


class _Tampered:
    """A transport whose writes are changed: a handshake or one frame each."""

    def __init__(self, transport: asyncio.Transport, protocol: Tampering) -> None:
        self._transport, self._protocol = transport, protocol

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)

    def write(self, data: bytes) -> None:
        if data.startswith(b"HTTP/"):
            self._transport.write(self._protocol.tamper_head(data))
        elif data:
            head = {126: 4, 127: 10}.get(data[1], 2)
            self._transport.write(self._protocol.tamper(data, data[0] & 0x0F, data[head:]))


def frame(opcode: int, payload: bytes, *, fin: bool = True, mask: bytes = b"") -> bytes:
    """Return a frame of less than 64 KiB, masked where a mask is given."""
    first, flag = (0x80 if fin else 0) | opcode, 0x80 if mask else 0
    length = len(payload)
    size = bytes([flag | length]) if length < 126 else bytes([flag | 126]) + length.to_bytes(2)
    hidden = bytes(byte ^ mask[at % 4] for at, byte in enumerate(payload)) if mask else payload
    return bytes([first]) + size + mask + hidden


TEXT, CONTINUATION = int(Opcode.TEXT), int(Opcode.CONTINUATION)
