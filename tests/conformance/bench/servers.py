"""Servers with one property that a benchmark must see. `server.py PORT PROPERTY`.

`hold=SECONDS` serves one request at a time and takes so long for each: its capacity is known. `dies` ends after twenty
requests, `fails` answers every second one with 500, `sick` is never ready. `mark=FILE` writes its process id,
`seen=FILE` makes a file at the two hundredth request.
"""

import os
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

PORT, *PROPERTIES = sys.argv[1:]
SETTINGS = dict(each.split("=", 1) for each in PROPERTIES if "=" in each)
HOLD = float(SETTINGS.get("hold", "0"))
ONE = threading.Lock()
ANSWERED = []


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self.answer(500 if "sick" in PROPERTIES else 200, b"")

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        with ONE:
            time.sleep(HOLD)
            ANSWERED.append(1)
        if "seen" in SETTINGS and len(ANSWERED) == 200:
            Path(SETTINGS["seen"]).touch()
        if "dies" in PROPERTIES and len(ANSWERED) > 20:
            os._exit(3)
        self.answer(500 if "fails" in PROPERTIES and len(ANSWERED) % 2 and len(ANSWERED) > 10 else 200, body)

    def answer(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """A server for tests has nothing to say."""


if "mark" in SETTINGS:
    Path(SETTINGS["mark"]).write_text(str(os.getpid()))
ThreadingHTTPServer.request_queue_size = 128
ThreadingHTTPServer(("0.0.0.0", int(PORT)), Handler).serve_forever()
