"""Streams that are open when SIGTERM comes, or when a worker of the server dies."""

from __future__ import annotations

import signal
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

from seatrial.conformance.api import SPARE, Drive, Streamed, Unobserved, Untested, scenario
from seatrial.suites.realtime.scenarios.start import need_ready
from seatrial.suites.streaming.scenarios.samples import PATIENCE, brief, known

if TYPE_CHECKING:
    from collections.abc import Callable

    from seatrial.conformance.api import LiveStream, Sample

__all__ = ["Cut", "CutSeen"]

MOST = 4
WINDOW = 31.0
"""Contract seconds: the platform kills 30 s after SIGTERM."""


@dataclass(frozen=True)
class Cut:
    """A stream that was open when something happened.

    Attributes:
        sample: its name.
        usual: the same request before, twice.
        seen: the stream itself.
        at: seconds from its beginning to what happened.
    """

    sample: str
    usual: tuple[Streamed, Streamed]
    seen: Streamed
    at: float


@dataclass(frozen=True)
class CutSeen:
    """Streams of every sample, and what happened to the server meanwhile.

    Attributes:
        cuts: the streams that were open then.
        exited_after: seconds from SIGTERM to the exit; None where it still ran, or was not stopped.
        killed: how many processes were killed.
    """

    cuts: tuple[Cut, ...]
    exited_after: float | None = None
    killed: int = 0


@scenario("streams-stopped", sees=CutSeen, launch=SPARE, ends=True, takes=3.0)
def streams_stopped(drive: Drive) -> CutSeen:
    """SIGTERM when the first chunk of each stream is there."""
    need_ready(drive)

    def stop() -> None:
        drive.instance.signal(signal.SIGTERM)

    at, cuts = _cut(drive, stop)
    state = drive.instance.wait_exit(max(0.0, at + drive.seconds(WINDOW) - drive.instance.now()))
    return CutSeen(cuts, state.exited_at - at if state.exited_at is not None else None)


@scenario("streams-killed", sees=CutSeen, launch=SPARE, ends=True, takes=3.0)
def streams_killed(drive: Drive) -> CutSeen:
    """Kill every process but the first when the first chunk of each stream is there."""
    need_ready(drive)
    if len(drive.instance.processes()) < 2:
        raise Unobserved(Untested.OUT_OF_REACH, "the server is one process: with it the connection ends")
    killed = 0

    def kill() -> None:
        nonlocal killed
        killed = len(drive.instance.kill_children())

    _, cuts = _cut(drive, kill)
    return CutSeen(cuts, killed=killed)


def _cut(drive: Drive, act: Callable[[], None]) -> tuple[float, tuple[Cut, ...]]:
    """Learn how long each stream usually is, open all of them, act, and read them to their end.

    Returns:
        seconds from the launch to the act, and the streams that were open then.
    """
    samples = known(drive)[:MOST]
    patience = drive.seconds(PATIENCE)

    def usual(sample: Sample) -> Streamed:
        return drive.client.stream(sample.request(), timeout=patience)

    def follow(stream: LiveStream) -> Streamed:
        stream.read()
        return stream.seen()

    with ThreadPoolExecutor(2 * MOST) as pool:
        before = list(pool.map(usual, (*samples, *samples)))
        opened = [drive.client.open_stream(sample.request(), timeout=patience) for sample in samples]
        for stream in opened:
            stream.read(pieces=1)
        was_open = [not stream.over for stream in opened]
        at = drive.instance.now()
        act()
        seen = list(pool.map(follow, opened))
    for stream in opened:
        stream.leave()
    twice = zip(before[: len(samples)], before[len(samples) :], strict=True)
    cuts = tuple(
        Cut(sample.name, (brief(first), brief(second)), brief(one, tail=True), at - one.exchange.started)
        for sample, (first, second), one, there in zip(samples, twice, seen, was_open, strict=True)
        if there
    )
    return at, cuts
