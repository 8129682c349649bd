"""A tiny server with one fault of those that people really ship: `BROKEN` names it. Standard library, one file.

Each fault is what one diagnosis must find. Without a fault it is correct: `/ping` is 200 and `/invocations` gives the
body back. Faults that wait end by themselves far above the limits of a test.
"""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import sys
import threading
import time
import urllib.request
from http.server import BaseHTTPRequestHandler, HTTPServer, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

FAULT = os.environ.get("BROKEN", "")
EXAMINED = threading.Event()
"""Set by the first POST to /ping, which the harness sends once the start window is over."""
SLOW_PING, SLOW_CALL = 4.0, 3.0
FOR_EVER = 600.0
HUB = os.environ.get("HUB", "")
"""Address of a server that is fetched from at start."""
TLS_ALERT = bytes.fromhex("15030100020246")


class Handler(BaseHTTPRequestHandler):
    """Answers as the fault says."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        """Answer `/ping`."""
        wrong = PING.get(FAULT)
        if self.path.rstrip("/") != "/ping":
            return self.answer(404, b"no such page")
        return wrong(self) if wrong else self.answer(200)

    def do_POST(self) -> None:
        """Give the body back; slowly if it says so."""
        body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
        if self.path == "/ping":
            EXAMINED.set()
            return self.answer(200 if FAULT == "post-only" else 404)
        if b"slow" in body:
            time.sleep(SLOW_CALL)
        return self.answer(200, body)

    def answer(self, status: int, body: bytes = b"", **headers: str) -> None:
        """One whole answer."""
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Content-Type", self.headers.get("Content-Type", "application/octet-stream"))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing per request."""


def host_check(handler: Handler) -> None:
    """A list of allowed hosts that holds only the developer's own."""
    handler.answer(200 if handler.headers.get("Host", "").startswith("localhost") else 400, b"")


def raises(handler: Handler) -> None:
    """A handler that raises."""
    say("Traceback (most recent call last):")
    say('  File "/opt/app/health.py", line 12, in ping')
    say("KeyError: 'predictor'")
    handler.answer(500, b"Internal Server Error")


def slowly(handler: Handler) -> None:
    """A health check that predicts."""
    time.sleep(SLOW_PING)
    handler.answer(200)


def loading(handler: Handler) -> None:
    """503 until the model is there, which is a little too late, however slow the machine."""
    handler.answer(200 if EXAMINED.is_set() else 503)


PING: dict[str, Callable[[Handler], None]] = {
    "host-check": host_check,
    "redirect": lambda handler: handler.answer(307, Location="https://localhost/ping"),
    "auth": lambda handler: handler.answer(401, WWW_Authenticate="Bearer"),
    "no-route": lambda handler: handler.answer(404, b"not found"),
    "post-only": lambda handler: handler.answer(405, Allow="POST"),
    "raises": raises,
    "slow-ping": slowly,
    "loading": loading,
    "always-loading": lambda handler: handler.answer(503),
}


def idle() -> None:
    """A program that never starts a server."""
    say("configuration read")
    time.sleep(FOR_EVER)


def write_model() -> None:
    """A cache beside the model."""
    Path("/opt/ml/model/cache").mkdir()


def write_denied() -> None:
    """A cache that belongs to root."""
    Path("/var/cache/broken").mkdir()


def read_model() -> None:
    """A model that nobody gave."""
    Path("/opt/ml/model/model.pkl").read_bytes()


def download() -> None:
    """A download at start."""
    with urllib.request.urlopen(f"http://{HUB}:8080/ping", timeout=3):
        say("fetched the tokenizer")


def wait_for_hub() -> None:
    """A download at start that is tried for ever."""
    while True:
        with contextlib.suppress(OSError), socket.create_connection((HUB, 8080), timeout=FOR_EVER):
            return


def many_threads() -> None:
    """A pool that grows with the work."""
    for _ in range(500):
        threading.Thread(target=time.sleep, args=(FOR_EVER,), daemon=True).start()


def silent_exit() -> None:
    """The end, without a word."""
    os._exit(3)


def die_soon() -> None:
    """A server that comes up, and falls over at its first job."""

    def job() -> None:
        time.sleep(2.0)
        say("Traceback (most recent call last):")
        say('  File "/opt/app/worker.py", line 7, in warm_up')
        say("ValueError: feature count 9 does not match 8")
        os._exit(1)

    threading.Thread(target=job).start()


def no_handler() -> None:
    """SIGTERM as Python finds it."""
    signal.signal(signal.SIGTERM, signal.SIG_DFL)


def slow_stop() -> None:
    """A handler that waits for what never ends."""
    signal.signal(signal.SIGTERM, lambda *_: threading.Thread(target=time.sleep, args=(FOR_EVER,)).start())


def speak_tls() -> None:
    """A server that wants TLS: it answers plain text with an alert."""
    with socket.create_server(("0.0.0.0", 8080)) as server:
        while True:
            connection, _ = server.accept()
            with connection:
                if connection.recv(1024):
                    connection.sendall(TLS_ALERT)


BEFORE: dict[str, Callable[[], None]] = {
    "idle": idle,
    "write-model": write_model,
    "write-denied": write_denied,
    "read-model": read_model,
    "download": download,
    "wait-for-hub": wait_for_hub,
    "dies": die_soon,
    "many-threads": many_threads,
    "silent-exit": silent_exit,
    "no-handler": no_handler,
    "slow-stop": slow_stop,
    "tls": speak_tls,
}


def say(words: str) -> None:
    """A line of log."""
    sys.stdout.write(f"{words}\n")
    sys.stdout.flush()


def main(port: int) -> None:
    """Fail or serve."""
    signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
    BEFORE.get(FAULT, lambda: None)()
    server = HTTPServer if FAULT == "one-worker" else ThreadingHTTPServer
    server.request_queue_size = 128
    host = "127.0.0.1" if FAULT == "loopback" else "0.0.0.0"
    listening = next_to(server, host, port) if FAULT == "next-port" else server((host, port), Handler)
    say(f"listening on port {listening.server_port}")
    listening.serve_forever()


def next_to(server: type[HTTPServer], host: str, port: int) -> HTTPServer:
    """Listen on the next port, or where another server has that already, on a free one."""
    try:
        return server((host, port + 1), Handler)
    except OSError:
        return server((host, 0), Handler)


if __name__ == "__main__":
    main(int(sys.argv[2]) if sys.argv[1:2] == ["--port"] else 8080)
