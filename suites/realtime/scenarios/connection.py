"""TCP connections: who can reach the server, how soon it accepts, and what becomes of connections that are kept.

Accept times are those of the server's own kernel: only where its own address is dialled do they mean anything.
"""

from __future__ import annotations

import dataclasses
import ipaddress
from dataclasses import dataclass

from seatrial.conformance.api import (
    Connection,
    Drive,
    End,
    Exchange,
    RawRequest,
    Trouble,
    Unobserved,
    Untested,
    connect_storm,
    hold,
    scenario,
)
from seatrial.suites.realtime.scenarios.crowd import CROWD

__all__ = ["BacklogSeen", "BindsSeen", "ConnectSeen", "IdleClientsSeen", "KeepAliveSeen", "Loss", "Storm"]

CONNECTS, TOGETHER = 200, 20
BUSY_CLIENTS, BUSY_CONNECTS, BURST = 16, 64, 100
IDLE_CLIENTS, PINGS = 50, 3
REQUESTS, IDLE = 100, 6.0
ENOUGH = 3
"""Requests without an answer after which a row of them ends: each takes its whole time-out."""
GIVE_UP = 2.5
"""Seconds until an accept is given up: a dropped SYN is sent again after one second, and after two more."""
GRACE = 0.05
"""Seconds for a server to close a connection that it does not mean to keep."""
OTHER_LOOPBACK = "127.0.0.2"
HALF = b"POST /invocations HTTP/1.1\r\nHost: model.aws.local:8080\r\nContent-Type: application/json\r\nContent-Le"


@dataclass(frozen=True)
class BindsSeen:
    """Whether a server that was reached on 127.0.0.1 is bound to that address alone.

    Attributes:
        port: that was dialled.
        elsewhere: the trouble of a connect to the same port of 127.0.0.2; None where it was accepted.
    """

    port: int
    elsewhere: Trouble | None


@dataclass(frozen=True)
class Storm:
    """Many connects at once.

    Attributes:
        milliseconds: of each accepted one, slowest first.
        failed: the troubles of the others.
        reset: how many were accepted and reset at once.
    """

    milliseconds: tuple[float, ...]
    failed: tuple[Trouble, ...] = ()
    reset: int = 0

    def late(self, limit: float) -> int:
        """How many took longer than so many milliseconds, those that were never accepted among them."""
        return sum(one > limit for one in self.milliseconds) + len(self.failed)

    @property
    def slowest(self) -> str:
        """The slowest in words."""
        if self.failed:
            return f"not accepted ({self.failed[0]})"
        return f"{self.milliseconds[0]:.1f} ms" if self.milliseconds else "none was tried"


@dataclass(frozen=True)
class ConnectSeen:
    """Connects to an idle server, twenty at a time."""

    idle: Storm


@dataclass(frozen=True)
class BacklogSeen:
    """Connects to a server that other clients keep busy, and a burst of them once those have gone.

    Attributes:
        holding: how many clients had sent half a request meanwhile.
        busy: the connects made while they stood.
        burst: the connects made afterwards.
    """

    holding: int
    busy: Storm
    burst: Storm


@dataclass(frozen=True)
class IdleClientsSeen:
    """Pings while many clients stand idle or have sent half a request."""

    holding: int
    pings: tuple[Exchange, ...]


@dataclass(frozen=True)
class Loss:
    """A request on a kept connection that was not answered as on a fresh one; `after` says what came before it."""

    after: str
    exchange: Exchange


@dataclass(frozen=True)
class KeepAliveSeen:
    """Many requests on as few connections as the server allows.

    Attributes:
        requests: how many were sent.
        connections: how many connections that took.
        lost: requests that got no answer, or a part of one, on a connection that stood.
        muddled: pings after an error that were not answered 200 on a connection that stood.
        resets: after what the server reset a connection that nothing was asked of.
        after_idle: how the connection stood after six seconds of silence.
    """

    requests: int
    connections: int
    lost: tuple[Loss, ...]
    muddled: tuple[Loss, ...]
    resets: tuple[str, ...]
    after_idle: End


@scenario("binds", sees=BindsSeen, takes=0.1)
def binds(drive: Drive) -> BindsSeen:
    """Dial the same port on another loopback address: a server bound to 127.0.0.1 is not there."""
    address = drive.instance.address
    if not _is_loopback(address.host):
        raise Unobserved(Untested.OUT_OF_REACH, "the server was reached from outside anyway")
    elsewhere = connect_storm(dataclasses.replace(address, host=OTHER_LOOPBACK), 1, GIVE_UP)
    return BindsSeen(address.port, elsewhere[0].trouble)


