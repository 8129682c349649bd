"""What a run left behind, before anything is computed from it: records, tokens and the engine's notes on itself."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from seatrial.loadgen.plan import Plan
from seatrial.loadgen.record import Records, Times, Tokens

__all__ = ["EngineNotes", "Observed"]


@dataclass(frozen=True)
class EngineNotes:
    """What one engine process noted of itself.

    Attributes:
        cpu: share of a core in each whole second of the run, 0…1, shape (seconds,).
        lag: how late the loop came to each housekeeping turn, ns, shape (turns,).
        gc_pauses: length of each collection, ns.
        connections: how many were opened.
        waiting_most: most requests that waited for a connection at one time.
        clock: `kernel` or `callback`.
        examples: by fault, the first text that says more: `503 {"error": "overloaded"}`; secrets masked.
        failure: what broke the engine itself; empty where nothing did.
        real_time: whether it ran with real-time priority.
        cure: what to do about the failure; empty where only we could.
    """

    cpu: npt.NDArray[np.float64]
    lag: Times
    gc_pauses: Times
    connections: int
    waiting_most: int
    clock: str
    examples: dict[int, str] = field(default_factory=dict)
    failure: str = ""
    real_time: bool = False
    cure: str = ""

    @classmethod
    def broken(cls, failure: str, cure: str = "") -> EngineNotes:
        """Return the notes of an engine that could not hand over any."""
        nothing = np.zeros(0, np.int64)
        return cls(np.zeros(0, np.float64), nothing, nothing, 0, 0, "", {}, failure, cure=cure)


@dataclass(frozen=True)
class Observed:
    """A finished or interrupted run.

    Attributes:
        plan: what was asked for.
        target: the URL, without credentials.
        payload: the request in words.
        records: one row a request that was due until the end; times are ns of one monotonic clock.
        tokens: of streamed answers; `row` indexes `records`.
        workload: of each payload, by its index, in the payload's own unit (1 a request unless a plug-in says more).
        origin: the first intended time, warm-up included, ns.
        counted_from: the first intended time that counts: `origin` + warm-up, ns.
        schedule_end: when the last request was due, or the duration was over, ns.
        ended: when the engines stopped, ns.
        started: wall clock at `origin`, seconds since the epoch.
        notes: one of each engine process.
        interrupted: whether it was ended before its time by the user.
        remarks: what whoever ran it has to say of it, for the warnings of the report.
    """

    plan: Plan
    target: str
    payload: str
    records: Records
    tokens: Tokens
    workload: npt.NDArray[np.float64]
    origin: int
    counted_from: int
    schedule_end: int
    ended: int
    started: float
    notes: tuple[EngineNotes, ...]
    interrupted: bool = False
    remarks: tuple[str, ...] = ()
