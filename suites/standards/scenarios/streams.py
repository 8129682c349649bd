"""Watches an answer arrive piece by piece: bytes and their times, as they come off the wire.

An exchange keeps when the first and the last byte came, which cannot tell headers that came early from a body that did.
"""

from __future__ import annotations

import time
from dataclasses import dataclass

from seatrial.conformance.api import Drive, Exchange, RawRequest

__all__ = ["Arrival", "StreamSeen", "stream"]

PAUSE = 0.4
"""Contract seconds between two pieces."""
LOOK_EVERY = 0.005
SHORTEST = 0.15
"""Seconds between two pieces at least, so that a busy machine does not join them."""
PIECES = 4
PATIENCE = 10.0
"""Contract seconds for which the first of them is waited for."""
SILENCE = 4.0
"""Pauses without a byte after which nothing follows."""


@dataclass(frozen=True)
class Arrival:
    """So many bytes of the answer had come so many seconds after the request was written."""

    at: float
    bytes: int


@dataclass(frozen=True)
class StreamSeen:
    """How an answer of four pieces came, a pause before each but the first.

    Attributes:
        pause: seconds between two pieces.
        arrivals: each time that more bytes had come.
        exchange: the whole, as it was read in the end.
    """

    pause: float
    arrivals: tuple[Arrival, ...]
    exchange: Exchange

    @property
    def spread(self) -> float:
        """Seconds from the first bytes to the last, headers left out: those may come early in any case."""
        pieces = self.arrivals[1:] if len(self.arrivals) > 1 else self.arrivals
        return pieces[-1].at - pieces[0].at if pieces else 0.0


def stream(drive: Drive) -> StreamSeen:
    """Ask for four pieces and look at what has come, until the last one should have."""
    pause = max(drive.seconds(PAUSE), SHORTEST)
    request = RawRequest(
        "POST", "/invocations",
        (("Content-Type", "application/json"), ("X-Seatrial-Do", "stream"), ("X-Seatrial-Pause", f"{pause:.3f}")),
        b"{}",
    )  # fmt: skip
    arrivals: list[Arrival] = []
    with drive.client.connect(drive.seconds(2.0)) as connection:
        data = request.head(drive.client.address.path) + request.body
        begun = time.monotonic()
        connection.write(data)
        until = begun + pause * PIECES + drive.seconds(PATIENCE)
        while (now := time.monotonic()) < until and not drive.stopping.is_set():
            connection.idle_closed(LOOK_EVERY)
            if connection.unasked != (arrivals[-1].bytes if arrivals else 0):
                arrivals.append(Arrival(round(time.monotonic() - begun, 4), connection.unasked))
            elif arrivals and now > begun + arrivals[-1].at + SILENCE * pause:
                break
        exchange = connection.read_answer(timeout=drive.seconds(5.0) + pause, method="POST")
    return StreamSeen(pause, tuple(arrivals), exchange)
