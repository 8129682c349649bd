"""Many calls at once, and how often each voice answered."""

from __future__ import annotations

import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

from seatrial.conformance.api import Drive, Exchange

if TYPE_CHECKING:
    from collections.abc import Iterable

    from seatrial.suites.adapters.stage import Choir, Stage

__all__ = ["Call", "Tally", "burst"]

CALLERS = 16
PATIENCE = 15.0
"""Seconds after which no more calls are begun, true ones: a slow model gives fewer answers and the same verdict."""

Call = tuple[str, str]
"""What is asked: the label, and the name that stands for it in the header; empty for the base model."""


@dataclass(frozen=True)
class Tally:
    """How often one voice answered where another was asked.

    Attributes:
        asked: `BASE` or the label of the adapter that was asked.
        heard: whose voice that was; empty for an answer without words, such as a refusal.
        calls: how many.
        example: the first of them.
    """

    asked: str
    heard: str
    calls: int
    example: Exchange


def burst(drive: Drive, stage: Stage, choir: Choir, calls: Iterable[Call]) -> tuple[Tally, ...]:
    """Send calls, sixteen at once, and count whose voice each got."""
    end = time.monotonic() + PATIENCE

    def send(call: Call) -> tuple[str, Exchange] | None:
        if time.monotonic() > end or drive.stopping.is_set():
            return None
        label, name = call
        return label, stage.route.ask(choir.sample, name)

    with ThreadPoolExecutor(CALLERS, thread_name_prefix="caller") as pool:
        answers = [answer for answer in pool.map(send, calls) if answer]
    heard = [(asked, choir.who(exchange), exchange) for asked, exchange in answers]
    counts = Counter((asked, who) for asked, who, _ in heard)
    examples = {(asked, who): exchange for asked, who, exchange in reversed(heard)}
    return tuple(Tally(*pair, calls, examples[pair]) for pair, calls in sorted(counts.items()))
