"""One run on this machine: the schedule, the shared records, one engine a process, and what they left behind.

The processes are forked once everything is prepared, and write into memory that all of them share: the parent watches
the columns fill and sends nothing and receives nothing while the load runs.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import resource
import signal
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from multiprocessing.connection import wait
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from seatrial.loadgen.engine.child import Go, Left, serve_share
from seatrial.loadgen.engine.core import Share
from seatrial.loadgen.observed import EngineNotes, Observed
from seatrial.loadgen.plan import Plan
from seatrial.loadgen.record import Records, Tokens
from seatrial.loadgen.schedule import NS, Schedule, make_schedule
from seatrial.loadgen.traffic import Reader, Traffic

if TYPE_CHECKING:
    from collections.abc import Iterator
    from multiprocessing.connection import Connection
    from multiprocessing.context import ForkProcess

    from seatrial.loadgen.plan import Load

__all__ = ["Job", "Scene", "Slice", "interruptible", "run"]

FAR = 1 << 61
"""ns: the end of a schedule that its number of requests ends."""
LEAD = 30_000_000
"""ns between the word to begin and the first intended time."""
LOOK_EVERY = 0.25
CLOSED_ROWS_A_SECOND = 120_000
"""More than one process has ever answered: the rows of a closed loop are reserved, and cost nothing until used."""
DESCRIPTORS = 64
"""Files that a process has open besides its connections."""
PATIENCE = 10.0
"""Seconds for an interrupted engine to hand over what it has."""


@dataclass(frozen=True)
class Slice:
    """Which part of the schedule this machine takes: every `of`-th time, from the `index`-th."""

    index: int = 0
    of: int = 1


@dataclass(frozen=True)
class Job:
    """A run, ready to begin.

    Attributes:
        plan: what was asked for.
        traffic: makes the bytes of requests.
        reader: reads kept answers; None where none are kept.
        fault_of_status: a `Fault` for each status from 0 to 999.
        assign: gives the payload index of each of a number of requests, and may be told what a trace calls them.
        workload: of each payload.
        target: the URL, without credentials.
        payload: the request in words.
        slice: this machine's part of the schedule.
        schedule: the intended times of this machine where they were drawn elsewhere; None: drawn here.
    """

    plan: Plan
    traffic: Traffic
    reader: Reader | None
    fault_of_status: bytes
    assign: Callable[[int, npt.NDArray[np.uint32] | None], npt.NDArray[np.uint32]]
    workload: npt.NDArray[np.float64] = field(default_factory=lambda: np.ones(1))
    target: str = ""
    payload: str = ""
    slice: Slice = Slice()
    schedule: Schedule | None = None


@dataclass(frozen=True)
class Scene:
    """What can be watched while a run goes on.

    Attributes:
        plan: of the run.
        records: the columns as the engines write them.
        origin: first intended time, ns.
        end: of the schedule, ns; far away where a closed loop is ended by its number of requests.
        slices: in a closed loop, the rows of each worker.
    """

    plan: Plan
    records: Records
    origin: int
    end: int
    slices: tuple[slice, ...]


Watcher = Callable[[Scene], Callable[[], bool]]
"""Is given the scene when the load begins; what it returns is called now and then, and ends the run by True."""


def run(
    job: Job,
    watch: Watcher | None = None,
    begin: Callable[[], int] | None = None,
) -> Observed:
    """Put the load on, and return what was observed; Ctrl-C ends it early and what was measured is returned.

    Args:
        job: what to run.
        watch: called with the scene when the load begins; what it returns is called about four times a second, and
            ends the run early by returning True.
        begin: called once every engine is ready; returns the first intended time, ns. None: in a moment.

    Raises:
        UsageError: a trace that cannot be read, or more requests than one run can hold.
    """
    load = job.plan.load
    schedule = job.schedule or (_sliced(make_schedule(load), job.slice) if load.open_loop else _closed(load))
    records, shares = _divide(job, schedule)
    _allow_descriptors(load.max_connections)
    context = multiprocessing.get_context("fork")
    engines: list[tuple[ForkProcess, Connection[Any, Any]]] = []
    with interruptible() as interrupted:
        for share in shares:
            ours, theirs = context.Pipe()
            foreign = [ours, *(each for _, each in engines)]
            engine = context.Process(target=serve_share, args=(theirs, foreign, job, records, share), daemon=True)
            engine.start()
            theirs.close()
            engines.append((engine, ours))
        try:
            return _conduct(job, schedule, records, shares, engines, interrupted, watch, begin)
        finally:
            for engine, ours in engines:
                ours.close()
                if engine.is_alive():
                    engine.kill()
                engine.join()


def _conduct(
    job: Job, schedule: Schedule, records: Records, shares: list[Share],
    engines: list[tuple[ForkProcess, Connection[Any, Any]]], interrupted: list[bool],
    watch: Watcher | None, begin: Callable[[], int] | None,
) -> Observed:  # fmt: skip
    for _, ours in engines:
        with contextlib.suppress(EOFError):
            ours.recv()  # it is ready
    origin = begin() if begin else time.monotonic_ns() + LEAD
    started = time.time() + (origin - time.monotonic_ns()) / NS
    if job.plan.load.open_loop:
        records.intended[:] = schedule.times + origin
    for _, ours in engines:
        with contextlib.suppress(OSError):
            ours.send(Go(origin, origin + schedule.end))
    slices = () if job.plan.load.open_loop else tuple(slice(each.rows.start, each.rows.stop) for each in shares)
    scene = Scene(job.plan, records, origin, origin + schedule.end, slices)
    left = _collect(engines, interrupted, watch(scene) if watch else lambda: False)
    ended = time.monotonic_ns()
    schedule_end = ended if schedule.end >= FAR else origin + schedule.end
    order = np.arange(records.rows) if job.plan.load.open_loop else _in_order(records)
    return Observed(
        plan=job.plan, target=job.target, payload=job.payload, records=records.take(order),
        tokens=_join_tokens([each.tokens for each in left], order, records.rows), workload=job.workload,
        origin=origin, counted_from=origin + schedule.warmup, schedule_end=schedule_end, ended=ended,
        started=started, notes=tuple(each.notes for each in left), interrupted=interrupted[0],
    )  # fmt: skip


def _collect(
    engines: list[tuple[ForkProcess, Connection[Any, Any]]], interrupted: list[bool], look: Callable[[], bool]
) -> list[Left]:
    """Watch until every engine has handed over what it has, in the order of the engines."""
    left: dict[int, Left] = {}
    give_up = float("inf")
    told = False
    while len(left) < len(engines) and time.monotonic() < give_up:
        waiting = {ours: number for number, (_, ours) in enumerate(engines) if number not in left}
        for ours in wait(list(waiting), LOOK_EVERY):
            number = waiting[ours]  # type: ignore[index]  # `wait` gives back what it was given
            try:
                left[number] = engines[number][1].recv()
            except (EOFError, OSError):
                left[number] = Left(EngineNotes.broken(_how_it_ended(engines[number][0])), Tokens.none())
        if look():
            interrupted[0] = True
        if interrupted[0] and not told:
            told, give_up = True, time.monotonic() + PATIENCE
            for engine, _ in engines:
                engine.terminate()
    missing = Left(EngineNotes.broken("an engine process did not end in time"), Tokens.none())
    return [left.get(number, missing) for number in range(len(engines))]


def _how_it_ended(engine: ForkProcess) -> str:
    engine.join(PATIENCE)
    return f"an engine process ended with code {engine.exitcode}"


def _sliced(schedule: Schedule, part: Slice) -> Schedule:
    if part.of == 1:
        return schedule
    payloads = schedule.payloads[part.index :: part.of] if schedule.payloads is not None else None
    return Schedule(schedule.times[part.index :: part.of], schedule.warmup, schedule.end, payloads)


def _closed(load: Load) -> Schedule:
    """Return the frame of a closed loop: no times, as many rows as it may come to need."""
    seconds = load.warmup_s + (load.duration_s or 0.0)
    rows = load.requests if load.requests is not None else int(seconds * CLOSED_ROWS_A_SECOND) + 1000
    end = round(seconds * NS) if load.duration_s is not None else FAR
    return Schedule(np.zeros(rows, np.int64), round(load.warmup_s * NS), end)


def _divide(job: Job, schedule: Schedule) -> tuple[Records, list[Share]]:
    """Reserve the records, choose each request's payload, and give every process its rows."""
    load, workers = job.plan.load, job.plan.workers
    rows = len(schedule.times)
    records = Records.allocate(rows)
    if schedule.payloads is not None:
        records.payload[:] = job.assign(rows, schedule.payloads)
    elif len(job.workload) > 1:
        # Drawn for the whole schedule, so that every slice of it sends what it would send alone.
        drawn = job.assign(rows * job.slice.of, None)[job.slice.index :: job.slice.of]
        records.payload[:] = drawn[:rows]
    shares = []
    for worker in range(workers):
        block = range(rows * worker // workers, rows * (worker + 1) // workers)
        shares.append(
            Share(
                rows=range(worker, rows, workers) if load.open_loop else block,
                concurrency=None if load.concurrency is None else _part(load.concurrency, worker, workers),
                max_connections=max(1, _part(load.max_connections, worker, workers)),
                timeout=round(job.plan.timeout_s * NS),
            )
        )
    return records, shares


def _part(whole: int, index: int, of: int) -> int:
    return whole // of + (index < whole % of)


def _in_order(records: Records) -> npt.NDArray[np.int64]:
    """Return the rows that a closed loop used, in the order in which they were sent."""
    used = np.flatnonzero(records.intended)
    return used[np.argsort(records.intended[used], kind="stable")]


def _join_tokens(parts: list[Tokens], order: npt.NDArray[np.int64], rows: int) -> Tokens:
    """Join the ragged tables, their rows renumbered as the records were."""
    place = np.zeros(rows, np.int64)
    place[order] = np.arange(len(order))
    joined = Tokens.join(parts)
    joined.row = place[joined.row]
    return joined


def _allow_descriptors(connections: int) -> None:
    """Raise the soft limit of open files to what the connections need, as far as the hard one allows."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = connections + DESCRIPTORS
    if soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(wanted, hard) if hard > 0 else wanted, hard))


@contextlib.contextmanager
def interruptible() -> Iterator[list[bool]]:
    """Turn Ctrl-C and SIGTERM into a note, so that the run ends in order."""
    interrupted = [False]

    def note(_: int, __: object) -> None:
        interrupted[0] = True

    if threading.current_thread() is not threading.main_thread():
        yield interrupted
        return
    before = {number: signal.signal(number, note) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield interrupted
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
