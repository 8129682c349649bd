"""One connection: it sends the request that it is given, stamps the answer, and tells the engine how it went.

The callbacks that httptools finds on a connection are the price of a request, so a connection that keeps nothing has
one of them only. Whatever else is wanted of an answer is read from its first piece, and only when something is wrong.
"""

from __future__ import annotations

import errno
import os
import socket
from time import monotonic_ns
from typing import TYPE_CHECKING, Any

import httptools

from seatrial.loadgen.engine.stamps import ANCILLARY, wants_kernel_stamps
from seatrial.loadgen.fault import Fault

if TYPE_CHECKING:
    from seatrial.loadgen.engine.core import Engine
    from seatrial.loadgen.traffic import Authority

__all__ = ["IDLE", "Connection", "KeepingConnection"]

IDLE = -1
"""The row of a connection that carries no request."""
READ = 16384
"""Bytes asked for at once: a buffer of that size is made for each read, and a larger one costs more than a request."""
REFUSALS = frozenset({errno.ECONNREFUSED})
SLOW = frozenset({errno.ETIMEDOUT})


class Connection:
    """A socket and its parser. Attributes are the engine's business while a request is under way.

    Attributes:
        row: of the request that it carries, or `IDLE`.
        step: 0 for a request's first step, 1 for its second.
        carried: requests begun on it.
        asked: when opening it began, or when the request was sent, ns: what the time limit counts from.
        kernel: whether the kernel stamps what it receives.
        stamp: of the last read, ns.
        head: the first piece of the answer, to explain a fault.
    """

    __slots__ = (
        "asked", "authority", "carried", "chunks", "connected", "engine", "fd", "fresh", "head", "idle", "kernel",
        "media", "number", "opened", "parser", "pending", "pieces", "received", "row", "sock", "stamp", "stamps_read",
        "step", "unsent",
    )  # fmt: skip

    def __init__(self, engine: Engine, authority: Authority, number: int, idle: list[Connection]) -> None:
        self.engine = engine
        self.authority = authority
        self.number = number
        self.idle = idle
        self.row = IDLE
        self.step = 0
        self.carried = 0
        self.asked = self.opened = self.stamp = 0
        self.received = 0
        self.connected = False
        self.fresh = True
        self.pending = self.unsent = b""
        self.head = b""
        self.media = ""
        self.chunks: list[bytes] = []
        self.pieces: list[int] = []
        self.parser = httptools.HttpResponseParser(self)
        self.stamps_read = engine.stamps.read
        self.sock: socket.socket
        self.fd = IDLE
        self.kernel = False

    # ------------------------------------------------------------------------------------------------------- opening

    def open(self, family: int, address: Any, row: int, step: int, data: bytes) -> None:
        """Begin to connect; the request is sent once that is done."""
        self.row, self.step, self.pending = row, step, data
        self.opened = self.asked = monotonic_ns()
        self.sock = socket.socket(family, socket.SOCK_STREAM)
        self.sock.setblocking(False)
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.kernel = wants_kernel_stamps(self.sock)
        self.fd = self.sock.fileno()
        error = self.sock.connect_ex(address)
        if error not in {0, errno.EINPROGRESS, errno.EWOULDBLOCK}:
            self.engine.lost(self, _refusal(error), os.strerror(error))
            return
        self.engine.reactor.add(self.fd, self.on_connect, write=True)

    def on_connect(self) -> None:
        """The kernel has connected, or given up."""
        error = self.sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        if error:
            self.engine.lost(self, _refusal(error), os.strerror(error))
            return
        try:
            self.sock.getpeername()
        except OSError:
            return  # an event of an earlier socket with this number
        self.engine.reactor.change(self.fd, self.on_readable, write=False)
        self.on_open()

    def on_open(self) -> None:
        """Bytes of the request can go: everything that opening needed is done."""
        self.connected = True
        self.engine.note_connect(self, monotonic_ns() - self.opened)
        data, self.pending = self.pending, b""
        self.begin(self.row, self.step, data)

    # ------------------------------------------------------------------------------------------------------- sending

    def begin(self, row: int, step: int, data: bytes) -> None:
        """Send a request over this open and idle connection."""
        self.row = row
        self.step = step
        self.fresh = True
        self.received = 0
        self.carried += 1
        now = monotonic_ns()
        self.asked = now
        if not step:
            self.engine.sent[row] = now
        self.transmit(data)

    def transmit(self, data: bytes) -> None:
        """Send bytes of a request."""
        self.push(data)

    def push(self, data: bytes) -> None:
        """Give bytes to the kernel; what it does not take waits until it does."""
        if self.unsent:
            self.unsent += data
            return
        try:
            taken = self.sock.send(data)
        except (BlockingIOError, InterruptedError):
            taken = 0
        except OSError as error:
            self.engine.lost(self, self.reset(), error.strerror or "")
            return
        if taken < len(data):
            self.unsent = data[taken:]
            self.engine.reactor.change(self.fd, self.on_writable, write=True)

    def on_writable(self) -> None:
        """Send what is left, and look at what has come meanwhile: an early answer may refuse a large body."""
        data, self.unsent = self.unsent, b""
        self.engine.reactor.change(self.fd, self.on_readable, write=False)
        self.push(data)
        if self.unsent:
            self.on_readable()

    # ----------------------------------------------------------------------------------------------------- receiving

    def on_readable(self) -> None:
        """Read once, stamp, parse; the loop comes again while there is more."""
        try:
            data, ancillary, _, _ = self.sock.recvmsg(READ, ANCILLARY)
        except (BlockingIOError, InterruptedError):
            return
        except OSError as error:
            self.engine.lost(self, self.reset(), error.strerror or "")
            return
        self.stamp = (self.stamps_read(ancillary) if ancillary else 0) or monotonic_ns()
        if data:
            self.feed(data)
        else:
            self.on_end()

    def feed(self, data: bytes) -> None:
        """Parse plain bytes of an answer; their arrival is `stamp`."""
        if self.fresh:
            self.fresh = False
            self.head = data
            if self.row != IDLE:
                self.engine.first[self.row] = self.stamp
        self.received += len(data)
        try:
            self.parser.feed_data(data)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade) as error:
            self.engine.lost(self, Fault.BAD_HTTP, str(error))

    def on_message_complete(self) -> None:
        """The parser has the whole answer (called by httptools)."""
        status = self.parser.get_status_code()
        if status >= 200:
            self.engine.answered(self, status, reusable=self.parser.should_keep_alive())
        else:
            self.fresh = False  # 100 and 103 announce the answer; its first byte has come

    def on_end(self) -> None:
        """The server has closed its side."""
        if self.row == IDLE:
            self.engine.drop(self)
        elif self.fresh:
            self.engine.lost(self, self.reset(), "closed before the answer")
        elif self.ends_with_connection():
            self.engine.answered(self, self.parser.get_status_code(), reusable=False)
        else:
            self.engine.lost(self, Fault.TRUNCATED, "closed inside the answer")

    def ends_with_connection(self) -> bool:
        """Whether the answer has no length of its own, so that the close is its end (RFC 9112 section 6.3)."""
        head, complete, _ = self.head.partition(b"\r\n\r\n")
        head = head.lower()
        return bool(complete) and b"\ncontent-length:" not in head and b"\ntransfer-encoding:" not in head

    def reset(self) -> Fault:
        """Name an end before any byte: on a kept connection the server's keep-alive ran out."""
        if not self.fresh:
            return Fault.TRUNCATED
        return Fault.RESET_ON_REUSE if self.carried > 1 else Fault.RESET

    def close(self) -> None:
        """Close the socket; the engine has forgotten it."""
        self.sock.close()


class KeepingConnection(Connection):
    """One that keeps bodies, each piece with its stamp, for a reader after the run."""

    __slots__ = ()

    def begin(self, row: int, step: int, data: bytes) -> None:
        """Send a request, and keep a fresh list of pieces for its answer."""
        self.chunks, self.pieces, self.media = [], [], ""
        super().begin(row, step, data)

    def on_header(self, name: bytes, value: bytes) -> None:
        """Remember the media type (called by httptools)."""
        if name.lower() == b"content-type":
            self.media = value.decode("latin-1").partition(";")[0].strip().lower()

    def on_body(self, body: bytes) -> None:
        """Keep a piece (called by httptools)."""
        self.chunks.append(body)
        self.pieces.append(self.stamp)


def _refusal(error: int) -> Fault:
    if error in REFUSALS:
        return Fault.REFUSED
    return Fault.CONNECT_TIMEOUT if error in SLOW else Fault.UNREACHABLE
