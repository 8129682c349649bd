"""Finished runs to show: rows with explicit times, measured and judged by the real parts."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest

from seatrial.loadgen.fault import Fault
from seatrial.loadgen.judge import judge
from seatrial.loadgen.measure import measure
from seatrial.loadgen.observed import EngineNotes, Observed
from seatrial.loadgen.plan import Load, Plan
from seatrial.loadgen.record import Flag, Records, Tokens
from seatrial.loadgen.result import Complaint, Cost, FaultCount, Gpu, Objective, Result
from seatrial.loadgen.snapshot import Beat, Snapshot

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy.typing as npt

NAMES = ("met", "missed", "invalid", "interrupted", "closed", "nothing", "streamed", "few", "hostile")
NS, MS, US = 1_000_000_000, 1_000_000, 1_000
ORIGIN = 5_000 * NS
SECONDS, WARMUP = 60, 5
STALL = (30, 32)
"""Seconds, counted from the end of the warm-up."""
TARGET = "http://127.0.0.1:8080/invocations"
KEY = "hunter2-correct-horse"
HOSTILE = (
    "<script>window.pwned = 1</script>",
    '"><img src=http://192.0.2.1/x onerror="window.pwned = 2">',
    '{{ 7 * 7 }} ]]> &lt; `code`\n# HELP pwned\npwned{a="b"} 1\n\\',
    "\x1b[31mred\x1b]0;title\x07 \u202egnp.exe\u2066 \x00 \udc80",
    f"Authorization: Bearer {KEY}",
    f"https://user:{KEY}@192.0.2.1/",
)


def observe(
    rate: float = 200, *, concurrency: int | None = None, stall: bool = False, late_ms: float = 0.0,
    slos: tuple[str, ...] = (),
) -> Observed:  # fmt: skip
    """A run of a server that takes about 5 ms, may stand still once, and fails fifteen times near the end."""
    random = np.random.default_rng(7)
    rows = round(rate * (SECONDS + WARMUP))
    records = Records.allocate(rows)
    due = (np.arange(rows) * (NS / rate)).astype(np.int64)
    sent = due + random.integers(40 * US, 120 * US, rows) + (np.arange(rows) % 10 == 0) * round(late_ms * MS)
    begin, end = ((at + WARMUP) * NS for at in STALL)
    blocked = (sent >= begin) & (sent < end) & stall
    took = 5 * MS + random.gamma(2, 60 * US, rows).astype(np.int64) + np.where(blocked, end - sent, 0)
    records.intended[:] = ORIGIN + (sent if concurrency else due)
    records.sent[:] = ORIGIN + sent
    records.last[:] = ORIGIN + sent + took
    records.first[:] = records.last - 20 * US
    records.done[:] = records.last + 30 * US
    records.received[:], records.status[:] = 64, 200
    records.connection[:] = np.arange(rows) % 8 + 1
    records.connecting[:8] = 180
    records.flags[:] = int(Flag.KERNEL)
    records.flags[8:] |= np.uint8(Flag.REUSED)
    if rows > 2000:
        fail(records, np.arange(rows - 900, rows - 890), Fault.SERVER_ERROR, 503)
        fail(records, np.arange(rows - 500, rows - 497), Fault.TIMEOUT)
        fail(records, np.arange(rows - 40, rows - 38), Fault.UNSENT)
    load = Load(
        duration_s=SECONDS, rate=None if concurrency else rate, concurrency=concurrency, warmup_s=WARMUP, seed=7
    )
    command = f"loadgen -rps {rate:g} -d {SECONDS} -e {TARGET} -k ***"
    notes = EngineNotes(
        np.full(SECONDS + WARMUP, 0.12), np.full(600, 90 * US), np.array([400 * US]), 8, 0, "kernel",
        {int(Fault.SERVER_ERROR): '503 {"error": "overloaded"}'},
    )  # fmt: skip
    request = "echo (probed): POST /invocations, 12 bytes of application/json"
    return Observed(
        Plan(load, slos=slos, command=command), TARGET, request, records, Tokens.none(), np.ones(1), ORIGIN,
        ORIGIN + WARMUP * NS, ORIGIN + (SECONDS + WARMUP) * NS, int(records.done.max()), 1_795_435_200.0, (notes,),
    )  # fmt: skip


def fail(records: Records, rows: npt.NDArray[np.int64], fault: Fault, status: int = 0) -> None:
    """Let some requests fail."""
    records.fault[rows], records.status[rows] = fault, status
    if not status:
        records.first[rows] = records.last[rows] = 0
    if fault in {Fault.UNSENT, Fault.REFUSED}:
        records.sent[rows] = 0


def with_streams(run: Observed) -> Observed:
    """The same run, every answer a stream of ten tokens, ten milliseconds apart."""
    good = np.flatnonzero(run.records.fault == Fault.NONE)
    first = run.records.first[good]
    stamps = (first[:, None] + np.arange(10) * 10 * MS).ravel()
    run.records.last[good] = run.records.done[good] = first + 90 * MS
    run.records.flags[good] |= np.uint8(Flag.STREAM)
    return replace(run, tokens=Tokens(good, np.arange(len(good) + 1) * 10, stamps, np.ones(len(stamps), np.int64), 12))


def judged(run: Observed) -> tuple[Result, Observed]:
    """A run with its result."""
    return judge(measure(run), run), run


def _refused() -> Observed:
    run = observe()
    fail(run.records, np.arange(run.records.rows), Fault.REFUSED)
    return run


def _with_extras(result: Result, run: Observed) -> tuple[Result, Observed]:
    gpu = Gpu("NVIDIA A10G", 0.81, 0.97, 14_300, 210.0)
    return replace(result, cost=Cost(1.52, "USD", 2.11, 0.21, "--price-per-hour"), gpus=(gpu,)), run


def _poisoned(result: Result, run: Observed) -> tuple[Result, Observed]:
    """Everything that a server or a user may have written is hostile, and holds the key."""
    poison = " ".join(HOSTILE)
    facts = replace(result.facts, target=poison, command=f"loadgen -k {KEY} {poison}", load=poison, payload=poison)
    return replace(
        result, facts=facts, version=poison, warnings=HOSTILE, complaints=(Complaint(poison, poison, poison),),
        faults=tuple(FaultCount("server error", 9, text) for text in HOSTILE), cost=Cost(1, poison, 1, 1, poison),
        objectives=(Objective(poison, poison, met=False, shown=False, note=poison),),
        gpus=(Gpu(poison, 0.1, 0.1, 1, None),),
    ), run  # fmt: skip


@pytest.fixture(scope="session")
def runs() -> dict[str, tuple[Result, Observed]]:
    """Every run by its name: the result and what was observed."""
    two = ("p99<200ms", "errors<1%")
    return {
        "met": judged(observe(slos=two)),
        "missed": judged(observe(stall=True, slos=("p99<200ms", "max<1min", "errors<1%"))),
        "invalid": judged(observe(late_ms=12.0, slos=two)),
        "interrupted": judged(replace(observe(slos=two), interrupted=True)),
        "closed": judged(observe(concurrency=8, slos=two)),
        "nothing": judged(_refused()),
        "streamed": _with_extras(*judged(with_streams(observe(slos=("ttft:p95<500ms",))))),
        "few": judged(observe(0.5)),
        "hostile": _poisoned(*judged(observe(late_ms=12.0))),
    }


@pytest.fixture(params=NAMES)
def any_run(request: pytest.FixtureRequest, runs: dict[str, tuple[Result, Observed]]) -> tuple[Result, Observed]:
    """Each run in turn."""
    return runs[request.param]


@pytest.fixture(scope="session")
def key() -> str:
    """A secret that the hostile run's server sends back."""
    return KEY


@pytest.fixture
def shown() -> Snapshot:
    """A run at half time that goes well."""
    history = tuple(Beat(at, 200, 200, 200, 0, 5.1, 7.0 + at % 3) for at in range(30))
    return Snapshot(
        elapsed_s=30.0, total_s=60.0, total_requests=None, open_loop=True, warming=False, due=6000, sent=6000,
        answered=5990, failed=4, in_flight=6, window_s=1.0, asked=200.0, kept=199.5, answers=199.0, p50=5.1, p99=7.9,
        send_error=0.09, waited=0, behind=0, behind_ms=0.0, faults=(("timeout", 3), ("reset", 1)), history=history,
        cpu=0.12,
    )  # fmt: skip


@pytest.fixture
def read_all() -> Callable[[int], bytes]:
    """Reads what was written to a terminal whose other end is closed, and closes it."""

    def read(number: int) -> bytes:
        parts = []
        while True:
            try:
                part = os.read(number, 65_536)
            except OSError:  # how Linux tells the end of a terminal
                part = b""
            if not part:
                os.close(number)
                return b"".join(parts)
            parts.append(part)

    return read
