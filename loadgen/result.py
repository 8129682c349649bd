"""The result of a run: plain values, from which every report is made.

Times are milliseconds unless a name says otherwise, rates are per second. `to_json` gives what `--json` writes; its
shape is the public format, version `SCHEMA`.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, field
from enum import StrEnum, unique
from typing import Any

__all__ = [
    "SCHEMA", "Complaint", "Cost", "Distribution", "FaultCount", "Fitness", "Goodput", "Gpu", "Interval", "Objective",
    "Point", "Rate", "Requests", "Result", "RunFacts", "Samples", "Second", "Streams", "Verdict",
]  # fmt: skip

SCHEMA = 1


@unique
class Verdict(StrEnum):
    """What a run ends with; `exit_code` is the process's."""

    MET = "met"
    MISSED = "missed"
    INVALID = "invalid"
    INTERRUPTED = "interrupted"

    @property
    def exit_code(self) -> int:
        """0 objectives met, 1 missed, 3 the client was not fit, 130 interrupted."""
        return {"met": 0, "missed": 1, "invalid": 3, "interrupted": 130}[self.value]


@dataclass(frozen=True)
class Interval:
    """A 95 % confidence interval; an end is None where the samples do not bound it."""

    low: float | None
    high: float | None


@dataclass(frozen=True)
class Point:
    """One percentile and how sure it is."""

    value: float
    interval: Interval


@dataclass(frozen=True)
class Distribution:
    """A quantity over the requests that succeeded.

    Attributes:
        count: samples.
        effective: samples that they are worth for their mean, once the correlation of neighbours is taken off; each
            percentile's interval rests on its own number.
        mean, low, high: of all samples, in `unit`; low is the least, high the greatest.
        points: by name, `p50 p90 p95 p99 p99.9`.
        cdf: pairs (value, share of samples at or below), at most 400 of them, for drawing.
    """

    count: int
    effective: float
    mean: float
    low: float
    high: float
    points: dict[str, Point]
    unit: str = "ms"
    cdf: tuple[tuple[float, float], ...] = ()


@dataclass(frozen=True)
class RunFacts:
    """What was run.

    Attributes:
        target: the URL, without credentials.
        command: the command line, secrets masked.
        load: the load in words: `1000 requests, 0.5 a second, constant, open loop`.
        open_loop: whether requests had intended times.
        payload: the request in words: `echo (probed): POST /invocations, 12 bytes of application/json`.
        seed: of the schedule and the payloads.
        workers: processes, or machines times processes.
        clock: `kernel` (SO_TIMESTAMPNS receive stamps) or `callback` (when the client got to read).
        started: wall clock of the first intended time, ISO 8601 in UTC.
        warmup_s: seconds of the schedule that were left out of every figure.
        window_s: seconds from the first intended time that counts to the last answer or the schedule's end,
            whichever is later; the last request of a schedule has as long a slot as those before it.
        partial: the run was interrupted: figures are of what was measured until then.
        rhythm: `constant`, `poisson`, `constant, 10 to 100 a second`; empty in a closed loop.
        concurrency: requests at a time of a closed loop; None in an open one.
    """

    target: str
    command: str
    load: str
    open_loop: bool
    payload: str
    seed: int
    workers: int
    clock: str
    started: str
    warmup_s: float
    window_s: float
    partial: bool
    rhythm: str = ""
    concurrency: int | None = None


@dataclass(frozen=True)
class Rate:
    """Requests a second: asked for, sent, and answered well. `asked` is None in a closed loop."""

    asked: float | None
    sent: float
    answered: float


@dataclass(frozen=True)
class Requests:
    """How many were due, were sent, succeeded, failed (every kind, unsent ones too), and were never sent."""

    due: int
    sent: int
    succeeded: int
    failed: int
    unsent: int


@dataclass(frozen=True)
class FaultCount:
    """One kind of failure: its name in the taxonomy, how often, and the first of its statuses or texts."""

    name: str
    count: int
    example: str


@dataclass(frozen=True)
class Goodput:
    """Requests that succeeded and kept every latency objective; `share` of those due, with Wilson's interval."""

    rate: float
    share: float
    interval: Interval


@dataclass(frozen=True)
class Streams:
    """Streamed answers. TTFT and end to end count from the intended time; in a closed loop from the send.

    Attributes:
        count: streams that succeeded.
        ttft: time to first token.
        ttft_service: the same from the send.
        itl: gaps between neighbouring token events of one stream, all streams together.
        tpot: (last token - first token) / (tokens - 1), one a stream.
        end_to_end: to the last token.
        tokens: output tokens in all.
        tokens_per_second: over the window.
        coalesced: token events whose own arrival is not known, as they came in one read with the one before.
    """

    count: int
    ttft: Distribution
    ttft_service: Distribution
    itl: Distribution | None
    tpot: Distribution | None
    end_to_end: Distribution
    tokens: int
    tokens_per_second: float
    coalesced: int


