"""How much memory and processor time a subject uses, looked at while load is put on it.

A container is asked for through its engine, a process is read from `/proc` with all that descends from it, and of an
endpoint nothing can be seen.
"""

from __future__ import annotations

import contextlib
import os
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from seatrial.conformance.bench.result import Usage, UsageSample
from seatrial.conformance.subject import procfs

if TYPE_CHECKING:
    from collections.abc import Callable

    from seatrial.conformance.subject.container import ContainerInstance
    from seatrial.conformance.subject.engine import Engine
    from seatrial.conformance.subject.launcher import Instance, Launcher
    from seatrial.conformance.subject.local import LocalInstance

__all__ = ["Meter", "meter_for"]

EVERY_S = 0.5
TICK = 1 / os.sysconf("SC_CLK_TCK")
NS = 1e-9


@dataclass(frozen=True)
class _Look:
    """Bytes of memory now, and processor seconds so far."""

    memory_bytes: int
    cpu_s: float


class Meter:
    """Looks twice a second, when it is asked to.

    Args:
        look: returns what is used; None where it could not be read this time.
        source: how it is read, in words.
    """

    def __init__(self, look: Callable[[], _Look | None], source: str) -> None:
        self._look, self._source = look, source
        self._begin()

    def _begin(self) -> None:
        self._samples: list[UsageSample] = []
        self._origin = self._last = time.monotonic()
        self._before = self._look()
        self._first = self._before

    def restart(self) -> None:
        """Begin anew: a run of the load generator begins."""
        self._begin()

    def glance(self) -> None:
        """Look, if half a second has passed since the last look."""
        now = time.monotonic()
        if now - self._last < EVERY_S:
            return
        seen = self._look()
        if seen and self._before:
            cpus = max(0.0, seen.cpu_s - self._before.cpu_s) / (now - self._last)
            self._samples.append(UsageSample(round(now - self._origin, 3), seen.memory_bytes, round(cpus, 3)))
        self._before, self._last = seen or self._before, now

    def usage(self) -> Usage | None:
        """What was seen since the begin; None where nothing was."""
        if not self._samples or not self._first or not self._before:
            return None
        took = self._samples[-1].at
        return Usage(
            memory_peak_bytes=max(each.memory_bytes for each in self._samples),
            cpus_mean=round((self._before.cpu_s - self._first.cpu_s) / took, 3),
            source=self._source,
            samples=tuple(self._samples),
        )


def meter_for(launcher: Launcher, instance: Instance) -> Meter | None:
    """The meter that fits a subject; None where its use cannot be seen.

    Args:
        launcher: that launched the instance.
        instance: running.
    """
    known: Any = instance
    if engine := getattr(launcher, "engine", None):
        return Meter(lambda: _ask_engine(engine, known), "by the engine, page cache that can be given up left out")
    if hasattr(instance, "pids") and procfs.PROC.joinpath("self/stat").exists():
        spent: dict[int, float] = {}
        return Meter(lambda: _read_processes(known, spent), "resident memory of its processes, shared pages in each")
    return None


def _ask_engine(engine: Engine, instance: ContainerInstance) -> _Look | None:
    """One look through the engine, the way `docker stats` counts."""
    with contextlib.suppress(Exception):  # it ended in between, which whoever drives the run sees and says
        seen: Any = engine.client.api.stats(instance.id, stream=False, one_shot=True)
        memory, files = seen["memory_stats"], seen["memory_stats"]["stats"]
        reclaimable = files.get("total_inactive_file", files.get("inactive_file", 0))
        return _Look(memory["usage"] - reclaimable, seen["cpu_stats"]["cpu_usage"]["total_usage"] * NS)
    return None


def _read_processes(instance: LocalInstance, spent: dict[int, float]) -> _Look | None:
    """One look at a tree of processes. `spent` keeps the time of those that have ended since."""
    pids = instance.pids()
    for pid in pids:
        spent[pid] = max(_cpu_s(pid), spent.get(pid, 0.0))
    return _Look(sum(map(procfs.rss, pids)), sum(spent.values())) if pids else None


def _cpu_s(pid: int) -> float:
    """User and system time of a process, its own; 0 where it is gone."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text("utf-8", errors="replace").rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) * TICK
