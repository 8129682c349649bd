"""Stops an instance that breaks a limit which nothing else keeps: a full disk, a log without end.

Engines limit memory and processes; for a local process nobody does. One thread a launcher looks at the live
instances; it decides nothing about the contract: `State.stopped_for` says what happened, and clauses judge.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Protocol

from seatrial.conformance.subject.launcher import EngineError

if TYPE_CHECKING:
    from seatrial.conformance.subject.launcher import Limits, State
    from seatrial.conformance.subject.logs import LogBook

__all__ = ["Watchdog", "flood", "size"]

LOOK_EVERY = 0.25
DEEP_EVERY = 8
"""Every so many looks is a deep one: every two seconds."""
FLOOD = 32
"""So many times `Limits.log_bytes` are drained before a flood is ended: 1 GiB by default."""


class Watched(Protocol):
    """What the watchdog needs of an instance."""

    def state(self) -> State:
        """The state now."""
        ...

    def breach(self, limits: Limits, *, deep: bool) -> str:
        """Which limit it broke, in words; empty where none. `deep` allows what is too dear to do at every look."""
        ...

    def end_for(self, cause: str) -> None:
        """Kill it and remember why."""
        ...


class Watchdog:
    """Looks after the instances of one launcher.

    Args:
        limits: what they were given.
    """

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._lock = threading.Lock()
        self._watched: list[Watched] = []
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None

    def watch(self, instance: Watched) -> None:
        """Look after one more."""
        with self._lock:
            self._watched.append(instance)
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="watchdog", daemon=True)
                self._thread.start()

    def close(self) -> None:
        """Stop looking."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join(2.0)

    def _run(self) -> None:
        looks = 0
        while not self._stop.wait(LOOK_EVERY):
            looks += 1
            with self._lock:
                watched = tuple(self._watched)
            for instance in watched:
                self._look(instance, deep=looks % DEEP_EVERY == 0)

    def _look(self, instance: Watched, *, deep: bool) -> None:
        try:
            if not instance.state().running:
                with self._lock:
                    self._watched.remove(instance)
                return
            if cause := instance.breach(self._limits, deep=deep):
                instance.end_for(cause)
        except EngineError:
            return  # whoever asks the engine next hears of it


def flood(book: LogBook, limits: Limits) -> str:
    """What to say of a log that is longer than anybody drains; empty where it is not."""
    most = FLOOD * limits.log_bytes
    written = book.total_bytes
    return f"it wrote {size(written)} of log, more than {size(most)}" if written > most else ""


def size(count: int) -> str:
    """Bytes as people read them."""
    return f"{count / 2**30:.1f} GiB" if count >= 2**30 else f"{count / 2**20:.0f} MiB"
