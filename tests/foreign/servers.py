"""Small servers that owe nothing to ours: `python servers.py KIND PORT`, the standard library alone.

Each predicts differently, so that clauses about /invocations can be seen to judge a server by what it accepts.
"""

import hashlib
import http.server
import json
import sys
import time
from typing import Any


class Table(http.server.BaseHTTPRequestHandler):
    """Sums rows of CSV. Strict where it may be: no blank lines, a thousand rows at most, one caller a connection."""

    protocol_version = "HTTP/1.1"
    calls = 0

    def do_GET(self) -> None:
        self.answer(200 if self.path == "/ping" else 404, b"")

    def do_POST(self) -> None:
        type(self).calls += 1
        body = self.whole_body()
        if self.path != "/invocations":
            self.answer(404, b"no such path")
            return
        status, answer = self.predict(body)
        self.answer(status, answer)

    def predict(self, body: bytes) -> tuple[int, bytes]:
        if self.headers.get_content_type() != "text/csv":
            return 415, b"expected text/csv"
        try:
            lines = body.decode().removesuffix("\n").split("\n")
            if len(lines) > 1000:
                return 422, b"expected a thousand rows at most"
            return 200, "\n".join(str(sum(map(float, line.split(",")))) for line in lines).encode()
        except ValueError as error:
            return 400, str(error).encode()[:200]

    def whole_body(self) -> bytes:
        if self.headers.get("Transfer-Encoding") != "chunked":
            return self.rfile.read(int(self.headers.get("Content-Length", 0)))
        parts = []
        while size := int(self.rfile.readline(), 16):
            parts.append(self.rfile.read(size))
            self.rfile.readline()
        self.rfile.readline()
        return b"".join(parts)

    def answer(self, status: int, body: bytes) -> None:
        self.send_response(status, "")
        self.send_header("content-type", "text/csv" if status == 200 else "text/plain")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


class Digest(Table):
    """Takes anything at all, under any name, and answers its digest."""

    def predict(self, body: bytes) -> tuple[int, bytes]:
        return 200, hashlib.sha256(body).hexdigest().encode()


class Prompt(Table):
    """Completes a JSON prompt, never twice alike."""

    def predict(self, body: bytes) -> tuple[int, bytes]:
        try:
            prompt = json.loads(body)["prompt"][:20]
        except (ValueError, LookupError, TypeError) as error:
            return 400, repr(error).encode()
        return 200, f"{prompt} {time.monotonic_ns()}".encode()


class Picky(Table):
    """Knows one request that nobody guesses."""

    def predict(self, body: bytes) -> tuple[int, bytes]:
        return (200, b"yes") if body == b"open sesame" else (400, b"no")


class Guarded(Table):
    """Lets nobody in."""

    def predict(self, body: bytes) -> tuple[int, bytes]:
        del body
        return 401, b"who are you?"


class Moody(Table):
    """Predicts the first dozen times, then never answers again."""

    def predict(self, body: bytes) -> tuple[int, bytes]:
        if type(self).calls > 12:
            time.sleep(3600)
        return super().predict(body)


if __name__ == "__main__":
    kind = {each.__name__.lower(): each for each in (Table, Digest, Prompt, Picky, Guarded, Moody)}[sys.argv[1]]
    server = http.server.ThreadingHTTPServer(("0.0.0.0", int(sys.argv[2])), kind)
    server.serve_forever()
