"""The engine of one process: its rows of the schedule, its connections, its turn of the clock.

One process, one thread, no tasks. A row is sent when it is due, over the connection that was used last (the pool is a
stack), over a new one where none is free, or as soon as one is free where there may be no more. Nothing is dropped: a
row that could not be sent until the end is recorded as such.
"""

from __future__ import annotations

import socket
from collections import deque
from dataclasses import dataclass
from time import monotonic_ns
from typing import TYPE_CHECKING, Any

from seatrial.loadgen.engine.connection import IDLE, Connection, KeepingConnection
from seatrial.loadgen.engine.notes import HOUSEKEEPING, Notebook
from seatrial.loadgen.engine.priority import Priority
from seatrial.loadgen.engine.reactor import make_reactor
from seatrial.loadgen.engine.stamps import Stamps
from seatrial.loadgen.engine.tls import KeepingTlsConnection, TlsConnection
from seatrial.loadgen.fault import Fault
from seatrial.loadgen.record import Flag
from seatrial.loadgen.traffic import Answer, Authority, Step, Traffic

if TYPE_CHECKING:
    from seatrial.loadgen.record import Records

__all__ = ["Engine", "Share"]

REUSED, KERNEL = int(Flag.REUSED), int(Flag.KERNEL)
"""As plain numbers: an enum's own arithmetic costs as much as a system call."""
BREATH = 1_000_000
"""ns between a failure and the next request of a closed loop."""


@dataclass(frozen=True)
class Share:
    """What one process of a run is to do.

    Attributes:
        rows: its rows of the records.
        concurrency: requests at a time of a closed loop; None in an open loop.
        max_connections: most connections at a time.
        timeout: of one request, ns.
    """

    rows: range
    concurrency: int | None
    max_connections: int
    timeout: int


