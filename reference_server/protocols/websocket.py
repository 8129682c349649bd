"""uvicorn's WebSocket over wsproto, as this server needs it.

wsproto checks every frame and joins what comes in fragments; uvicorn answers pings and closes on the event loop. Two
things are ours: a session of the application ends by itself when the server stops, and a caller who never answers a
close is not waited for. The server sends no pings: the platform does, every minute.
"""

from typing import Any

from uvicorn.protocols.websockets.wsproto_impl import WSProtocol

from seatrial.reference_server.clock import scaled
from seatrial.reference_server.protocols.bidirectional import ends_by_itself

# Seconds for which the answer to a close frame is waited for.
CLOSE_TIMEOUT = 2.0


class WebSocketProtocol(WSProtocol):
    """One connection that became a WebSocket."""

    def __init__(self, *arguments: Any, **keywords: Any) -> None:
        super().__init__(*arguments, **keywords)
        self.close_timeout = scaled(CLOSE_TIMEOUT)

    def shutdown(self) -> None:
        """Called when the server stops; a session is left to the application, which has begun to end it."""
        if not ends_by_itself(getattr(self, "scope", {})):
            super().shutdown()
