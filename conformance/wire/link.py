"""One TCP or TLS connection that never blocks: the sockets under `rawhttp`.

It knows nothing of HTTP. Every wait has an end, and every failure to connect comes back as a value with a name.
"""

from __future__ import annotations

import contextlib
import errno
import math
import select
import socket
import ssl
import struct
import time
from dataclasses import dataclass

from seatrial.conformance.wire.exchange import Trouble

__all__ = ["RECEIVE", "ConnectFailed", "Link", "connect_trouble", "open_link", "resolve"]

RECEIVE = 64 * 1024
QUICK: int | None = getattr(socket, "TCP_QUICKACK", None)
"""Acknowledge at once: else our kernel, not the subject, adds 40 ms to each answer that leaves in two small writes."""
SMALL_SEGMENT = 536
"""What a peer may send at once to a reader with a small buffer: the loopback's 64 KiB would have the peer's kernel set
aside megabytes for sending, whatever we can take."""
LOCAL_FAULTS = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM})
"""The harness's own limits: never blamed on the subject."""


@dataclass(frozen=True)
class ConnectFailed:
    """A connect that failed, and why."""

    trouble: Trouble
    detail: str


class Link:
    """A connected socket in non-blocking mode."""

    def __init__(self, sock: socket.socket) -> None:
        self._socket = sock
        self._poll = select.poll()
        self._poll.register(sock, select.POLLIN)
        self.open = True

    def wait(self, *, until: float, write: bool = False) -> bool:
        """Wait until there is something to read (or room to write) or the monotonic time `until`; whether to read."""
        if isinstance(self._socket, ssl.SSLSocket) and self._socket.pending():
            return True
        if QUICK is not None and not write:
            with contextlib.suppress(OSError):
                self._socket.setsockopt(socket.IPPROTO_TCP, QUICK, 1)
        self._poll.modify(self._socket, select.POLLIN | select.POLLOUT if write else select.POLLIN)
        milliseconds = max(0, math.ceil((until - time.monotonic()) * 1000))
        ready = self._poll.poll(milliseconds)
        return any(events & ~select.POLLOUT for _, events in ready)

    def send(self, data: memoryview) -> int:
        """Hand bytes to the kernel; how many it took, 0 where there is no room.

        Raises:
            OSError: the connection broke.
        """
        try:
            return self._socket.send(data)
        except (BlockingIOError, InterruptedError, ssl.SSLWantWriteError, ssl.SSLWantReadError):
            return 0

    def receive(self) -> bytes | None:
        """The next bytes; `b""` where the peer closed, None where nothing is there now.

        Raises:
            OSError: the connection broke.
        """
        try:
            return self._socket.recv(RECEIVE)
        except (BlockingIOError, InterruptedError, ssl.SSLWantWriteError, ssl.SSLWantReadError):
            return None
        except ssl.SSLEOFError:
            return b""

    def half_close(self) -> None:
        """Shut down the writing side."""
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_WR)

    def close(self) -> None:
        """Close in order (FIN, unless unread bytes make the kernel send RST)."""
        if self.open:
            self.open = False
            self._socket.close()

    def reset(self) -> None:
        """Close with an RST."""
        if self.open:
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.close()


def open_link(
    host: str,
    port: int,
    *,
    deadline: float,
    source: str = "",
    tls: ssl.SSLContext | None = None,
    receive_buffer: int = 0,
) -> tuple[Link | ConnectFailed, float]:
    """Connect.

    Args:
        host: a name or an address.
        port: the TCP port.
        deadline: the monotonic time by which it has to be done.
        source: the local address to connect from; empty for the system's choice.
        tls: speaks TLS where given.
        receive_buffer: bytes that our kernel holds for us, and small segments with it; 0 for the system's choice.

    Returns:
        The connection or why there is none, and the monotonic time at which the TCP connect returned.

    Raises:
        OSError: only where this machine ran out of sockets or memory.
    """
    failed = ConnectFailed(Trouble.UNREACHABLE, "no address")
    try:
        candidates = resolve(host, port)
    except OSError as error:
        return ConnectFailed(Trouble.UNREACHABLE, f"{host}: {error.strerror or error}"), time.monotonic()
    for family, target in candidates:
        sock = socket.socket(family, socket.SOCK_STREAM)
        try:
            if receive_buffer:
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
                sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG, SMALL_SEGMENT)
            connected = _connect(sock, target, deadline, source)
            secured = _secure(sock, tls, host, deadline) if tls else sock
        except OSError as error:
            sock.close()
            failed = connect_trouble(error)
        else:
            return Link(secured), connected
    return failed, time.monotonic()


def resolve(host: str, port: int) -> list[tuple[socket.AddressFamily, tuple[str, int]]]:
    """The socket addresses of a host, in the system's order.

    Raises:
        OSError: the name is unknown.
    """
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [(family, (str(address[0]), int(address[1]))) for family, _, _, _, address in found]


def connect_trouble(error: OSError) -> ConnectFailed:
    """What a failed connect means.

    Raises:
        OSError: the error itself, where it is this machine's own limit.
    """
    if error.errno in LOCAL_FAULTS:
        raise error
    trouble = Trouble.UNREACHABLE
    if isinstance(error, TimeoutError):
        trouble = Trouble.CONNECT_TIMEOUT
    elif isinstance(error, ConnectionRefusedError):
        trouble = Trouble.REFUSED
    elif isinstance(error, ConnectionResetError):
        trouble = Trouble.RESET
    return ConnectFailed(trouble, error.strerror or str(error))


def _connect(sock: socket.socket, target: tuple[str, int], deadline: float, source: str) -> float:
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    if source:
        sock.bind((source, 0))
    sock.settimeout(_left(deadline))
    try:
        sock.connect(target)
    except TimeoutError as error:
        raise TimeoutError(errno.ETIMEDOUT, "no TCP accept in time") from error
    connected = time.monotonic()
    sock.setblocking(False)
    return connected


def _secure(sock: socket.socket, tls: ssl.SSLContext, host: str, deadline: float) -> socket.socket:
    sock.settimeout(_left(deadline))
    try:
        secured = tls.wrap_socket(sock, server_hostname=host)
    except TimeoutError as error:
        raise TimeoutError(errno.ETIMEDOUT, "no TLS handshake in time") from error
    except ssl.SSLError as error:
        raise OSError(errno.EPROTO, f"TLS: {error.reason or error}") from error
    secured.setblocking(False)
    return secured


def _left(deadline: float) -> float:
    return max(deadline - time.monotonic(), 0.001)
