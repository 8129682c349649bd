"""What one engine process does from its fork to its end: get ready, wait for the word, run, read answers, hand over."""

from __future__ import annotations

import contextlib
import signal
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from seatrial.loadgen.engine.core import Engine, Share
from seatrial.loadgen.engine.stamps import can_stamp
from seatrial.loadgen.fault import Fault
from seatrial.loadgen.observed import EngineNotes
from seatrial.loadgen.record import Flag, Records, Tokens

if TYPE_CHECKING:
    from multiprocessing.connection import Connection

    from seatrial.loadgen.run import Job
    from seatrial.loadgen.traffic import Answer, Reader

__all__ = ["Go", "Left", "serve_share"]


@dataclass(frozen=True)
class Go:
    """The word to begin: the first intended time and the end of the schedule, ns."""

    origin: int
    end: int


@dataclass(frozen=True)
class Left:
    """What an engine hands over: its records lie in shared memory already."""

    notes: EngineNotes
    tokens: Tokens


def serve_share(
    parent: Connection[Any, Any], foreign: list[Connection[Any, Any]], job: Job, records: Records, share: Share
) -> None:
    """Drive one share of a run; the parent ends it early by SIGTERM, and takes Ctrl-C upon itself.

    Args:
        parent: pipe to the parent. Its end is the parent's end, however that came: then the load ends as well.
        foreign: ends of pipes that the fork copied. While they were open no pipe would ever end.
        job: what to run.
        records: shared columns.
        share: of this process.
    """
    for each in foreign:
        each.close()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    engine = Engine(job.traffic, records, share, fault_of_status=job.fault_of_status)
    signal.signal(signal.SIGTERM, lambda *_: setattr(engine, "stopping", True))
    engine.prepare()
    failure = ""
    with contextlib.suppress(OSError, UnicodeError):  # each request will say that the name does not resolve
        engine.resolve()
    try:
        parent.send(None)
        go: Go = parent.recv()
        engine.stop_with(parent.fileno())
        engine.run(go.origin, go.end)
    except EOFError:
        return  # the parent is gone
    except Exception as error:  # noqa: BLE001  (whatever broke it: the run is told as invalid, with what was measured)
        failure = f"{type(error).__name__}: {error}"
    tokens = read_answers(engine.answers, job.reader, records, engine.notes.examples) if job.reader else Tokens.none()
    clock = "kernel" if can_stamp() else "callback"
    with contextlib.suppress(BrokenPipeError):  # the parent is gone
        notes = engine.notes.close(
            connections=engine.opened, clock=clock, real_time=engine.was_real_time, failure=failure
        )
        parent.send(Left(notes, tokens))


def read_answers(answers: list[Answer], reader: Reader, records: Records, examples: dict[int, str]) -> Tokens:
    """Check kept answers and find their tokens; what is wrong goes into the records."""
    rows, lengths, stamps, counts, coalesced = [], [], [], [], 0
    for answer in answers:
        reading = reader.read(answer)
        if reading.fault is not Fault.NONE:
            records.fault[answer.row] = reading.fault
            examples.setdefault(int(reading.fault), reading.example)
        if reading.stamps:
            records.flags[answer.row] |= Flag.STREAM if reading.streamed else 0
            rows.append(answer.row)
            lengths.append(len(reading.stamps))
            stamps.extend(reading.stamps)
            counts.extend(reading.counts)
            coalesced += reading.coalesced
    return Tokens(
        np.array(rows, np.int64),
        np.concatenate([np.zeros(1, np.int64), np.cumsum(np.array(lengths, np.int64))]).astype(np.int64),
        np.array(stamps, np.int64),
        np.array(counts, np.int64),
        coalesced,
    )
