"""Runs a client as a child process on its own core, and asks the kernel what it cost."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import tempfile
import threading
import time
from dataclasses import dataclass
from pathlib import Path

import psutil

__all__ = ["CLIENT", "SERVER", "Ran", "Sample", "cores", "run"]

TESTS = Path(__file__).resolve().parents[2]
CORES = sorted(os.sched_getaffinity(0))
SERVER, CLIENT = CORES[0], CORES[-1]
LONGEST = 300.0
LOOK_EVERY = 0.2


@dataclass(frozen=True)
class Sample:
    """One look at a running client and its children.

    Attributes:
        at: ns of CLOCK_MONOTONIC.
        cpu: seconds of user and system time so far.
        memory: MB that it alone holds, what it shares with others divided among them (PSS).
    """

    at: int
    cpu: float
    memory: float


@dataclass(frozen=True)
class Ran:
    """A client that ended.

    Attributes:
        code: its exit code.
        cpu: seconds of user and system time, its own children included.
        began: when it was started, ns of CLOCK_MONOTONIC.
        out: what it printed, errors included.
        samples: looks at it while it ran, where they were asked for.
    """

    code: int
    cpu: float
    began: int
    out: str
    samples: tuple[Sample, ...] = ()

    def share(self, begin: int, end: int) -> float:
        """Share of a core that it used between two times."""
        inside = [sample for sample in self.samples if begin <= sample.at <= end]
        if len(inside) < 2:
            raise ValueError("no two looks at the client between these times: make the run longer")
        return (inside[-1].cpu - inside[0].cpu) / ((inside[-1].at - inside[0].at) / 1e9)


def cores() -> str:
    """How client and server are placed, in words."""
    apart = f"the client on core {CLIENT}, the ground truth on core {SERVER}"
    return apart if SERVER != CLIENT else "client and ground truth on one core, which no figure here is meant for"


def run(
    command: list[str], env: dict[str, str] | None = None, accept: tuple[int, ...] = (0,), *, sample: bool = False
) -> Ran:
    """Run a client to its end, pinned.

    Args:
        command: without `taskset`.
        env: added to ours.
        accept: exit codes that are no failure.
        sample: whether to look at it while it runs.

    Raises:
        RuntimeError: it ended with a code that is not accepted; its words are in the message.
    """
    with tempfile.TemporaryFile() as output:
        began = time.monotonic_ns()
        process = subprocess.Popen(
            ["taskset", "-c", str(CLIENT), *command],
            env=_environment() | (env or {}),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
        watchdog = threading.Timer(LONGEST, lambda: os.killpg(process.pid, signal.SIGKILL))
        watchdog.start()
        samples = tuple(_watch(process.pid)) if sample else ()
        _, status, usage = os.wait4(process.pid, 0)
        watchdog.cancel()
        process.returncode = os.waitstatus_to_exitcode(status)
        output.seek(0)
        text = output.read().decode("utf-8", "replace")
    if process.returncode not in accept:
        raise RuntimeError(f"{' '.join(command)} ended with {process.returncode}:\n{text[-2000:]}")
    return Ran(process.returncode, usage.ru_utime + usage.ru_stime, began, text, samples)


def _environment() -> dict[str, str]:
    """Ours, with compiled modules kept as on a user's machine: else every start would compile them all anew."""
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    cache = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "seatrial" / "bytecode"
    return {**kept, "PYTHONPATH": str(TESTS), "PYTHONPYCACHEPREFIX": str(cache)}


def _watch(pid: int) -> list[Sample]:
    """Look at a process and its children until it has ended; it is left to be waited for."""
    samples = []
    root = psutil.Process(pid)
    with contextlib.suppress(psutil.Error):
        while root.status() != psutil.STATUS_ZOMBIE:
            cpu = memory = 0.0
            for process in (root, *root.children(recursive=True)):
                with contextlib.suppress(psutil.Error):
                    times = process.cpu_times()
                    cpu += times.user + times.system + (times.children_user + times.children_system)
                    memory += process.memory_full_info().pss / 1e6
            samples.append(Sample(time.monotonic_ns(), cpu, memory))
            time.sleep(LOOK_EVERY)
    return samples
