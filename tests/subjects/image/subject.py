"""A tiny server that misbehaves on request: `SUBJECT_FAULT` names how. Standard library alone, in one file.

It runs as an image's entrypoint (`… serve`) and as a process (`… --port N`). Without a fault it is a correct, dull
server: `GET /ping` is 200 and empty, `POST /invocations` gives the body back, SIGTERM ends it with code 0. Every fault
that uses something up stops by itself far above the limits of a test, so that a broken test breaks no machine.
"""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import socketserver
import subprocess
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

MEGABYTE = 2**20
FAULT = os.environ.get("SUBJECT_FAULT", "")
EMPTY_OK = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"


class Handler(BaseHTTPRequestHandler):
    """Answers correctly, unless the fault is one of the wire."""

    protocol_version = "HTTP/1.1"

    def handle_one_request(self) -> None:
        """Read a request, then answer or misbehave."""
        wrong = WIRE.get(FAULT)
        if wrong is None:
            return super().handle_one_request()
        self.close_connection = True
        if self.rfile.readline():
            with contextlib.suppress(OSError):
                wrong(self.connection)
        return None

    def do_GET(self) -> None:
        """Answer `/ping`."""
        self._answer(200 if self.path == "/ping" else 404, b"")

    def do_POST(self) -> None:
        """Give the body back."""
        self._answer(200, self.rfile.read(int(self.headers.get("Content-Length", "0"))))

    def _answer(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Content-Type", self.headers.get("Content-Type", "application/octet-stream"))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing per request."""


class Server(socketserver.ThreadingTCPServer):
    """One thread a connection, none of which holds up the exit."""

    allow_reuse_address = True
    daemon_threads = True
    request_queue_size = 128


class IPv6Server(Server):
    """Listens on IPv6 and nothing else."""

    address_family = socket.AF_INET6

    def server_bind(self) -> None:
        """Refuse IPv4 before binding."""
        self.socket.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        super().server_bind()


# -- faults of the wire: what is sent in place of an answer


def one_byte_a_second(connection: socket.socket) -> None:
    """A correct answer that takes for ever."""
    for byte in b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n" + b"x" * 100_000:
        connection.sendall(bytes((byte,)))
        time.sleep(1)


def huge_body(connection: socket.socket) -> None:
    """Ten gigabytes, as announced."""
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 10737418240\r\n\r\n")
    for _ in range(10 * 1024):
        connection.sendall(b"x" * MEGABYTE)


def million_headers(connection: socket.socket) -> None:
    """Headers, and no end of them."""
    connection.sendall(b"HTTP/1.1 200 OK\r\n")
    for start in range(0, 1_000_000, 1000):
        connection.sendall(b"".join(b"X-Header-%d: value\r\n" % number for number in range(start, start + 1000)))
    connection.sendall(b"Content-Length: 0\r\n\r\n")


def never_closes(connection: socket.socket) -> None:
    """An answer whose end is the end of the connection, which does not come."""
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nConnection: close\r\n\r\nhello")
    time.sleep(3600)


def silent(_: socket.socket) -> None:
    """Takes the request and says nothing."""
    time.sleep(3600)


def garbage(connection: socket.socket) -> None:
    """Bytes that are no HTTP."""
    connection.sendall(bytes(range(256)) * 16)


WIRE: dict[str, Callable[[socket.socket], None]] = {
    "one-byte": one_byte_a_second,
    "huge-body": huge_body,
    "million-headers": million_headers,
    "never-closes": never_closes,
    "silent": silent,
    "garbage": garbage,
}

# -- faults of the process: what happens before, or in place of, serving


def log_flood() -> None:
    """400 MB of log, as quickly as it is taken."""
    line = b"x" * 199 + b"\n"
    for _ in range(400):
        sys.stdout.buffer.write(line * 5000)
    sys.stdout.buffer.flush()
    say("flood over")


def endless_log() -> None:
    """Log for as long as anybody takes it (64 GB)."""
    line = b"y" * 999 + b"\n"
    for _ in range(64_000):
        sys.stdout.buffer.write(line * 1000)


def fork_bomb() -> None:
    """Processes that fork for as long as they may (20 s)."""
    ends = time.monotonic() + 20
    if os.fork() == 0:
        while time.monotonic() < ends:
            try:
                os.fork()
            except OSError:
                time.sleep(0.05)
        os._exit(0)


def ignore_term() -> None:
    """SIGTERM is for others."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)


def exit_loop() -> None:
    """A supervisor whose server dies at every start."""
    while True:
        say("starting the server")
        subprocess.run([sys.executable, "-c", "raise SystemExit('no model')"], check=False)


def crash() -> None:
    """Ends with an exception."""
    raise RuntimeError("the model could not be loaded: no such tensor")


def fill_disk() -> None:
    """Writes for as long as it may (64 GB), beside serving."""

    def fill() -> None:
        with contextlib.suppress(OSError), Path("/tmp/fill").open("wb") as file:  # noqa: S108  (in a container of its own)
            file.writelines(b"z" * MEGABYTE for _ in range(64 * 1024))

    threading.Thread(target=fill, daemon=True).start()


def eat_memory() -> None:
    """Takes memory for as long as it may (4 GB)."""
    kept = [bytearray(b"m") * (10 * MEGABYTE) for _ in range(400)]
    time.sleep(3600)
    del kept


def orphans() -> None:
    """Leaves a process behind that has left the session."""
    subprocess.Popen([sys.executable, "-c", "import time; time.sleep(3600)"], start_new_session=True)


def dial_out() -> None:
    """Tries to reach an address of the documentation range (as an image only: there the network leads nowhere)."""
    caller = socket.socket()
    caller.setblocking(False)
    caller.connect_ex(("192.0.2.1", 81))
    KEPT.append(caller)


KEPT: list[socket.socket] = []
BEFORE: dict[str, Callable[[], None]] = {
    "log-flood": log_flood,
    "endless-log": endless_log,
    "fork-bomb": fork_bomb,
    "ignore-term": ignore_term,
    "exit-loop": exit_loop,
    "crash": crash,
    "fill-disk": fill_disk,
    "oom": eat_memory,
    "orphans": orphans,
    "dials-out": dial_out,
}


def say(words: str) -> None:
    """A line of log."""
    sys.stdout.write(f"{words}\n")
    sys.stdout.flush()


def main(port: int) -> None:
    """Misbehave and serve, in this order."""
    signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
    BEFORE.get(FAULT, lambda: None)()
    host = "127.0.0.1" if FAULT == "loopback" else "::" if FAULT == "ipv6-only" else "0.0.0.0"
    server = (IPv6Server if FAULT == "ipv6-only" else Server)((host, 8000 if FAULT == "wrong-port" else port), Handler)
    say(f"listening on {host}")
    server.serve_forever()


if __name__ == "__main__":
    arguments = sys.argv[1:]
    main(int(arguments[arguments.index("--port") + 1]) if "--port" in arguments else 8080)