@scenario("connect", sees=ConnectSeen, timed=True, takes=0.2)
def connect(drive: Drive) -> ConnectSeen:
    """Connect two hundred times, twenty at a time, while nothing else is asked.

    The ping between two crowds is answered once the first of them was taken in: no crowd stands behind another.
    """
    storms = []
    for _ in range(CONNECTS // TOGETHER):
        storms.append(storm(drive, TOGETHER))
        if storms[-1].failed:
            break
        drive.ping()
    return ConnectSeen(_joined(storms))


@scenario("idle-clients", sees=IdleClientsSeen, launch=CROWD, takes=0.2)
def idle_clients(drive: Drive) -> IdleClientsSeen:
    """Ping while fifty clients stand: half of them silent, half with an unfinished request."""
    address, half = drive.instance.address, IDLE_CLIENTS // 2
    pings: list[Exchange] = []
    with hold(address, half) as silent, hold(address, half, sends=HALF) as unfinished:
        while len(pings) < PINGS and (not pings or pings[-1].answer is not None):
            pings.append(drive.ping())
        return IdleClientsSeen(silent.count + unfinished.count, tuple(pings))


@scenario("backlog", sees=BacklogSeen, launch=CROWD, takes=0.3)
def backlog(drive: Drive) -> BacklogSeen:
    """Connect in crowds: while unfinished requests occupy the server, and when they are gone."""
    with hold(drive.instance.address, BUSY_CLIENTS, sends=HALF) as unfinished:
        busy, holding = storm(drive, BUSY_CONNECTS), unfinished.count
    drive.until(lambda: drive.ping().status == 200, 10.0)
    return BacklogSeen(holding, busy, storm(drive, BURST))


@scenario("keep-alive", sees=KeepAliveSeen, alongside=True, waits=IDLE, takes=0.5)
def keep_alive(drive: Drive) -> KeepAliveSeen:
    """Send request after request on one connection, errors among them, then nothing for six seconds, then one more."""
    line = Line(drive)
    for _ in range(REQUESTS):
        line.ping("a ping")
        if line.unanswered >= ENOUGH:
            break
    for what, request in errors():
        if line.unanswered >= ENOUGH:
            break
        line.send(what, request)
        line.ping(what)
    drive.wait(IDLE)
    after_idle = line.end()
    line.ping(f"{IDLE:g} s of silence")
    line.close()
    return KeepAliveSeen(
        line.requests, line.connections, tuple(line.lost), tuple(line.muddled), tuple(line.resets), after_idle
    )


def errors() -> tuple[tuple[str, RawRequest], ...]:
    """Requests that a server answers with an error, each of another kind."""
    json = (("Content-Type", "application/json"),)
    return (
        ("an unknown path", RawRequest("GET", "/seatrial-knows-no-such-path")),
        ("a body for an unknown path", RawRequest("POST", "/seatrial-knows-no-such-path", json, b"{}" * 100)),
        ("a method that is not served", RawRequest("DELETE", "/ping")),
        ("broken JSON", RawRequest("POST", "/invocations", json, b'{"instances": [')),
        ("an empty body", RawRequest("POST", "/invocations", json)),
    )


class Line:
    """One connection after another, each used for as long as it stands.

    Attributes: as in `KeepAliveSeen`, and `unanswered`: how many requests got no answer at all.
    """

    def __init__(self, drive: Drive) -> None:
        self._drive = drive
        self._connection: Connection | None = None
        self._last = ""
        self._grace = 0.0
        self.requests = self.connections = self.unanswered = 0
        self.lost: list[Loss] = []
        self.muddled: list[Loss] = []
        self.resets: list[str] = []

    def ping(self, after: str) -> None:
        """Ping, and see whether what came before has cost the connection."""
        exchange = self.send("a ping", RawRequest("GET", "/ping"))
        if exchange.reused and exchange.trouble in {Trouble.RESET, Trouble.NO_ANSWER, Trouble.CLOSED_EARLY}:
            self.lost.append(Loss(after, exchange))
        elif exchange.reused and (exchange.trouble is Trouble.GARBAGE or exchange.status not in {None, 200}):
            self.close()
            if self.send("a ping", RawRequest("GET", "/ping")).status == 200:  # else /ping itself is to blame
                self.muddled.append(Loss(after, exchange))

    def send(self, what: str, request: RawRequest) -> Exchange:
        """One request on the connection that stands, or on a new one."""
        if self.end() is not End.OPEN or self._connection is None:
            self.close()
            self._connection = self._drive.client.connect(self._drive.seconds(2.0))
            self.connections += 1
        exchange = self._connection.exchange(request, timeout=self._drive.seconds(10.0))
        self.requests += 1
        self.unanswered += exchange.answer is None
        self._last, self._grace = what, 0.0 if exchange.ok else GRACE
        if exchange.trouble is not None or not promises_more(exchange):
            self.close()
        return exchange

    def end(self) -> End:
        """How the connection stands; one that the server reset although it promised to keep it is noted."""
        if self._connection is None:
            return End.FIN
        end = self._connection.idle_closed(self._grace)
        if end is End.RST:
            self.resets.append(self._last)
            self.close()
        return end

    def close(self) -> None:
        """Let go of the connection."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None


def promises_more(exchange: Exchange) -> bool:
    """Whether the answer says, by its version and its Connection header, that the connection will be kept."""
    if exchange.answer is None:
        return False
    said = (exchange.answer.header("Connection") or "").lower()
    return "close" not in said and (exchange.answer.version == "1.1" or "keep-alive" in said)


def storm(drive: Drive, count: int) -> Storm:
    """Connect so many times at once."""
    return _joined([_storm(drive, count)])


def _storm(drive: Drive, count: int) -> Storm:
    times = connect_storm(drive.instance.address, count, GIVE_UP)
    return Storm(
        tuple(round(one.seconds * 1000, 2) for one in times if one.seconds is not None),
        tuple(one.trouble for one in times if one.trouble is not None),
        sum(one.reset for one in times),
    )


def _joined(storms: list[Storm]) -> Storm:
    return Storm(
        tuple(sorted((one for each in storms for one in each.milliseconds), reverse=True)),
        tuple(trouble for each in storms for trouble in each.failed),
        sum(each.reset for each in storms),
    )


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
