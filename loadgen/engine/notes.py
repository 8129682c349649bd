"""What the engine notes of itself while it runs: how late it was, how busy, how often it stood still to collect."""

from __future__ import annotations

import gc
from array import array
from time import monotonic_ns, process_time_ns
from typing import Any

import numpy as np

from seatrial.loadgen.observed import EngineNotes

__all__ = ["HOUSEKEEPING", "Notebook"]

HOUSEKEEPING = 100_000_000
"""ns between two looks at time limits and at oneself."""
TURNS_A_SECOND = 10
EXAMPLE = 200
"""Bytes of an answer that are kept to explain a fault."""
OLD_GENERATION = 1_000_000


class Notebook:
    """Notes of one engine.

    Attributes:
        whole_second: whether the last turn completed a second.
        examples: by fault, the first text that explains it.
        busy: share of a core between the last two turns.
    """

    def __init__(self) -> None:
        self.whole_second = False
        self.busy = 0.0
        self._turn_wall = self._turn_busy = 0
        self._lag, self._pauses, self._cpu = array("q"), array("q"), array("d")
        self._turns = self._waiting_most = 0
        self._wall = self._busy = self._paused_at = 0
        self.examples: dict[int, str] = {}
        self._thresholds = gc.get_threshold()

    def prepare(self) -> None:
        """Take everything that lives until now out of the collector's sight; that takes longer than a request may."""
        gc.collect()
        gc.freeze()
        gc.set_threshold(self._thresholds[0], self._thresholds[1], OLD_GENERATION)
        gc.callbacks.append(self._on_collection)

    def begin(self, now: int) -> None:
        """Begin to count."""
        self._wall, self._busy = now, process_time_ns()
        self._turn_wall, self._turn_busy = self._wall, self._busy

    def end(self) -> None:
        """Leave the collector as it was found."""
        gc.callbacks.remove(self._on_collection)
        gc.set_threshold(*self._thresholds)
        gc.unfreeze()

    def turn(self, due: int, now: int) -> None:
        """Note a housekeeping turn."""
        self._lag.append(max(0, now - due))
        spent = process_time_ns()
        # The first turn comes at once: over so short a time nothing can be said.
        elapsed = now - self._turn_wall
        self.busy = (spent - self._turn_busy) / elapsed if elapsed > HOUSEKEEPING // 2 else 0.0
        self._turn_wall, self._turn_busy = now, spent
        self._turns += 1
        self.whole_second = self._turns % TURNS_A_SECOND == 0
        if self.whole_second:
            self._cpu.append((spent - self._busy) / max(1, now - self._wall))
            self._wall, self._busy = now, spent

    def waits(self, number: int) -> None:
        """Note how many requests wait for a connection."""
        self._waiting_most = max(self._waiting_most, number)

    def example(self, fault: int, head: bytes, pieces: list[bytes]) -> None:
        """Remember the first text that explains a fault."""
        if fault not in self.examples:
            first, _, body = head.partition(b"\r\n\r\n")
            words = b" ".join([first.split(b"\r\n")[0], b"".join(pieces) or body])
            self.examples[int(fault)] = words[:EXAMPLE].decode("utf-8", "replace").strip()

    def _on_collection(self, phase: str, _: dict[str, Any]) -> None:
        if phase == "start":
            self._paused_at = monotonic_ns()
        else:
            self._pauses.append(monotonic_ns() - self._paused_at)

    def close(self, *, connections: int, clock: str, real_time: bool, failure: str = "") -> EngineNotes:
        """Return the notes as plain values."""
        return EngineNotes(
            cpu=np.array(self._cpu, np.float64),
            lag=np.array(self._lag, np.int64),
            gc_pauses=np.array(self._pauses, np.int64),
            connections=connections,
            waiting_most=self._waiting_most,
            clock=clock,
            examples=self.examples,
            failure=failure,
            real_time=real_time,
        )
