"""How well the client itself kept up: figures only, the limits are the judge's."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from seatrial.loadgen.measure.distribution import distribution
from seatrial.loadgen.result import Fitness

if TYPE_CHECKING:
    from seatrial.loadgen.measure.evidence import Evidence
    from seatrial.loadgen.observed import EngineNotes

__all__ = ["counted_cpu", "fitness"]


def counted_cpu(note: EngineNotes, warmup_s: float) -> list[float]:
    """Return the CPU share of each whole second that counts; of all seconds where none does."""
    counted = note.cpu[int(warmup_s) :]
    return [float(share) for share in (counted if len(counted) else note.cpu)]


def fitness(evidence: Evidence) -> Fitness:
    """Describe the client of a run."""
    rows, notes = evidence.rows, evidence.observed.notes
    warmup_s = evidence.observed.plan.load.warmup_s
    pauses = np.concatenate([note.gc_pauses for note in notes]) if notes else np.zeros(0, np.int64)
    lag = np.concatenate([note.lag for note in notes]) if notes else np.zeros(0, np.int64)
    connecting = rows.records.connecting[rows.records.connecting > 0].astype(np.int64)
    return Fitness(
        send_error=distribution(rows.send_error) if rows.open_loop else None,
        loop_lag=distribution(lag, draw=False),
        cpu=tuple(max(counted_cpu(note, warmup_s), default=0.0) for note in notes),
        coalesced=evidence.observed.tokens.coalesced,
        gc_pauses=len(pauses),
        gc_longest_ms=float(pauses.max()) / 1e6 if len(pauses) else 0.0,
        connection_waits=int(rows.waited.sum()),
        connections=sum(note.connections for note in notes),
        connect=distribution(connecting, per=1e3),
        kept=float(evidence.on_time.mean()) if rows.open_loop and len(rows) else None,
        real_time=bool(notes) and all(note.real_time for note in notes),
    )
