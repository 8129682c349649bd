"""Connections of the Python twin: they take requests from the bytes that came, and step through the answers.

Plain ones are sockets of our own, so that each arrival carries the kernel's receive stamp even where the loop comes
late to it (in the stall, always); under TLS an arrival is when the loop came to it.
"""

from __future__ import annotations

import asyncio
import socket
import struct
import time
from typing import TYPE_CHECKING, Protocol, cast

from truth.answer import Answer, Then

if TYPE_CHECKING:
    from truth.book import Book
    from truth.choice import Choice
    from truth.clock import Clock
    from truth.timers import Timer, Timers

__all__ = ["SO_TIMESTAMPNS", "PlainConnection", "Server", "TlsConnection"]

SO_TIMESTAMPNS = 35
TIMESPEC = struct.Struct("@qq")
LOST = (ConnectionError, TimeoutError)
BY_CLIENT, BY_SERVER = 1, 2


class Server(Protocol):
    """What all connections share.

    Attributes:
        given: the choices of the command line.
        idle: ns until a connection without a request is closed; 0 never.
        book: the log.
        timers: of this loop.
        clock: reads receive stamps.
    """

    given: Choice
    idle: int
    book: Book
    timers: Timers
    clock: Clock

    def note(self, **values: int) -> int:
        """Begin the row of a request and return its number, from 0."""


class Connection:
    """One connection: takes requests from the bytes that came, and steps through their answers."""

    def __init__(self, server: Server) -> None:
        self.server, self.data, self.begun, self.stamp = server, b"", 0, 0
        self.number = server.book.connection(time.monotonic_ns())
        self.answer: Answer | None = None
        self.timer: Timer | None = None
        self.ended = False

    def put(self, data: bytes) -> None:
        raise NotImplementedError

    def reset_at_close(self) -> None:
        raise NotImplementedError

    def close(self) -> None:
        raise NotImplementedError

    def finish(self, by: int) -> None:
        if not self.ended:
            self.ended = True
            self.wait(None)
            self.server.book.connections[self.number - 1][1:] = [time.monotonic_ns(), by]
            self.close()

    def wait(self, due: int | None) -> None:
        """Step at a time, and no more at the one set before."""
        if self.timer:
            self.timer.cancel()
        self.timer = None if due is None else self.server.timers.at(due, self.step)

    def received(self, data: bytes, stamp: int) -> None:
        self.data, self.stamp = self.data + data, stamp
        self.begun = self.begun or stamp
        self.take()

    def take(self) -> None:
        """Take whole requests, one after the other's answer."""
        while not self.ended and not self.answer and (end := self.data.find(b"\r\n\r\n")) >= 0:
            first, *lines = self.data[:end].decode("latin-1").split("\r\n")
            headers = {
                name.strip().lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)
            }
            length = int(headers.get("content-length", 0))
            if len(self.data) < end + 4 + length:
                return
            begun, self.data = self.begun, self.data[end + 4 + length :]
            self.begun = self.stamp if self.data else 0
            method, target, _ = first.split(" ")
            if method == "POST":
                self.begin(target, headers, begun, length)
            else:
                body = self.server.book.dump() if target.startswith("/log") else b""
                self.put(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body))

    def begin(self, target: str, headers: dict[str, str], begun: int, length: int) -> None:
        number = self.server.note(
            id=int(headers.get("x-id", -1)),
            connection=self.number,
            begun=begun,
            arrived=self.stamp,
            received=length,
        )
        path, _, query = target.partition("?")
        choice = self.server.given.but(query).but(headers.get("x-truth", ""))
        if choice.every > 1 and (number + 1) % choice.every:
            choice = self.server.given.plain()
        stream, closing = path.startswith(("/stream", "/v1/")), headers.get("connection", "").lower() == "close"
        self.answer = Answer(choice, self, self.server.book, number, stream=stream, closing=closing)
        if self.answer.due > time.monotonic_ns():
            self.wait(self.answer.due)
        else:
            self.step()

    def step(self) -> None:
        """The next write, or the end of an idle connection."""
        answer = self.answer
        if answer is None:
            self.finish(BY_SERVER)
            return
        try:
            then = answer.step()
        except LOST:
            self.finish(BY_CLIENT)
            return
        if then is Then.GO_ON:
            self.wait(answer.due)
            return
        self.answer = None
        self.wait(time.monotonic_ns() + self.server.idle if self.server.idle else None)
        if answer.closing:
            self.finish(BY_SERVER)
        else:
            self.take()


class PlainConnection(Connection):
    """Over a socket of our own, whose reads carry the kernel's stamps."""

    def __init__(self, server: Server, sock: socket.socket) -> None:
        super().__init__(server)
        self.loop, self.sock, self.unsent, self.bury = asyncio.get_running_loop(), sock, b"", False
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.loop.add_reader(sock, self.readable)

    def readable(self) -> None:
        try:
            data, control, _, _ = self.sock.recvmsg(65536, 64)
        except BlockingIOError:
            return
        except LOST:
            data, control = b"", []
        if not data:
            self.finish(BY_CLIENT)
            return
        stamp = time.monotonic_ns()
        for level, kind, value in control:
            if (level, kind) == (socket.SOL_SOCKET, SO_TIMESTAMPNS):
                stamp = self.server.clock.monotonic(*TIMESPEC.unpack(value))
        self.received(data, stamp)

    def put(self, data: bytes) -> None:
        if self.unsent:
            self.unsent += data
            return
        try:
            taken = self.sock.send(data)
        except BlockingIOError:
            taken = 0
        if taken < len(data):
            self.unsent = data[taken:]
            self.loop.add_writer(self.sock, self.writable)

    def writable(self) -> None:
        try:
            self.unsent = self.unsent[self.sock.send(self.unsent) :]
        except LOST:
            self.finish(BY_CLIENT)
            self.unsent = b""
        if not self.unsent:
            self.loop.remove_writer(self.sock)
            if self.bury:
                self.sock.close()

    def reset_at_close(self) -> None:
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    def close(self) -> None:
        self.loop.remove_reader(self.sock)
        self.bury = bool(self.unsent)
        if not self.unsent:
            self.sock.close()


class TlsConnection(Connection, asyncio.Protocol):
    """Over a transport of the loop, which does the TLS."""

    transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)  # uvloop's transports are of no class of asyncio's

    def data_received(self, data: bytes) -> None:
        self.received(data, time.monotonic_ns())

    def connection_lost(self, exc: Exception | None) -> None:
        del exc
        self.finish(BY_CLIENT)

    def put(self, data: bytes) -> None:
        self.transport.write(data)

    def reset_at_close(self) -> None:
        self.close = self.transport.abort  # type: ignore[method-assign]  # this one connection ends otherwise

    def close(self) -> None:
        self.transport.close()