@dataclass(frozen=True)
class OutputTokens:
    """Output tokens of all answers, streamed or whole, in all and a second over the window.

    A whole answer counts what its own `usage` states.
    """

    count: int
    per_second: float


@dataclass(frozen=True)
class Second:
    """One second of the run.

    Attributes:
        at: seconds from the first intended time that counts to its begin.
        due, sent, succeeded, failed: how many fell due, were sent, and ended well or badly in it.
        in_flight: due and not yet dealt with at its end, whether they wait for a connection or for the answer.
        p50, p99: ms, of the requests that were due in it (response time in an open loop, service time in a closed
            one); None where none of them succeeded.
        send_error: ms, p99 of the requests that were due in it; None in a closed loop and where none was sent.
    """

    at: int
    due: int
    sent: int
    succeeded: int
    failed: int
    in_flight: int
    p50: float | None
    p99: float | None
    send_error: float | None


@dataclass(frozen=True)
class Fitness:
    """How well the client itself kept up.

    Attributes:
        send_error: sent - intended; None in a closed loop. Waits for a connection count: they are the client's.
        loop_lag: how late the event loop came to its own housekeeping.
        cpu: share of a core, one value a process, 0…1, its worst whole second.
        coalesced: token events that shared a read with the one before.
        gc_pauses, gc_longest_ms: collections during the run, and the longest.
        connection_waits: requests that waited for a free connection.
        connections: opened in all.
        connect: time to open one, TLS included.
        kept: achieved / asked rate of sends; None in a closed loop.
        real_time: whether every engine had real-time priority, so that other processes could not hold it up.
    """

    send_error: Distribution | None
    loop_lag: Distribution | None
    cpu: tuple[float, ...]
    coalesced: int
    gc_pauses: int
    gc_longest_ms: float
    connection_waits: int
    connections: int
    connect: Distribution | None
    kept: float | None
    real_time: bool = False


@dataclass(frozen=True)
class Complaint:
    """A limit of the client that the run broke: which, what was seen, what to do. One sentence each.

    `cause` tells apart what is behind it: `client` (this process or machine is short of something), `connections` (more
    would have to be allowed), `server` (it fell behind until every allowed connection was held by a request of it).
    """

    limit: str
    seen: str
    cure: str
    cause: str = "client"


@dataclass(frozen=True)
class Objective:
    """One `--slo`: its text, what was measured, whether it holds, and whether the samples can show that at all."""

    text: str
    seen: str
    met: bool
    shown: bool
    note: str = ""


@dataclass(frozen=True)
class Cost:
    """From the price of an hour: of a million requests, and of a million output tokens."""

    per_hour: float
    currency: str
    per_million_requests: float | None
    per_million_tokens: float | None
    source: str


@dataclass(frozen=True)
class Gpu:
    """One GPU over the run, by NVML: mean and greatest use (0…1), greatest memory in MiB, mean power in W."""

    name: str
    use_mean: float
    use_high: float
    memory_high_mib: float
    power_mean_w: float | None


@dataclass(frozen=True)
class Samples:
    """The samples of one quantity in send order, for `loadgen compare`.

    Attributes:
        metric: `response`, `service`, `ttft` or `itl`.
        count: how many there were; every `stride`-th of them is kept.
        stride: 1 where all are kept.
        data: base64 of zlib's compression of little-endian int32 microseconds.
    """

    metric: str
    count: int
    stride: int
    data: str


@dataclass(frozen=True)
class Result:
    """Everything that is known of a run once it is over."""

    facts: RunFacts
    verdict: Verdict
    rate: Rate
    requests: Requests
    response: Distribution | None
    """From the intended time to the last byte: what a user waits. None in a closed loop and without any answer."""
    service: Distribution | None
    """From the send to the last byte: what the server took."""
    goodput: Goodput
    workload_per_second: float
    faults: tuple[FaultCount, ...]
    statuses: dict[str, int]
    series: tuple[Second, ...]
    fitness: Fitness
    objectives: tuple[Objective, ...]
    complaints: tuple[Complaint, ...] = ()
    """Why the run is INVALID; empty where it is not."""
    warnings: tuple[str, ...] = ()
    streams: Streams | None = None
    output_tokens: OutputTokens | None = None
    """None where no answer says how many tokens it has."""
    cost: Cost | None = None
    gpus: tuple[Gpu, ...] = ()
    samples: tuple[Samples, ...] = ()
    version: str = ""
    schema: int = field(default=SCHEMA)

    def to_json(self) -> dict[str, Any]:
        """Return plain dictionaries and lists, as `--json` writes them."""
        return dataclasses.asdict(self)
