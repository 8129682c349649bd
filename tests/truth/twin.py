"""The ground truth in Python, for CI and wherever no C compiler is: the behaviour and the log of `truth.c`."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import gc
import signal
import socket
import ssl
import sys
import time
from dataclasses import fields
from pathlib import Path

from truth.book import Book
from truth.choice import MS, Choice
from truth.clock import Clock
from truth.connection import SO_TIMESTAMPNS, PlainConnection, TlsConnection
from truth.timers import Timers


class Server:
    """What all connections share."""

    def __init__(self, options: argparse.Namespace, given: Choice) -> None:
        self.given, self.idle = given, int(options.idle_ms * MS)
        self.stall_at, self.stall_for = options.stall_at, options.stall_for
        self.book, self.timers, self.clock = Book(), Timers(), Clock()

    def note(self, **values: int) -> int:
        """Begin the row of a request; the first one starts the way to the stall."""
        if not self.book.requests and self.stall_at is not None:
            begin = values["arrived"] + int(self.stall_at * 1e9)
            self.timers.at(begin, lambda: self.stall(begin + int(self.stall_for * 1e9)))
        self.book.request(**values)
        return len(self.book.requests) - 1

    def stall(self, until: int) -> None:
        """Do nothing at all, as a server in a long collection does."""
        began = time.monotonic_ns()
        time.sleep(max(until - began, 0) / 1e9)
        self.book.stall = (began, time.monotonic_ns())


async def serve(options: argparse.Namespace, given: Choice) -> None:
    """Serve until SIGTERM or SIGINT, then write the log."""
    loop, over = asyncio.get_running_loop(), asyncio.Event()
    server = Server(options, given)
    listener = socket.create_server(("127.0.0.1", options.port), backlog=4096)
    listener.setblocking(False)
    listener.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)  # accepted sockets inherit it: no request is missed

    def acceptable() -> None:
        with contextlib.suppress(BlockingIOError):
            while True:
                sock, _ = listener.accept()
                sock.setblocking(False)
                PlainConnection(server, sock)

    if options.cert:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(options.cert, options.key)
        await loop.create_server(lambda: TlsConnection(server), sock=listener, ssl=context)
    else:
        loop.add_reader(listener, acceptable)
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, over.set)
    sys.stdout.write(f"listening {listener.getsockname()[1]}\n")
    sys.stdout.flush()
    await over.wait()
    if options.log:
        options.log.write_bytes(server.book.dump())


def main() -> None:
    """Read the command line and serve."""
    parser = argparse.ArgumentParser(prog="truth.twin", allow_abbrev=False)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--stall-at", type=float)
    parser.add_argument("--stall-for", type=float, default=0.0)
    parser.add_argument("--idle-ms", type=float, default=0.0)
    for name in ("log", "cert", "key"):
        parser.add_argument(f"--{name}", type=Path)
    for choice in fields(Choice):
        parser.add_argument("--" + choice.name.replace("_", "-"), type=str)
    options = parser.parse_args()
    given = [f"{f.name}={getattr(options, f.name)}" for f in fields(Choice) if getattr(options, f.name) is not None]
    gc.disable()  # it lives shortly, and a collection would be a small stall that nobody asked for
    try:
        import uvloop  # noqa: PLC0415  # it is quicker where it is there, and nothing else depends on it
    except ImportError:
        asyncio.run(serve(options, Choice().but("&".join(given))))
    else:
        uvloop.run(serve(options, Choice().but("&".join(given))))


if __name__ == "__main__":
    main()
