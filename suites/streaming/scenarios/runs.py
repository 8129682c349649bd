"""Streams one at a time, on a server that does nothing else, read as they come."""

from __future__ import annotations

from dataclasses import dataclass

from seatrial.conformance.api import Drive, Exchange, Sample, Streamed, scenario
from seatrial.suites.streaming.scenarios.samples import PATIENCE, candidates, is_stream, unstreamed

__all__ = ["LongestSeen", "Run", "StreamsSeen"]

RUNS, QUICK = 3, 3.0
"""How often the first sample is run, where a run takes no more than so many seconds."""
MOST, OTHERS = 8, 3.0
"""Contract seconds for which the stream of each further sample is followed once it has begun."""
LONGEST = 490.0
"""Contract seconds: ten more than a stream may take."""


@dataclass(frozen=True)
class Run:
    """One stream of one sample."""

    sample: str
    given: bool
    seen: Streamed


@dataclass(frozen=True)
class StreamsSeen:
    """Every candidate once, and the first one that is answered by a stream a few times more and to its end.

    Attributes:
        runs: in order; of the built-in shapes none behind the first that is answered by a stream.
        whole: the answer to that first one with its flag `stream` turned off; None where it has none.
    """

    runs: tuple[Run, ...]
    whole: Exchange | None = None

    @property
    def streams(self) -> tuple[Run, ...]:
        """The runs that brought a stream."""
        return tuple(run for run in self.runs if is_stream(run.seen))


@dataclass(frozen=True)
class LongestSeen:
    """Every sample once, followed for longer than a stream may take."""

    runs: tuple[Run, ...]


@scenario("streams", sees=StreamsSeen, timed=True, takes=3.0)
def streams(drive: Drive) -> StreamsSeen:
    """Ask for one stream after the other, then for the same answer in one piece."""
    found: list[Run] = []
    whole = None
    for sample in candidates(drive)[:MOST]:
        if drive.stopping.is_set():
            break
        further = any(is_stream(run.seen) for run in found)
        first = _run(drive, sample, whole=not further)
        again = is_stream(first.seen) and not further
        found.append(first)
        if again:
            while len(found) < RUNS and first.seen.exchange.done < QUICK:
                found.append(_run(drive, sample, whole=True))
            plain = unstreamed(sample)
            whole = drive.invoke(plain) if plain else None
            if not sample.given:
                break
    return StreamsSeen(tuple(found), whole)


@scenario("longest-streams", sees=LongestSeen, takes=LONGEST, soak=True, inputs=("stream-sample",))
def longest_streams(drive: Drive) -> LongestSeen:
    """Follow the stream of each sample to its end, side by side with the others."""
    opened = [
        (sample, drive.client.open_stream(sample.request(), timeout=drive.seconds(LONGEST)))
        for sample in drive.options.stream_samples[:MOST]
    ]
    while any(not stream.over for _, stream in opened) and not drive.stopping.is_set():
        for _, stream in opened:
            stream.read(timeout=0.05)
    seen = []
    for sample, stream in opened:
        stream.leave()
        seen.append(Run(sample.name, sample.given, stream.seen()))
    return LongestSeen(tuple(seen))


def _run(drive: Drive, sample: Sample, *, whole: bool) -> Run:
    """One stream, to its end or for a while once it has begun."""
    with drive.client.open_stream(sample.request(), timeout=drive.seconds(PATIENCE)) as stream:
        stream.read(pieces=None if whole else 2)
        stream.read(timeout=drive.seconds(OTHERS))
        stream.leave()
        return Run(sample.name, sample.given, stream.seen())
