"""A subject for tests: answers /ping and echoes, or shows the faults that its command line names.

`mark=FILE` writes its process id into a file, so that a test can see that it runs, and later that it is gone.
"""

import os
import signal
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

PORT, *FAULTS = sys.argv[1:]


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self.answer(500 if "sick" in FAULTS else 200, b"")

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.answer(200, body[::-1] if "mirror" in FAULTS else body)

    def answer(self, status: int, body: bytes) -> None:
        self.send_response(status)
        if "rude" not in FAULTS:
            self.send_header("X-Polite", "yes")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """A server for tests has nothing to say."""


def leave(*_: object) -> None:
    sys.exit(0)


signal.signal(signal.SIGTERM, leave)
for fault in FAULTS:
    if fault.startswith("mark="):
        Path(fault.removeprefix("mark=")).write_text(str(os.getpid()))
ThreadingHTTPServer(("0.0.0.0", int(PORT)), Handler).serve_forever()