class Engine:
    """Drives one share of the load.

    Args:
        traffic: makes the bytes.
        records: shared columns; only the rows of the share are written.
        share: of this process.
        fault_of_status: a `Fault` for each status from 0 to 999.
        portable: use the reactor that works on every system.
    """

    def __init__(
        self, traffic: Traffic, records: Records, share: Share, *, fault_of_status: bytes, portable: bool = False
    ) -> None:
        self.traffic, self.records, self.share = traffic, records, share
        self.fault_of_status = fault_of_status
        self.reactor = make_reactor(portable=portable)
        self.stamps = Stamps()
        self.notes = Notebook()
        self.priority = Priority()
        self.was_real_time = False
        self.answers: list[Answer] = []
        self.stopping = False
        self.intended, self.sent = records.view("intended"), records.view("sent")
        self.first, self._last, self._done = records.view("first"), records.view("last"), records.view("done")
        self._status, self._received = records.view("status"), records.view("received")
        self._connection, self._connecting = records.view("connection"), records.view("connecting")
        self._payload = records.view("payload")
        self._fault, self._flags = records.view("fault"), records.view("flags")
        self._keeps = traffic.keeps or traffic.steps > 1
        self._idle: dict[Authority, list[Connection]] = {traffic.authority: []}
        self._free = self._idle[traffic.authority]
        self._open: set[Connection] = set()
        self.opened = 0
        self._waiting: deque[int] = deque()
        self._rows = iter(share.rows)
        self._next = next(self._rows, IDLE)
        self._under_way = 0
        self._closed = share.concurrency is not None
        self._lacking = share.concurrency or 0
        self._addresses: dict[Authority, tuple[int, Any]] = {}
        self._housekeeping = self._origin = self._end = 0

    # ----------------------------------------------------------------------------------------------------------- time

    def prepare(self) -> None:
        """Do what can be done before the word to begin."""
        self.traffic.begin()
        self.notes.prepare()

    def stop_with(self, fd: int) -> None:
        """Stop as soon as a descriptor says anything: a pipe that nobody writes to does when its other end is gone."""

        def stop() -> None:
            self.stopping = True
            self.reactor.remove(fd)

        self.reactor.add(fd, stop, write=False)

    def run(self, origin: int, end: int) -> None:
        """Send everything, and wait for what is under way. The intended column holds absolute times by now.

        Args:
            origin: before which nothing is sent, ns.
            end: of the schedule, ns: from then on a closed loop begins nothing, and an open one only waits.
        """
        self._origin, self._end = origin, end
        self._housekeeping = max(origin, monotonic_ns())
        self.notes.begin(self._housekeeping)
        try:
            if self._closed:
                self.reactor.run(self._closed_turn)
            else:
                self.priority.raise_()
                self.reactor.run(self._open_turn)
        finally:
            self.was_real_time = self.priority.real_time
            self.priority.lower()
            self.notes.end()
            self._finish()

    def _open_turn(self, now: int) -> int:
        intended, following = self.intended, self._rows
        while self._next >= 0 and intended[self._next] <= now and not self.stopping:
            row, self._next = self._next, next(following, IDLE)
            self._under_way += 1
            self.send(row)
        if now >= self._housekeeping:
            self._keep_house(now)
            self._serve()
        if self.stopping or (self._next < 0 and (not self._under_way or now >= self._end + self.share.timeout)):
            return 0
        return self._housekeeping if self._next < 0 else min(self._housekeeping, intended[self._next])

    def _closed_turn(self, now: int) -> int:
        if now < self._origin:
            return self._origin
        if now >= self._housekeeping:
            self._keep_house(now)
        lacking, self._lacking = self._lacking, 0
        for _ in range(lacking):
            self._follow_up(monotonic_ns())
        if self.stopping or not (self._under_way or self._lacking):
            return 0
        return self._housekeeping

    def _follow_up(self, now: int) -> None:
        """Begin the next request of a closed loop, where there is one and its time is not over."""
        row = self._next
        if row < 0 or now >= self._end or self.stopping:
            return
        self._next = next(self._rows, IDLE)
        self._under_way += 1
        self.intended[row] = monotonic_ns()
        self.send(row)

    def _keep_house(self, now: int) -> None:
        """Ten times a second: times out what is too old, and notes how late this is."""
        self.notes.turn(self._housekeeping, now)
        self.priority.lower_if_busy(self.notes.busy)
        if self.notes.whole_second:
            self.stamps.reread()
        oldest = now - self.share.timeout
        for connection in [each for each in self._open if each.row >= 0 and each.asked < oldest]:
            fault = Fault.TIMEOUT if connection.connected else Fault.CONNECT_TIMEOUT
            self.lost(connection, fault, "")
        self._housekeeping += HOUSEKEEPING
        if self._housekeeping <= now:
            self._housekeeping = now + HOUSEKEEPING

    # -------------------------------------------------------------------------------------------------------- sending

    def send(self, row: int) -> None:
        """Send the first step of a row over the connection that was used last."""
        if self._free:
            self._free.pop().begin(row, 0, self.traffic.first(row, self._payload[row]))
        elif len(self._open) < self.share.max_connections:
            self._connect(self.traffic.authority, row, 0, self.traffic.first(row, self._payload[row]))
        else:
            self._flags[row] |= Flag.WAITED
            self._waiting.append(row)
            self.notes.waits(len(self._waiting))

    def _serve(self) -> None:
        """Send the rows that waited longest, as far as connections are free."""
        while self._waiting and not self.stopping and (self._free or len(self._open) < self.share.max_connections):
            self.send(self._waiting.popleft())

    def _connect(self, authority: Authority, row: int, step: int, data: bytes) -> None:
        idle = self._idle.setdefault(authority, [])
        self.opened += 1
        if authority.tls:
            kind: type[Connection] = KeepingTlsConnection if self._keeps else TlsConnection
        else:
            kind = KeepingConnection if self._keeps else Connection
        connection = kind(self, authority, self.opened, idle)
        self._open.add(connection)
        connection.row = row
        try:
            family, address = self._address(authority)
        except (OSError, UnicodeError) as error:  # a label that is empty or too long is no UTF-8 matter, but raises so
            self.lost(connection, Fault.UNREACHABLE, getattr(error, "strerror", None) or str(error))
            return
        connection.open(family, address, row, step, data)

    def _address(self, authority: Authority) -> tuple[int, Any]:
        """Resolve once: a look-up in the middle of a run would hold up everything that is due."""
        if authority not in self._addresses:
            found = socket.getaddrinfo(authority.host, authority.port, type=socket.SOCK_STREAM)
            self._addresses[authority] = found[0][0], found[0][4]
        return self._addresses[authority]

    def resolve(self) -> None:
        """Look the target up before the run.

        Raises:
            OSError, UnicodeError: the name does not resolve.
        """
        self._address(self.traffic.authority)

    def note_connect(self, connection: Connection, took: int) -> None:
        """A connection is open; `took` ns is kept apart from the request that it was opened for."""
        row = connection.row
        self._connecting[row] = min(self._connecting[row] + took // 1000, 0xFFFFFFFF)

    # -------------------------------------------------------------------------------------------------------- answers

    def answered(self, connection: Connection, status: int, *, reusable: bool) -> None:
        """A whole answer has come over a connection."""
        row = connection.row
        if row < 0:  # nobody asked for it
            self.drop(connection)
            return
        connection.row = IDLE
        fault = self.fault_of_status[status]
        if fault:
            self.notes.example(fault, connection.head, connection.chunks)
        elif connection.step + 1 < self.traffic.steps:
            self._next_step(connection, row, status, reusable=reusable)
            return
        self._last[row] = connection.stamp
        self._status[row] = status
        self._received[row] = connection.received
        self._connection[row] = connection.number
        self._flags[row] |= (REUSED if connection.carried > 1 else 0) | (KERNEL if connection.kernel else 0)
        if self._keeps and not fault:
            pieces = connection.chunks, connection.pieces
            self.answers.append(Answer(row, self._payload[row], connection.media, *pieces, whole=True))
        self._fault[row] = fault
        self._done[row] = monotonic_ns()
        self._under_way -= 1
        if reusable:
            connection.idle.append(connection)
        else:
            self.drop(connection)
        if self._waiting:
            self._serve()
        elif self._closed:
            self._follow_up(connection.stamp)

    def _next_step(self, connection: Connection, row: int, status: int, *, reusable: bool) -> None:
        following = self.traffic.follow(row, self._payload[row], status, b"".join(connection.chunks))
        if reusable:
            connection.idle.append(connection)
        else:
            self.drop(connection)
        if isinstance(following, Step):
            step = connection.step + 1
            idle = self._idle.setdefault(following.authority, [])
            if idle:
                idle.pop().begin(row, step, following.data)
            else:
                self._connect(following.authority, row, step, following.data)
            return
        self.notes.example(following, connection.head, connection.chunks)
        self._status[row] = status
        self._failed(row, following)

    def lost(self, connection: Connection, fault: Fault, text: str) -> None:
        """A connection broke, was refused, ran out of time or spoke something else than HTTP."""
        row, connection.row = connection.row, IDLE
        self.drop(connection)
        if row < 0:
            return
        self._connection[row] = connection.number
        if connection.carried > 1:
            self._flags[row] |= Flag.REUSED
        if connection.fresh:
            self.notes.example(fault, text.encode(), [])
        else:
            self.notes.example(fault, connection.head, connection.chunks)
            self._status[row] = connection.parser.get_status_code()
            self._received[row] = connection.received
        self._failed(row, fault)

    def drop(self, connection: Connection) -> None:
        """Forget a connection and close it."""
        if connection not in self._open:
            return
        self._open.discard(connection)
        if connection in connection.idle:
            connection.idle.remove(connection)
        if connection.fd >= 0:
            self.reactor.remove(connection.fd)
            connection.fd = IDLE
            connection.close()

    def _failed(self, row: int, fault: int) -> None:
        """Record a row that got no answer; in a closed loop what follows it waits a moment, so that none can spin."""
        self._fault[row] = fault
        self._done[row] = monotonic_ns()
        self._under_way -= 1
        if self._closed:
            self._lacking += 1
            self.reactor.hasten(self._done[row] + BREATH)

    def _finish(self) -> None:
        """Say of every row that was due what became of it, and close everything."""
        now = monotonic_ns()
        for connection in list(self._open):
            if connection.row >= 0:
                self.lost(connection, Fault.INTERRUPTED if self.stopping else Fault.TIMEOUT, "")
            else:
                self.drop(connection)
        for row in self._waiting:
            self._fault[row], self._done[row] = Fault.UNSENT, now
        row = self._next
        while row >= 0 and not self._closed and self.intended[row] <= now:
            self._fault[row], self._done[row] = Fault.UNSENT, now
            row = next(self._rows, IDLE)
        self.reactor.close()
