"""What was asked for, checked and ready to run: the command line's values, nothing measured yet."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum, unique
from pathlib import Path

__all__ = ["Arrivals", "Load", "Outputs", "Plan", "Ramp"]


@unique
class Arrivals(StrEnum):
    """How the gaps between open-loop requests are drawn."""

    CONSTANT = "constant"
    POISSON = "poisson"
    GAMMA = "gamma"
    BURST = "burst"
    TRACE = "trace"


@dataclass(frozen=True)
class Ramp:
    """A rate that moves from the first to the last in equal steps of a second."""

    first: float
    last: float


@dataclass(frozen=True)
class Load:
    """How much, how fast, in which rhythm.

    Attributes:
        requests: how many in all; None where the duration says.
        duration_s: seconds of schedule; None where the number says.
        rate: requests a second of an open loop; None in a closed one and in a trace.
        concurrency: requests at a time of a closed loop; None in an open one.
        arrivals: rhythm of an open loop.
        burstiness: shape of gamma gaps (1 is Poisson, less is burstier), or requests a burst.
        ramp: the rate's way, where it moves.
        trace: a file of times and payload ids.
        warmup_s: seconds at the head of the schedule that are sent and not counted; they come on top.
        max_connections: most connections at a time, of all workers together.
        seed: of every random draw.
    """

    requests: int | None = None
    duration_s: float | None = None
    rate: float | None = None
    concurrency: int | None = None
    arrivals: Arrivals = Arrivals.CONSTANT
    burstiness: float | None = None
    ramp: Ramp | None = None
    trace: Path | None = None
    warmup_s: float = 0.0
    max_connections: int = 1000
    seed: int = 0

    @property
    def open_loop(self) -> bool:
        """Whether requests have intended times of their own."""
        return self.concurrency is None


@dataclass(frozen=True)
class Outputs:
    """Files to write; None leaves one out."""

    json: Path | None = None
    csv: Path | None = None
    html: Path | None = None
    prometheus: Path | None = None


@dataclass(frozen=True)
class Plan:
    """One run.

    Attributes:
        load: when requests are due.
        timeout_s: of one request, from its send to its last byte.
        workers: processes on this machine.
        slos: objectives as they were written; none given: `errors<1%`.
        price_per_hour: of the server, for the cost; None leaves it out.
        instance_type: whose list price is used where no price is given.
        outputs: the files.
        live: whether a live view is wanted.
        command: the command line with secrets masked.
    """

    load: Load
    timeout_s: float = 60.0
    workers: int = 1
    slos: tuple[str, ...] = ()
    price_per_hour: float | None = None
    instance_type: str | None = None
    outputs: Outputs = field(default_factory=Outputs)
    live: bool = True
    command: str = "loadgen"
