"""The result of a benchmark: plain values, from which every report of it is made.

Times are ms and rates are per second unless a name says otherwise. Figures of a run that was INVALID exist nowhere.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from seatrial.conformance.bench.load import Difference, Gpu, Search

__all__ = [
    "FORMAT", "Change", "Comparison", "Figures", "Machine", "Outcome", "Payload", "Performance", "Request", "Step",
    "Usage", "UsageSample",
]  # fmt: skip

FORMAT = 1


class Outcome(StrEnum):
    """What became of one run of the load generator."""

    MET = "met"
    MISSED = "missed"
    INVALID = "invalid"
    """The client was not fit: the run says nothing about the subject."""
    INTERRUPTED = "interrupted"
    UNREACHED = "unreached"
    """The subject could not be reached, or ended."""


@dataclass(frozen=True)
class Figures:
    """What one run measured.

    Attributes:
        requests_per_second: good answers.
        errors: share of the requests due that failed, 0…1.
        p50_ms, p99_ms: from the send in a closed loop, from the intended time in an open one; None without answers.
        goodput_per_second, goodput: answers within every latency objective, a second and as a share of those due.
        tokens_per_second: output tokens; this and the next four are None where answers are no streams.
        ttft_p50_ms, ttft_p99_ms: time to first token.
        itl_p50_ms, itl_p99_ms: gaps between tokens.
        per_million_requests, per_million_tokens: cost at this rate; None without a price.
    """

    requests_per_second: float
    errors: float
    p50_ms: float | None
    p99_ms: float | None
    goodput_per_second: float
    goodput: float
    tokens_per_second: float | None = None
    ttft_p50_ms: float | None = None
    ttft_p99_ms: float | None = None
    itl_p50_ms: float | None = None
    itl_p99_ms: float | None = None
    per_million_requests: float | None = None
    per_million_tokens: float | None = None


@dataclass(frozen=True)
class UsageSample:
    """One look at the subject: seconds since the run began, bytes of memory, processors used since the last look."""

    at: float
    memory_bytes: int
    cpus: float


@dataclass(frozen=True)
class Usage:
    """What the subject used during one run.

    Attributes:
        memory_peak_bytes: the most of all looks.
        cpus_mean: processors busy on average: 1.5 is one and a half.
        source: how it was read, in words.
        samples: two a second.
    """

    memory_peak_bytes: int
    cpus_mean: float
    source: str
    samples: tuple[UsageSample, ...] = ()


@dataclass(frozen=True)
class Step:
    """One run of the load generator.

    Attributes:
        concurrency: requests at a time of a closed loop; None in an open one.
        rate: requests a second of an open loop; None in a closed one.
        outcome: what became of it.
        note: why there are no figures, or which objectives are missed; empty where there is nothing to say.
        figures: what it measured; None where it measured nothing.
        usage: of the subject meanwhile; None where that cannot be seen.
        gpus: of this machine meanwhile.
        warnings: of the load generator, a sentence each.
        load: the load generator's own JSON, whole; None where there are no figures.
    """

    concurrency: int | None
    rate: float | None
    outcome: Outcome
    note: str = ""
    figures: Figures | None = None
    usage: Usage | None = None
    gpus: tuple[Gpu, ...] = ()
    warnings: tuple[str, ...] = ()
    load: dict[str, Any] | None = None

    @property
    def name(self) -> str:
        """How reports call it: `4 at a time`, `120 a second`."""
        return f"{self.concurrency} at a time" if self.rate is None else f"{self.rate:.4g} a second"


@dataclass(frozen=True)
class Payload:
    """What was sent.

    Attributes:
        words: for people.
        fingerprint: of the bytes, media types and generator settings, and of their order.
        streams: whether the answers are streams.
    """

    words: str
    fingerprint: str
    streams: bool


@dataclass(frozen=True)
class Machine:
    """Where it was measured: processor, how many of them, memory, and the operating system."""

    processor: str
    processors: int
    memory_bytes: int
    system: str


@dataclass(frozen=True)
class Request:
    """What was asked for.

    Attributes:
        concurrency: the sweep, requests at a time.
        duration_s, warmup_s: of each run; the warm-up is not counted.
        objectives: of `--slo`; without any no capacity is searched.
        price: where the price of an hour comes from, in words; empty without one.
        settings: what the subject was given, by name.
    """

    concurrency: tuple[int, ...]
    duration_s: float
    warmup_s: float
    objectives: tuple[str, ...]
    price: str
    settings: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Change:
    """One load of the sweep, held against the baseline's."""

    concurrency: int
    words: str
    differences: tuple[Difference, ...]

    @property
    def worse(self) -> bool:
        """Whether something is shown to be worse."""
        return any(each.shown == "worse" for each in self.differences)


@dataclass(frozen=True)
class Comparison:
    """This benchmark held against an earlier one.

    Attributes:
        subject, started: of the earlier one.
        remarks: what a reader has to know besides: what differs, what could not be compared.
        changes: one for each load that both have.
    """

    subject: str
    started: str
    remarks: tuple[str, ...]
    changes: tuple[Change, ...]

    @property
    def worse(self) -> bool:
        """Whether something is shown to be worse at any load."""
        return any(change.worse for change in self.changes)


@dataclass(frozen=True)
class Performance:
    """Everything that is known of a benchmark once it is over.

    Attributes:
        version: of seatrial.
        started: wall clock, ISO 8601.
        kind, subject, digest: as a trial names them; the digest is empty where the subject is no image.
        machine: where the load generator ran, and the subject too unless it is an endpoint.
        request: what was asked for.
        payload: what was sent.
        ready_after_s: seconds from the launch to the first 200 of `/ping`.
        steps: the sweep, in its order.
        search: of the capacity; None where no objective was given, or it did not come to it.
        at_capacity: a run at the highest rate that is shown to keep the objectives.
        comparison: with the baseline; None without one.
        partial: whether it was interrupted: what was measured until then.
        notes: a sentence each.
        exit_code: of the command.
    """

    version: str
    started: str
    kind: str
    subject: str
    digest: str
    machine: Machine
    request: Request
    payload: Payload
    ready_after_s: float
    steps: tuple[Step, ...]
    search: Search | None = None
    at_capacity: Step | None = None
    comparison: Comparison | None = None
    partial: bool = False
    notes: tuple[str, ...] = ()
    exit_code: int = 0
    format: int = field(default=FORMAT)
