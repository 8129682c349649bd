"""Runs a request handler as a server on loopback, for as long as a block lasts."""

from __future__ import annotations

import contextlib
import json
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import ssl
    from collections.abc import Iterator

__all__ = ["Handler", "serving"]


class Handler(BaseHTTPRequestHandler):
    """Keeps connections, says nothing, answers JSON."""

    protocol_version = "HTTP/1.1"
    # Head and body go out together and at once: else a delayed acknowledgement adds 40 ms.
    wbufsize = -1
    disable_nagle_algorithm = True

    def do_POST(self) -> None:
        """The name that the library looks for."""
        self.post()

    def post(self) -> None:
        """Answer one request."""
        raise NotImplementedError

    def body(self) -> bytes:
        """Read the request's body."""
        return self.rfile.read(int(self.headers["Content-Length"]))

    def answer(self, status: int, said: object, media: str = "application/json") -> None:
        """Answer with bytes, or with JSON."""
        body = said if isinstance(said, bytes) else json.dumps(said).encode()
        self.send_response(status)
        self.send_header("Content-Type", media)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextlib.contextmanager
def serving(handler: type[Handler], context: ssl.SSLContext | None = None) -> Iterator[str]:
    """Serve until the block ends, over TLS where there is a context; yields the base URL."""
    server = _Server(("127.0.0.1", 0), handler)
    if context:
        server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"{'https' if context else 'http'}://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128  # as many may connect at once: with the usual 5, some wait a second

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that went away is no error of the server."""
        if not isinstance(sys.exception(), OSError):
            super().handle_error(request, client_address)
