"""The part of the load generator's JSON that a benchmark reads, as types of its own.

The form is published (`loadgen/schema/load.schema.json`, and for a search for the capacity in the reference); what does
not have it is refused, so a figure is never read from something else.
"""

from __future__ import annotations

from typing import Any, Literal, TypeVar

import msgspec

from seatrial.conformance.subject.launcher import EngineError

__all__ = ["Compared", "Difference", "Distribution", "Load", "Search", "SearchStep", "read"]

T = TypeVar("T")


class Interval(msgspec.Struct, frozen=True):
    """A confidence interval; an open end is None."""

    low: float | None
    high: float | None


class Point(msgspec.Struct, frozen=True):
    """One percentile."""

    value: float
    interval: Interval


class Distribution(msgspec.Struct, frozen=True):
    """A latency, ms, with its percentiles by name (`p50`, `p99`)."""

    count: int
    mean: float
    points: dict[str, Point]


class RunFacts(msgspec.Struct, frozen=True):
    """What was run."""

    load: str
    payload: str
    window_s: float
    partial: bool


class Rate(msgspec.Struct, frozen=True):
    """Requests a second; `asked` is None in a closed loop."""

    asked: float | None
    answered: float


class Requests(msgspec.Struct, frozen=True):
    """How many were due, and how many of them failed."""

    due: int
    failed: int


class FaultCount(msgspec.Struct, frozen=True):
    """One kind of failure."""

    name: str
    count: int
    example: str


class Goodput(msgspec.Struct, frozen=True):
    """Answers within every latency objective: a second, and as a share of those due."""

    rate: float
    share: float


class Streams(msgspec.Struct, frozen=True):
    """Streamed answers."""

    ttft: Distribution
    itl: Distribution | None
    tokens_per_second: float


class OutputTokens(msgspec.Struct, frozen=True):
    """Output tokens of all answers, streamed or whole."""

    per_second: float


class Objective(msgspec.Struct, frozen=True):
    """One objective, what was seen, and whether it is met."""

    text: str
    seen: str
    met: bool


class Complaint(msgspec.Struct, frozen=True):
    """Why a run is INVALID: what was seen, and what to do."""

    seen: str
    cure: str


class Cost(msgspec.Struct, frozen=True):
    """What a million cost, and where the price was read."""

    currency: str
    per_million_requests: float | None
    per_million_tokens: float | None
    source: str


class Gpu(msgspec.Struct, frozen=True):
    """One GPU of this machine over the run: use 0…1, memory in MiB, power in W."""

    name: str
    use_mean: float
    use_high: float
    memory_high_mib: float
    power_mean_w: float | None


class Load(msgspec.Struct, frozen=True):
    """The result of one run."""

    schema: Literal[1]
    facts: RunFacts
    verdict: Literal["met", "missed", "invalid", "interrupted"]
    rate: Rate
    requests: Requests
    response: Distribution | None
    service: Distribution | None
    goodput: Goodput
    faults: tuple[FaultCount, ...]
    objectives: tuple[Objective, ...]
    complaints: tuple[Complaint, ...]
    warnings: tuple[str, ...]
    streams: Streams | None
    cost: Cost | None
    gpus: tuple[Gpu, ...]
    output_tokens: OutputTokens | None = None

    @property
    def latency(self) -> Distribution | None:
        """What a user waits: from the intended time, in a closed loop from the send."""
        return self.response or self.service


class SearchStep(msgspec.Struct, frozen=True):
    """One rate of a search for the capacity: requests a second, what it showed, and its latencies in ms."""

    rate: float
    seconds: float
    standing: Literal["kept", "failed", "undecided", "unfit", "interrupted"]
    reason: str
    goodput: float
    p50: float | None
    p99: float | None


class Search(msgspec.Struct, frozen=True):
    """The outcome of a search for the capacity."""

    ending: Literal["found", "most", "nothing", "client", "interrupted"]
    rate: float | None
    interval: Interval
    failed: float | None
    trials: tuple[SearchStep, ...]
    words: str


class Difference(msgspec.Struct, frozen=True):
    """One quantity in two runs; `shown` is what the samples show of the change."""

    quantity: str
    unit: str
    before: float
    after: float
    change: float | None
    interval: Interval
    shown: Literal["better", "worse", "same", "unshown"]


class Compared(msgspec.Struct, frozen=True):
    """What `loadgen compare` found."""

    differences: tuple[Difference, ...]
    words: str


def read(raw: bytes | dict[str, Any], form: type[T]) -> T:
    """Read what the load generator wrote.

    Args:
        raw: the document, as bytes or as plain values.
        form: one of the types of this module.

    Raises:
        EngineError: it does not have that form.
    """
    try:
        return msgspec.json.decode(raw, type=form) if isinstance(raw, bytes) else msgspec.convert(raw, form)
    except msgspec.MsgspecError as error:
        raise EngineError(
            f"the load generator wrote something that is not its published format ({error}): "
            "reinstall seatrial, so that both are of one version"
        ) from error
