"""Slow calls on every worker, which leave a server busy and so come last; and what the platform asks besides.

The scrape of `/metrics` comes from the platform unasked, like the ping.
"""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass

from seatrial.conformance.api import Connection, Drive, End, Exchange, RawRequest, Sample, Unobserved, scenario
from seatrial.suites.realtime.scenarios.crowd import CROWD
from seatrial.suites.realtime.scenarios.load import OverloadSeen, press

__all__ = ["BusyPing", "BusySeen", "MetricsSeen", "PathsSeen"]

CALLS = 16
PINGS, EVERY = 8, 0.5
SCRAPES, CALLERS, CALLS_EACH = 3, 4, 10
SCRAPE_TIMEOUT = 4.0
PATIENCE = 60.0


@dataclass(frozen=True)
class BusyPing:
    """One ping, and how many calls were still without an answer when it had ended."""

    ping: Exchange
    in_flight: int


@dataclass(frozen=True)
class BusySeen:
    """Pings while the server is kept busy.

    Attributes:
        calls: how many calls were under way at once.
        slow: whether these were slow ones; else callers asked without a pause.
        pings: in order.
    """

    calls: int
    slow: bool
    pings: tuple[BusyPing, ...]


@dataclass(frozen=True)
class MetricsSeen:
    """Scrapes of `/metrics`, alone and while calls run.

    Attributes:
        idle: the scrapes while nothing else was asked.
        busy: the scrapes while calls ran; empty where no valid request is known.
        failed_before: calls that failed while nothing was scraped.
        failed_during: calls that failed while it was.
        failure: the first of the latter.
    """

    idle: tuple[Exchange, ...]
    busy: tuple[Exchange, ...] = ()
    failed_before: int = 0
    failed_during: int = 0
    failure: Exchange | None = None


@dataclass(frozen=True)
class PathsSeen:
    """What is answered where nothing has to be."""

    get_invocations: Exchange
    unknown: Exchange


@scenario("busy-ping", sees=BusySeen, launch=CROWD, waits=PINGS * EVERY, takes=0.5)
def busy_ping(drive: Drive) -> BusySeen:
    """Keep every worker busy, ping meanwhile, and leave: with slow calls, or with callers that never pause."""
    try:
        request = drive.request(drive.slow_sample)
    except Unobserved:
        seen = BusySeen(CALLS, slow=False, pings=_beside_callers(drive, drive.sample))
    else:
        seen = BusySeen(CALLS, slow=True, pings=_beside_slow_calls(drive, request))
    drive.until(lambda: drive.ping().status == 200, 10.0)
    return seen


def _beside_slow_calls(drive: Drive, request: RawRequest) -> tuple[BusyPing, ...]:
    pings: list[BusyPing] = []
    with ExitStack() as stack:
        calls = [stack.enter_context(drive.client.connect(drive.seconds(2.0))) for _ in range(CALLS)]
        for call in calls:
            call.write(request.head() + request.body)
        while len(pings) < PINGS and (not pings or pings[-1].in_flight) and not drive.stopping.is_set():
            drive.wait(EVERY)
            ping = drive.ping()
            pings.append(BusyPing(ping, sum(_waits(call) for call in calls)))
    return tuple(pings)


def _beside_callers(drive: Drive, sample: Sample) -> tuple[BusyPing, ...]:
    pings: list[BusyPing] = []
    over = threading.Event()

    def call() -> None:
        while not over.is_set():
            drive.invoke(sample, timeout=PATIENCE / 3)

    with ThreadPoolExecutor(CALLS) as pool:
        callers = [pool.submit(call) for _ in range(CALLS)]
        while len(pings) < PINGS and not drive.stopping.is_set():
            drive.wait(EVERY)
            pings.append(BusyPing(drive.ping(), len(callers)))
        over.set()
    return tuple(pings)


@scenario("overload-soak", sees=OverloadSeen, launch=CROWD, takes=60.0, soak=True, inputs=("slow-sample",))
def overload_soak(drive: Drive) -> OverloadSeen:
    """Call a hundred times at once with the slow request, and wait for as long as the platform does."""
    return press(drive, drive.slow_sample, drive.seconds(PATIENCE))


def _waits(call: Connection) -> bool:
    return call.trouble is None and call.idle_closed() is End.OPEN and not call.unasked


@scenario("metrics-scrape", sees=MetricsSeen, takes=0.5)
def metrics_scrape(drive: Drive) -> MetricsSeen:
    """Scrape while nothing is asked, and while valid calls run."""
    idle = tuple(scrape(drive) for _ in range(SCRAPES))
    try:
        sample = drive.sample
    except Unobserved:
        return MetricsSeen(idle)

    def calls(_: int) -> list[Exchange]:
        seen: list[Exchange] = []
        while len(seen) < CALLS_EACH and not (seen and broke(seen[-1])):
            seen.append(drive.invoke(sample, timeout=PATIENCE / 3))
        return seen

    with ThreadPoolExecutor(CALLERS) as pool:
        before = [call for some in pool.map(calls, range(CALLERS)) for call in some]
        running = [pool.submit(calls, n) for n in range(CALLERS)]
        busy = tuple(scrape(drive) for _ in range(SCRAPES))
        during = [call for some in running for call in some.result()]
    failures = [call for call in during if broke(call)]
    return MetricsSeen(idle, busy, sum(map(broke, before)), len(failures), next(iter(failures), None))


def scrape(drive: Drive) -> Exchange:
    """GET /metrics as the platform does, with more patience, so that a late answer is still seen."""
    return drive.client.send(RawRequest("GET", "/metrics"), timeout=drive.seconds(SCRAPE_TIMEOUT))


def broke(call: Exchange) -> bool:
    """Whether a valid call failed; a refusal for too much at once is no failure."""
    return not call.ok and call.status not in {429, 503}


@scenario("unknown-paths", sees=PathsSeen, takes=0.1)
def unknown_paths(drive: Drive) -> PathsSeen:
    """Ask for what no one promised."""
    timeout = drive.seconds(10.0)
    return PathsSeen(
        drive.client.send(RawRequest("GET", "/invocations"), timeout=timeout),
        drive.client.send(RawRequest("GET", "/seatrial-knows-no-such-path"), timeout=timeout),
    )
