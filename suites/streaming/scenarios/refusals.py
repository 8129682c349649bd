"""What is answered where no stream may come: requests that cannot be answered, and such that ask for none."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

from seatrial.conformance.api import Drive, Exchange, Streamed, Unobserved, scenario
from seatrial.suites.streaming.scenarios.samples import PATIENCE, known, unstreamed, without_input

__all__ = ["PlainSeen", "RefusalsSeen"]


@dataclass(frozen=True)
class Refusal:
    """A request for a stream that cannot be answered, and what came.

    Attributes:
        what: how it was made from a valid one.
        seen: the answer.
    """

    what: str
    seen: Streamed


@dataclass(frozen=True)
class RefusalsSeen:
    """Each of them once."""

    refusals: tuple[Refusal, ...]


@dataclass(frozen=True)
class PlainSeen:
    """Valid requests that ask for no stream; none where none is known."""

    calls: tuple[Exchange, ...]


@scenario("stream-refusals", sees=RefusalsSeen, takes=0.1)
def stream_refusals(drive: Drive) -> RefusalsSeen:
    """Send the first sample cut off, and with a number in the place of its input."""
    sample = known(drive)[0]
    bad = {
        "without its last byte": dataclasses.replace(sample, body=sample.body.rstrip()[:-1]),
        "with a number as its input": without_input(sample),
    }
    timeout = drive.seconds(PATIENCE)
    sent = {what: drive.client.stream(one.request(), timeout=timeout) for what, one in bad.items() if one}
    return RefusalsSeen(tuple(Refusal(what, seen) for what, seen in sent.items()))


@scenario("stream-plain", sees=PlainSeen, takes=0.2)
def stream_plain(drive: Drive) -> PlainSeen:
    """Send the first sample without its flag `stream`, and a sample that never had one."""
    samples = [plain for sample in known(drive)[:1] if (plain := unstreamed(sample))]
    try:
        samples.append(drive.sample)
    except Unobserved:
        if not samples:
            raise
    return PlainSeen(tuple(drive.invoke(sample) for sample in samples))
