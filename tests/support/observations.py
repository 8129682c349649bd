"""Runs made from explicit arrays, whose every figure can be worked out by hand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from seatrial.loadgen.fault import Fault
from seatrial.loadgen.observed import EngineNotes, Observed
from seatrial.loadgen.plan import Load, Plan
from seatrial.loadgen.record import Flag, Records, Tokens

__all__ = ["NS", "ORIGIN", "Run", "notes", "steady", "streamed"]

NS = 1_000_000_000
MS = 1_000_000
ORIGIN = 1_000 * NS
"""When every run here begins: far from 0, as the monotonic clock of a machine is."""


def notes(**changes: Any) -> EngineNotes:
    """Return the notes of an engine that had an easy time."""
    easy = EngineNotes(
        cpu=np.full(10, 0.05),
        lag=np.full(100, 50_000, np.int64),
        gc_pauses=np.zeros(0, np.int64),
        connections=4,
        waiting_most=0,
        clock="kernel",
    )
    return replace(easy, **changes)


@dataclass
class Run:
    """Columns in plain units, turned into an `Observed` by `observed()`.

    Attributes:
        due_s: when each request was due, seconds after the begin.
        service_ms: from the send to the last byte; one for all, or one each.
        late_ms: from the intended time to the send; one for all, or one each.
        fault: of each row, by index; the rest succeeded.
        unsent: rows that were never sent.
        flags: by index; the rest were sent over a kept connection with kernel stamps.
        connecting_us: by index.
    """

    due_s: Sequence[float] | np.ndarray[Any, Any]
    service_ms: float | Sequence[float] | np.ndarray[Any, Any] = 5.0
    late_ms: float | Sequence[float] | np.ndarray[Any, Any] = 0.05
    load: Load = field(default_factory=lambda: Load(rate=100.0, requests=1000))
    slos: tuple[str, ...] = ()
    fault: dict[int, Fault] = field(default_factory=dict)
    unsent: Sequence[int] = ()
    flags: dict[int, Flag] = field(default_factory=dict)
    connecting_us: dict[int, int] = field(default_factory=dict)
    status: dict[int, int] = field(default_factory=dict)
    tokens: Tokens = field(default_factory=Tokens.none)
    workload: Sequence[float] = (1.0,)
    notes: tuple[EngineNotes, ...] = field(default_factory=lambda: (notes(),))
    ended_s: float | None = None
    interrupted: bool = False
    plan: dict[str, Any] = field(default_factory=dict)

    def observed(self) -> Observed:
        """Return the run as an engine would leave it behind."""
        records = self.records()
        warmup = round(self.load.warmup_s * NS)
        due = records.intended[records.intended > 0]
        last = int(due.max()) if len(due) else ORIGIN
        length = ORIGIN + warmup + round((self.load.duration_s or 0) * NS)
        finished = int(records.done.max()) if records.rows else ORIGIN
        return Observed(
            plan=Plan(self.load, slos=self.slos, **self.plan),
            target="http://127.0.0.1:8080/invocations",
            payload="echo (probed): POST /invocations, 12 bytes of application/json",
            records=records,
            tokens=self.tokens,
            workload=np.asarray(self.workload, np.float64),
            origin=ORIGIN,
            counted_from=ORIGIN + warmup,
            schedule_end=max(length, last),
            ended=ORIGIN + round(self.ended_s * NS) if self.ended_s is not None else max(length, finished),
            started=1_700_000_000.0,
            notes=self.notes,
            interrupted=self.interrupted,
        )

    def records(self) -> Records:
        """Return the columns."""
        due = np.asarray(self.due_s, np.float64)
        records = Records.allocate(len(due))
        records.intended[:] = ORIGIN + np.rint(due * NS).astype(np.int64)
        records.sent[:] = records.intended + np.rint(np.broadcast_to(self.late_ms, due.shape) * MS).astype(np.int64)
        records.last[:] = records.sent + np.rint(np.broadcast_to(self.service_ms, due.shape) * MS).astype(np.int64)
        records.first[:] = records.last
        records.done[:] = records.last + 20_000
        records.status[:] = 200
        records.received[:] = 64
        records.connection[:] = 1
        records.flags[:] = Flag.REUSED | Flag.KERNEL
        for row, fault in self.fault.items():
            records.fault[row] = fault
            records.last[row] = 0
            records.status[row] = {Fault.CLIENT_ERROR: 400, Fault.SERVER_ERROR: 503}.get(fault, 0)
            if fault in (Fault.REFUSED, Fault.UNREACHABLE, Fault.CONNECT_TIMEOUT, Fault.TLS):
                records.sent[row] = records.first[row] = 0
        for row in self.unsent:
            records.fault[row], records.status[row] = Fault.UNSENT, 0
            records.sent[row] = records.first[row] = records.last[row] = 0
        for column, values in (("flags", self.flags), ("connecting", self.connecting_us), ("status", self.status)):
            for row, value in values.items():
                getattr(records, column)[row] = value
        return records


def steady(count: int = 1000, rate: float = 100.0, **changes: Any) -> Run:
    """Return an open loop of constant arrivals, each answered in 5 ms."""
    changes.setdefault("load", Load(rate=rate, requests=count))
    return Run(np.arange(count) / rate, **changes)


def streamed(run: Run, ttft_ms: Sequence[float], gaps_ms: Sequence[Sequence[float]], *, coalesced: int = 0) -> Run:
    """Give the first rows of a run token times: the first token so long after the send, then these gaps.

    The answer ends with its last token.
    """
    offsets, stamps = [0], []
    records = run.records()
    ends = np.array(np.broadcast_to(run.service_ms, (records.rows,)), np.float64)
    for row, (first, gaps) in enumerate(zip(ttft_ms, gaps_ms, strict=True)):
        at = np.cumsum([first, *gaps])
        stamps += (int(records.sent[row]) + np.rint(at * MS).astype(np.int64)).tolist()
        offsets.append(len(stamps))
        ends[row] = at[-1]
    table = Tokens(
        np.arange(len(ttft_ms), dtype=np.int64),
        np.asarray(offsets, np.int64),
        np.asarray(stamps, np.int64),
        np.ones(len(stamps), np.int64),
        coalesced,
    )
    flags = dict.fromkeys(range(len(ttft_ms)), Flag.REUSED | Flag.KERNEL | Flag.STREAM)
    return replace(run, tokens=table, service_ms=ends, flags=flags)


def counted(run: Run, tokens: Sequence[int]) -> Run:
    """Let the first rows of a run be whole answers that say how many tokens they have."""
    records, rows = run.records(), np.arange(len(tokens), dtype=np.int64)
    table = Tokens(rows, np.arange(len(tokens) + 1), records.last[rows], np.asarray(tokens, np.int64))
    return replace(run, tokens=table)
