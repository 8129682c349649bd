"""Faults of bidirectional streams: messages, frames and pings."""

import time
from dataclasses import replace

from wsproto import events

from seatrial.reference_server.clock import scaled
from seatrial.reference_server.live import LiveCall, LiveModel, StreamedResponse
from seatrial.reference_server.model import InferenceRequest, InferenceResponse, Model
from seatrial.reference_server.mutants.bidirectional_tools import (
    CONTINUATION,
    TEXT,
    Tampering,
    Wrapped,
    frame,
    in_sessions,
)
from seatrial.reference_server.mutants.process_tools import reconfigured
from seatrial.reference_server.process import ServerProcess
from seatrial.reference_server.protocols.asgi import App, Message, Receive, Scope, Send
from seatrial.reference_server.protocols.websocket import WebSocketProtocol
from seatrial.reference_server.variants import mutant

ENOUGH = 256 * 1024
COMPUTES = 15.0


@mutant(kills="bidi.text", reason="text-unhandled", layer="asgi")
def reads_bytes_only(app: App) -> App:
    """Drop what comes as text."""
    return in_sessions(app, _reads("bytes"))


@mutant(kills="bidi.binary", reason="binary-unhandled", layer="asgi")
def reads_text_only(app: App) -> App:
    """Close with 1003, and without a word, where a message is binary."""
    return in_sessions(app, _reads("text", else_close=1003))


def _reads(kind: str, *, else_close: int = 0) -> Wrapped:
    async def serve(app: App, scope: Scope, receive: Receive, send: Send) -> None:
        async def read() -> Message:
            while True:
                message = await receive()
                if message["type"] != "websocket.receive" or message.get(kind) is not None:
                    return message
                if else_close:
                    await send({"type": "websocket.close", "code": else_close})
                    return {"type": "websocket.disconnect", "code": else_close}

        await app(scope, read, send)

    return serve


@mutant(
    kills="bidi.fragments", reason="fragments-apart", layer="process", also=["bidi.control-between-fragments"]
)  # fmt: skip
def takes_fragments_for_messages(process: type[ServerProcess]) -> type[ServerProcess]:
    """Hand each fragment to the model as if it were a message."""

    class Apart(WebSocketProtocol):
        def handle_message(self, event: events.TextMessage | events.BytesMessage) -> None:
            super().handle_message(replace(event, message_finished=event.frame_finished))

    return reconfigured(process, ws=Apart)


@mutant(kills="bidi.control-between-fragments", reason="control-corrupts", layer="process")
def forgets_the_message_at_a_ping(process: type[ServerProcess]) -> type[ServerProcess]:
    """Clear the buffer of the message that is coming when a ping comes."""

    class Clearing(WebSocketProtocol):
        def handle_ping(self, event: events.Ping) -> None:
            self.buffer.clear()
            super().handle_ping(event)

    return reconfigured(process, ws=Clearing)


@mutant(kills="bidi.one-frame-one-part", reason="fragmented-out", layer="process")
def sends_in_fragments(process: type[ServerProcess]) -> type[ServerProcess]:
    """Send each message in two frames."""

    class Fragmenting(Tampering):
        def tamper(self, data: bytes, opcode: int, payload: bytes) -> bytes:
            if opcode != TEXT:
                return data
            half = len(payload) // 2
            return frame(TEXT, payload[:half], fin=False) + frame(CONTINUATION, payload[half:])

    return reconfigured(process, ws=Fragmenting)


@mutant(kills="bidi.frames-are-valid", reason="frame-forbidden", layer="process")
def masks_its_frames(process: type[ServerProcess]) -> type[ServerProcess]:
    """Mask what it sends, as only a client does."""

    class Masking(Tampering):
        def tamper(self, data: bytes, opcode: int, payload: bytes) -> bytes:
            del data
            return frame(opcode, payload, mask=b"mask")

    return reconfigured(process, ws=Masking)


@mutant(kills="bidi.text-is-utf8", reason="text-not-utf8", layer="process")
def sends_audio_as_text(process: type[ServerProcess]) -> type[ServerProcess]:
    """Send bytes that are no UTF-8 in text frames."""

    class Audio(Tampering):
        def tamper(self, data: bytes, opcode: int, payload: bytes) -> bytes:
            return frame(TEXT, payload + b"\xff\xfe\x80") if opcode == TEXT else data

    return reconfigured(process, ws=Audio)


@mutant(kills="bidi.big-frames", reason="big-frame-dropped", layer="process")
def drops_big_frames(process: type[ServerProcess]) -> type[ServerProcess]:
    """Cut the connection at a message of more than 256 KiB."""

    class Dropping(WebSocketProtocol):
        def handle_message(self, event: events.TextMessage | events.BytesMessage) -> None:
            super().handle_message(event)
            if self.buffer.length > ENOUGH:
                self.transport.abort()

    return reconfigured(process, ws=Dropping)


@mutant(kills="bidi.pong", reason="no-pong", layer="process")
def answers_no_ping(process: type[ServerProcess]) -> type[ServerProcess]:
    """Have the library's automatic pong switched off."""

    class Silent(WebSocketProtocol):
        def handle_ping(self, event: events.Ping) -> None:
            del event

    return reconfigured(process, ws=Silent)


@mutant(kills="bidi.pong", reason="pong-payload", layer="process")
def sends_bare_pongs(process: type[ServerProcess]) -> type[ServerProcess]:
    """Answer pings with pongs of its own, without their payload."""

    class Bare(WebSocketProtocol):
        def handle_ping(self, event: events.Ping) -> None:
            del event
            self.transport.write(self.conn.send(events.Pong()))

    return reconfigured(process, ws=Bare)


@mutant(kills="bidi.pong-while-inferring", reason="no-pong-while-busy", layer="model")
def computes_in_the_loop(model: Model) -> Model:
    """Compute long answers on the event loop."""

    class Blocking(type(model)):  # type: ignore[misc]  # a base that is only known at run time
        async def reply(
            self, request: InferenceRequest, form: str, call: LiveCall
        ) -> InferenceResponse | StreamedResponse:
            if b"ignore_eos" in request.body:
                time.sleep(scaled(COMPUTES))  # noqa: ASYNC251  that is the fault
            answer: InferenceResponse | StreamedResponse = await super().reply(request, form, call)
            return answer

    if isinstance(model, LiveModel):
        model.__class__ = Blocking
    return model
