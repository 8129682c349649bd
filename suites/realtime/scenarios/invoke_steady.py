"""Drives one valid request hundreds of times, and watches memory and open files between equal blocks of calls.

A leak grows in every block; what a server allocates once, or what another caller holds open for a while, does not.
"""

from __future__ import annotations

import time
from dataclasses import dataclass

from seatrial.conformance.api import Drive, Exchange, Sample, scenario
from seatrial.suites.realtime.scenarios.invoke import plain

__all__ = ["Footprint", "SteadySeen"]

WARM_UP, BLOCKS, CALLS = 100, 4, 75
SECONDS, SOAK_SECONDS = 15.0, 600.0
"""Real seconds at most for the calls of a quick form; contract seconds of a soak."""
LOOKS = 3


@dataclass(frozen=True)
class Footprint:
    """All processes of the instance together.

    Attributes:
        calls: valid requests sent so far, the warm-up left out.
        rss_bytes: resident memory.
        open_files: open files; the least of three looks.
    """

    calls: int
    rss_bytes: int
    open_files: int


@dataclass(frozen=True)
class SteadySeen:
    """A steady load of one caller.

    Attributes:
        calls: valid requests sent, the warm-up left out.
        failed: the first that was not answered 2xx; None where all were.
        footprints: before the first block and after each.
        cut: whether the time ran out before the planned number of calls.
    """

    calls: int
    failed: Exchange | None
    footprints: tuple[Footprint, ...]
    cut: bool


@scenario("steady", sees=SteadySeen, takes=1.0)
def steady(drive: Drive) -> SteadySeen:
    """Send 300 valid requests after a warm-up, or ten minutes of them with `--trial-soak`."""
    sample = drive.sample
    plain(drive, sample)
    began = time.monotonic()
    end = began + (drive.seconds(SOAK_SECONDS) if drive.facts.soak else SECONDS)
    failed, _ = _send(drive, sample, calls=WARM_UP, until=began + (end - began) / 4)
    footprints = [_footprint(drive, 0)]
    block = (end - time.monotonic()) / BLOCKS
    calls, planned = 0, 0 if drive.facts.soak else CALLS
    for number in range(BLOCKS):
        if failed is None:
            failed, sent = _send(drive, sample, calls=planned, until=end - block * (BLOCKS - 1 - number))
            calls += sent
            footprints.append(_footprint(drive, calls))
    return SteadySeen(calls, failed, tuple(footprints), cut=calls < planned * BLOCKS)


def _send(drive: Drive, sample: Sample, *, calls: int, until: float) -> tuple[Exchange | None, int]:
    """Send until so many calls (0: any number), a time, or a failure; the failure and how many were sent."""
    sent = 0
    while (not calls or sent < calls) and not drive.stopping.is_set():
        exchange = drive.invoke(sample)
        sent += 1
        if not exchange.ok:
            return exchange, sent
        if time.monotonic() >= until:
            break
    return None, sent


def _footprint(drive: Drive, calls: int) -> Footprint:
    looks = [drive.instance.processes() for _ in range(LOOKS)]
    return Footprint(
        calls,
        sum(process.rss_bytes for process in looks[-1]),
        min(sum(process.open_files for process in look) for look in looks),
    )
