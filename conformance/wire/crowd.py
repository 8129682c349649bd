"""Many TCP connections at once, from one thread: how soon a server accepts under a crowd, and a crowd that just stands.

No byte of HTTP is spoken here unless `hold` is told to send one. Dial the subject's own address: a published port
accepts before the server does, so it proves nothing (contract rows SM-PORT-04 to SM-PORT-08).
"""

from __future__ import annotations

import contextlib
import errno
import os
import selectors
import socket
import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Self

from seatrial.conformance.wire.exchange import Trouble
from seatrial.conformance.wire.link import connect_trouble, resolve

if TYPE_CHECKING:
    from collections.abc import Iterator

    from seatrial.conformance.subject.launcher import Address

__all__ = ["ConnectTime", "Held", "connect_storm", "hold"]


@dataclass(frozen=True)
class ConnectTime:
    """What became of one connect.

    Attributes:
        seconds: from the SYN to the accepted connection; None where it was not accepted.
        trouble: why it was not accepted; None where it was.
        detail: the trouble in the system's own words.
        reset: whether the peer reset it once it stood.
    """

    seconds: float | None
    trouble: Trouble | None = None
    detail: str = ""
    reset: bool = False


def connect_storm(address: Address, n: int, timeout: float = 2.0, *, source: str = "") -> tuple[ConnectTime, ...]:
    """Open many connections at once, keep all of them until the last is decided, then close them.

    Args:
        address: where to dial; never speaks TLS.
        n: how many.
        timeout: seconds after which a connect that is not accepted is given up.
        source: the local address to connect from.

    Returns:
        One entry a connection, in the order of their SYNs.

    Raises:
        OSError: this machine ran out of sockets.
    """
    with _Crowd(address, source) as crowd:
        crowd.open(n, timeout)
        return crowd.times()


class Held:
    """Connections that stand open. Made by `hold`."""

    def __init__(self, sockets: list[socket.socket], times: tuple[ConnectTime, ...]) -> None:
        self._sockets, self.times = sockets, times

    @property
    def count(self) -> int:
        """How many were accepted."""
        return len(self._sockets)

    def closed(self) -> int:
        """How many the peer has closed or reset by now; bytes that it sent are thrown away."""
        return sum(_ended(sock) is not None for sock in self._sockets)


@contextlib.contextmanager
def hold(address: Address, n: int, *, sends: bytes = b"", timeout: float = 2.0, source: str = "") -> Iterator[Held]:
    """Hold many connections open, idle or with half a request sent.

    Args:
        address: where to dial; never speaks TLS.
        n: how many.
        sends: bytes sent once on each of them, such as the beginning of a request; at most a few kilobytes.
        timeout: seconds after which a connect that is not accepted is given up.
        source: the local address to connect from.
    """
    with _Crowd(address, source) as crowd:
        crowd.open(n, timeout)
        standing = crowd.standing()
        for sock in standing if sends else ():
            with contextlib.suppress(OSError):
                sock.send(sends)
        yield Held(standing, crowd.times())


class _Crowd:
    """Sockets that connect side by side. Ready ones are looked for after every SYN, so that none waits for our loop."""

    def __init__(self, address: Address, source: str) -> None:
        self._address, self._source = address, source
        self._selector = selectors.DefaultSelector()
        self._sockets: list[socket.socket] = []
        self._begun: dict[int, float] = {}
        self._times: dict[int, ConnectTime] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._selector.close()
        for sock in self._sockets:
            sock.close()

    def open(self, n: int, timeout: float) -> None:
        family, target = resolve(self._address.host, self._address.port)[0]
        for index in range(n):
            self._start(index, family, target)
            self._collect(0)
        while waiting := [index for index in range(n) if index not in self._times]:
            now = time.monotonic()
            for index in waiting:
                if now - self._begun[index] >= timeout:
                    self._decide(index, None, Trouble.CONNECT_TIMEOUT, f"no TCP accept in {timeout:g} s")
            left = min(self._begun[index] for index in waiting) + timeout - now
            self._collect(max(left, 0))

    def standing(self) -> list[socket.socket]:
        return [sock for index, sock in enumerate(self._sockets) if self._times[index].trouble is None]

    def times(self) -> tuple[ConnectTime, ...]:
        found = []
        for index, sock in enumerate(self._sockets):
            decided = self._times[index]
            reset = decided.reset or (decided.trouble is None and _ended(sock) == "rst")
            found.append(replace(decided, reset=reset))
        return tuple(found)

    def _start(self, index: int, family: socket.AddressFamily, target: tuple[str, int]) -> None:
        sock = socket.socket(family, socket.SOCK_STREAM)
        self._sockets.append(sock)
        sock.setblocking(False)
        self._begun[index] = time.monotonic()
        try:
            if self._source:
                sock.bind((self._source, 0))
            sock.connect(target)
        except BlockingIOError:
            self._selector.register(sock, selectors.EVENT_WRITE, index)
        except OSError as error:
            failed = connect_trouble(error)
            self._decide(index, None, failed.trouble, failed.detail)
        else:
            self._decide(index, time.monotonic())

    def _collect(self, timeout: float) -> None:
        for key, _ in self._selector.select(timeout):
            now = time.monotonic()
            code = self._sockets[key.data].getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
            if code == errno.ECONNRESET:  # a refused SYN has another number: this one stood for a moment
                self._decide(key.data, now)
                self._times[key.data] = replace(self._times[key.data], reset=True)
            elif code:
                failed = connect_trouble(OSError(code, os.strerror(code)))
                self._decide(key.data, None, failed.trouble, failed.detail)
            else:
                self._decide(key.data, now)

    def _decide(self, index: int, at: float | None, trouble: Trouble | None = None, detail: str = "") -> None:
        with contextlib.suppress(KeyError):
            self._selector.unregister(self._sockets[index])
        seconds = None if at is None else at - self._begun[index]
        self._times[index] = ConnectTime(seconds, trouble, detail)


def _ended(sock: socket.socket) -> str | None:
    """How the peer ended it: `fin`, `rst`, or None where it stands."""
    try:
        for _ in range(16):
            if not sock.recv(4096):
                return "fin"
    except BlockingIOError:
        return None
    except OSError:
        return "rst"
    return None
