"""Streams side by side: many at once, callers that leave, and one that does not read."""

from __future__ import annotations

import dataclasses
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

from seatrial.conformance.api import Ability, Drive, Exchange, Sample, Streamed, scenario
from seatrial.suites.realtime.scenarios.crowd import CROWD
from seatrial.suites.streaming.scenarios.samples import PATIENCE, brief, known

if TYPE_CHECKING:
    from seatrial.conformance.api import LiveStream

__all__ = ["BusyPing", "LeavingSeen", "SlowReaderSeen", "TogetherSeen"]

TOGETHER, PINGS, EVERY = 16, 8, 0.25
LEAVING, FIRST_CHUNK = 50, 5.0
SMALL_BUFFER, ENOUGH = 4096, 320 * 1024
"""Bytes that the kernel holds for a caller who does not read, and bytes of a stream that no buffers on its way hold."""
TRIED, STALL, OTHER = 5.0, 2.0, 12.0
"""Contract seconds: in which a sample brings enough bytes, without reading, and for another caller meanwhile."""


@dataclass(frozen=True)
class BusyPing:
    """One ping, and how many streams were open when it had ended."""

    ping: Exchange
    open: int


@dataclass(frozen=True)
class TogetherSeen:
    """Sixteen callers that ask for one stream after the other.

    Attributes:
        callers: how many.
        streams: of all of them, without their texts.
        pings: meanwhile.
    """

    callers: int
    streams: tuple[Streamed, ...]
    pings: tuple[BusyPing, ...]


@dataclass(frozen=True)
class LeavingSeen:
    """Fifty callers at once that leave after their first chunk.

    Attributes:
        left: how many left.
        begun: how many of them had got a chunk.
        before: a stream before they came.
        after: the same request when they had gone.
        files_before: open files of the server before; None where they cannot be seen.
        files_after: the same afterwards, once they had settled.
    """

    left: int
    begun: int
    before: Streamed
    after: Streamed
    files_before: int | None = None
    files_after: int | None = None


@dataclass(frozen=True)
class SlowReaderSeen:
    """A caller that stops reading after the first chunk, with little room in its own kernel.

    Attributes:
        largest: bytes of the largest stream that was found.
        slow: the stream that was not read for a while; None where none is large enough.
        beside_reading: the first chunk of another caller's stream, while that stream was read.
        beside_stalled: the same while it was not.
        pings: while it was not.
    """

    largest: int
    slow: Streamed | None = None
    beside_reading: Streamed | None = None
    beside_stalled: Streamed | None = None
    pings: tuple[Exchange, ...] = ()


@scenario("streams-together", sees=TogetherSeen, launch=CROWD, waits=PINGS * EVERY, takes=1.0)
def streams_together(drive: Drive) -> TogetherSeen:
    """Have sixteen callers ask without a pause, and ping meanwhile."""
    request = known(drive)[0].request()
    over = threading.Event()
    running = 0
    counting = threading.Lock()

    def ask() -> list[Streamed]:
        nonlocal running
        seen: list[Streamed] = []
        while not over.is_set() and not drive.stopping.is_set():
            with drive.client.open_stream(request, timeout=drive.seconds(PATIENCE)) as stream:
                stream.read(pieces=1)
                begun = not stream.over
                with counting:
                    running += begun
                while not stream.over and not over.is_set():
                    stream.read(timeout=EVERY)
                stream.leave()
                with counting:
                    running -= begun
                seen.append(brief(stream.seen()))
            if not begun:
                over.wait(drive.seconds(EVERY))  # who was refused does not ask again at once
        return seen

    pings: list[BusyPing] = []
    with ThreadPoolExecutor(TOGETHER) as pool:
        callers = [pool.submit(ask) for _ in range(TOGETHER)]
        while len(pings) < PINGS and not drive.stopping.is_set():
            drive.wait(EVERY)
            pings.append(BusyPing(drive.ping(), running))
        over.set()
        streams = tuple(seen for caller in callers for seen in caller.result())
    return TogetherSeen(TOGETHER, streams, tuple(pings))


