"""Health checks: in a row, beside everything else, in every form, and many of them to see what they cost.

The platform pings on a fresh connection and gives up after two seconds; so does every ping here.
"""

from __future__ import annotations

from dataclasses import dataclass

from seatrial.conformance.api import Drive, Exchange, RawRequest, Trouble, scenario

__all__ = ["BackgroundSeen", "Brief", "Cost", "FormsSeen", "LoopSeen", "PingsSeen"]

IN_A_ROW = 24
ENOUGH = 3
"""Pings without an answer after which a row ends: the verdict stands, and each of them takes two seconds."""
SOAK_PINGS, SOAK_EVERY = 60, 5.0
MOST, EVERY = 600, 1.0
WARM_UP, LOOP, SOAK_LOOP = 30, 200, 2000
AS_SENT = RawRequest("GET", "/ping")


@dataclass(frozen=True)
class PingsSeen:
    """Pings one after the other."""

    pings: tuple[Exchange, ...]


@dataclass(frozen=True)
class Brief:
    """One ping of many: seconds from launch to its start, how long it took, and what came."""

    at: float
    seconds: float
    status: int | None
    trouble: Trouble | None

    @property
    def outcome(self) -> str:
        """The status or the trouble in one word."""
        return str(self.status if self.status is not None else self.trouble)


@dataclass(frozen=True)
class BackgroundSeen:
    """Pings once a second while the other scenarios drive the same instance.

    Attributes:
        pings: all of them.
        odd: the first that was answered with another status than 200; None where none was.
    """

    pings: tuple[Brief, ...]
    odd: Exchange | None = None


@dataclass(frozen=True)
class FormsSeen:
    """GET /ping as the platform sends it, and varied in one way each.

    Attributes:
        plain: as the platform sends it.
        post: POST with an empty body.
        bare: with no header but Host.
        hosts: with another Host header each: what it said, and the exchange.
        old: HTTP/1.0 without Host.
    """

    plain: Exchange
    post: Exchange
    bare: Exchange
    hosts: tuple[tuple[str, Exchange], ...]
    old: Exchange


@dataclass(frozen=True)
class Cost:
    """What one process holds."""

    pid: int
    rss_bytes: int
    threads: int
    open_files: int


@dataclass(frozen=True)
class LoopSeen:
    """Many pings, and what the server held before and after.

    Attributes:
        pings: how many.
        failed: how many of them had no answer.
        before: its processes before.
        after: its processes after.
        lines: log lines that arrived meanwhile.
    """

    pings: int
    failed: int
    before: tuple[Cost, ...]
    after: tuple[Cost, ...]
    lines: int


def brief(ping: Exchange) -> Brief:
    """What is kept of a ping of many."""
    return Brief(round(ping.started, 4), round(ping.done, 4), ping.status, ping.trouble)


@scenario("pings", sees=PingsSeen, timed=True, takes=0.3)
def pings(drive: Drive) -> PingsSeen:
    """Ping without a pause, each on its own connection: whichever worker it meets."""
    seen: list[Exchange] = []
    while len(seen) < IN_A_ROW and sum(ping.answer is None for ping in seen) < ENOUGH:
        seen.append(drive.ping())
    return PingsSeen(tuple(seen))


@scenario("background-pings", sees=BackgroundSeen, alongside=True)
def background_pings(drive: Drive) -> BackgroundSeen:
    """Ping every second for as long as the instance is driven."""
    seen: list[Brief] = []
    odd = None
    while len(seen) < MOST:
        ping = drive.ping()
        seen.append(brief(ping))
        if odd is None and ping.status not in {None, 200}:
            odd = ping
        if drive.over.wait(drive.seconds(EVERY)) or drive.stopping.is_set():
            break
    return BackgroundSeen(tuple(seen), odd)


@scenario("pings-soak", sees=PingsSeen, alongside=True, waits=SOAK_PINGS * SOAK_EVERY, soak=True)
def pings_soak(drive: Drive) -> PingsSeen:
    """Ping as often as the platform does, for five minutes."""
    seen: list[Exchange] = []
    while len(seen) < SOAK_PINGS and not drive.stopping.is_set():
        seen.append(drive.ping())
        drive.wait(SOAK_EVERY)
    return PingsSeen(tuple(seen))


@scenario("ping-forms", sees=FormsSeen, takes=0.1)
def ping_forms(drive: Drive) -> FormsSeen:
    """Vary method, headers and HTTP version of a ping."""
    address = drive.instance.address
    host = f"[{address.host}]" if ":" in address.host else address.host
    hosts = (f"{host}:{address.port}", "localhost:8080", "localhost")
    timeout = drive.seconds(2.0)

    def send(request: RawRequest) -> Exchange:
        return drive.client.send(request, timeout=timeout)

    plain = send(AS_SENT)

    def send_twice(request: RawRequest) -> Exchange:
        """Once more where the first differs, lest a ping that flaps be blamed on its form."""
        first = send(request)
        return first if first.status == plain.status else send(request)

    return FormsSeen(
        plain=plain,
        post=send(RawRequest("POST", "/ping")),
        bare=send(RawRequest("GET", "/ping", without=("User-Agent",))),
        hosts=tuple((name, send_twice(RawRequest("GET", "/ping", (("Host", name),)))) for name in hosts),
        old=send(RawRequest("GET", "/ping", version="1.0", without=("Host",))),
    )


@scenario("ping-loop", sees=LoopSeen, takes=0.6)
def ping_loop(drive: Drive) -> LoopSeen:
    """Ping two hundred times and see what stays."""
    return loop(drive, LOOP)


@scenario("ping-loop-soak", sees=LoopSeen, takes=6.0, soak=True)
def ping_loop_soak(drive: Drive) -> LoopSeen:
    """Ping two thousand times and see what stays."""
    return loop(drive, SOAK_LOOP)


def loop(drive: Drive, count: int) -> LoopSeen:
    """Ping so many times, after a few that warm up what is allocated once."""
    for _ in range(WARM_UP):
        if drive.ping().answer is None:
            break
    before, lines, sent, failed = costs(drive), drive.instance.logs.total_lines, 0, 0
    while sent < count and failed < ENOUGH and not drive.stopping.is_set():
        sent += 1
        failed += drive.ping().answer is None
    return LoopSeen(sent, failed, before, costs(drive), drive.instance.logs.total_lines - lines)


def costs(drive: Drive) -> tuple[Cost, ...]:
    """What the server's processes hold now."""
    return tuple(Cost(p.pid, p.rss_bytes, p.threads, p.open_files) for p in drive.instance.processes())