@scenario("streams-left", sees=LeavingSeen, launch=CROWD, takes=1.0)
def streams_left(drive: Drive) -> LeavingSeen:
    """Stream once, have fifty callers begin at once and leave, and stream once more at once."""
    samples = known(drive)
    request = samples[0].request()
    patience = drive.seconds(PATIENCE)
    before = drive.client.stream(request, timeout=patience)
    files = open_files(drive)

    def leave(number: int) -> bool:
        asked = samples[number % len(samples)].request()
        with drive.client.open_stream(asked, timeout=patience) as stream:
            stream.read(pieces=1, timeout=drive.seconds(FIRST_CHUNK))
            stream.leave("reset" if number % 2 else "close")
            return stream.count > 0

    with ThreadPoolExecutor(LEAVING) as pool:
        begun = sum(pool.map(leave, range(LEAVING)))
    after = drive.client.stream(request, timeout=patience)
    if files is not None:
        drive.until(lambda: (open_files(drive) or 0) <= files, 10.0)
    return LeavingSeen(LEAVING, begun, brief(before), brief(after), files, open_files(drive))


@scenario("slow-reader", sees=SlowReaderSeen, launch=CROWD, waits=STALL, takes=2.0)
def slow_reader(drive: Drive) -> SlowReaderSeen:
    """Find a stream that outruns the buffers of sockets; begin it, read nothing for a while, then read on."""
    samples = known(drive)
    largest = 0
    for sample in samples:
        began = drive.instance.now()
        length, beside = _try(drive, sample, samples[0])
        largest = max(largest, length)
        if length >= ENOUGH:
            seen = SlowReaderSeen(largest, beside_reading=beside)
            return _stall(drive, sample, samples[0], seen, filled_in=drive.instance.now() - began)
    return SlowReaderSeen(largest)


def _try(drive: Drive, sample: Sample, other: Sample) -> tuple[int, Streamed]:
    """How many bytes a stream brings in a short time, enough at most, and how another caller fares beside it."""
    with drive.client.open_stream(sample.request(), timeout=drive.seconds(PATIENCE)) as stream:
        stream.read(pieces=1)
        beside = _first_chunk(drive, other)
        until = drive.instance.now() + drive.seconds(TRIED)
        while not stream.over and stream.length < ENOUGH and drive.instance.now() < until:
            stream.read(timeout=0.02)
        return stream.length, beside


def _stall(drive: Drive, sample: Sample, other: Sample, seen: SlowReaderSeen, *, filled_in: float) -> SlowReaderSeen:
    """Begin a stream, and read nothing until all buffers, filled in `filled_in` seconds, have been full for a while."""
    with drive.client.open_stream(
        sample.request(), timeout=drive.seconds(PATIENCE) + filled_in, receive_buffer=SMALL_BUFFER
    ) as stream:
        stream.read(pieces=1)
        drive.wait(STALL + filled_in / drive.facts.scale)
        pings = tuple(drive.ping() for _ in range(3))
        beside = _first_chunk(drive, other)
        stream.read()
        slow = stream.seen()
    return dataclasses.replace(seen, slow=brief(slow), beside_stalled=beside, pings=pings)


def _first_chunk(drive: Drive, sample: Sample) -> Streamed:
    """Ask for a stream, and leave after its first chunk."""
    stream: LiveStream
    with drive.client.open_stream(sample.request(), timeout=drive.seconds(OTHER)) as stream:
        stream.read(pieces=1)
        stream.leave()
        return brief(stream.seen())


def open_files(drive: Drive) -> int | None:
    """Open files of all processes of the server; None where they cannot be seen."""
    if Ability.PROCESSES not in drive.facts.abilities:
        return None
    return sum(process.open_files for process in drive.instance.processes())
