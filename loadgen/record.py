"""One row a request, kept as columns in memory that all processes of a run share.

Five times and a few narrow columns: exact, 60 bytes a request. The engine writes its own rows while the parent reads
them for the live view; nothing is sent between them. Times are nanoseconds of CLOCK_MONOTONIC, which is one clock for
all processes of a machine; 0 says that it never happened. The memory is reserved, not filled: rows that no request
used cost nothing.
"""

from __future__ import annotations

import mmap
from dataclasses import dataclass
from enum import IntFlag

import numpy as np
import numpy.typing as npt

__all__ = ["BYTES_PER_ROW", "COLUMNS", "Flag", "Records", "Times", "Tokens"]

Times = npt.NDArray[np.int64]

COLUMNS: tuple[tuple[str, str], ...] = (
    ("intended", "q"), ("sent", "q"), ("first", "q"), ("last", "q"), ("done", "q"),
    ("received", "I"), ("connection", "I"), ("payload", "I"), ("connecting", "I"),
    ("status", "H"), ("fault", "B"), ("flags", "B"),
)  # fmt: skip
"""Name and struct code of each column, widest first so that each is aligned."""
BYTES_PER_ROW = sum(np.dtype(code).itemsize for _, code in COLUMNS)


class Flag(IntFlag):
    """What else is known of a row."""

    REUSED = 1
    """Sent over a connection that had carried a request before."""
    WAITED = 2
    """Waited for a free connection: `--max-connections` was reached."""
    KERNEL = 4
    """First and last byte carry the kernel's receive stamps; else they were taken when the client got to read."""
    STREAM = 8
    """The answer was a stream: its token times stand in `Tokens`."""


@dataclass(slots=True)
class Records:
    """The columns of a run.

    Attributes:
        rows: how many rows there are.
        memory: what the columns lie in; None where they were loaded from a file.
        intended: when the request was due, ns. In a closed loop: when it was sent.
        sent: just before its first byte was given to the kernel, ns.
        first: when the first byte of the answer arrived, ns.
        last: when the last byte of the answer arrived, ns.
        done: when the client had dealt with it, ns; also of a request that failed.
        received: bytes of the answer, head and body.
        connection: number of the connection that carried it, from 1, counted for each process.
        payload: index of the request in the payload source.
        connecting: µs that the connection took to open, counted on the request that opened it; 0 on a kept one.
        status: HTTP status; 0 without an answer.
        fault: a `Fault`.
        flags: `Flag`s.
    """

    rows: int
    memory: mmap.mmap | None
    intended: Times
    sent: Times
    first: Times
    last: Times
    done: Times
    received: npt.NDArray[np.uint32]
    connection: npt.NDArray[np.uint32]
    payload: npt.NDArray[np.uint32]
    connecting: npt.NDArray[np.uint32]
    status: npt.NDArray[np.uint16]
    fault: npt.NDArray[np.uint8]
    flags: npt.NDArray[np.uint8]

    @classmethod
    def allocate(cls, rows: int) -> Records:
        """Reserve shared memory for a number of rows, all zero."""
        memory = mmap.mmap(-1, max(rows, 1) * BYTES_PER_ROW)
        columns, at = {}, 0
        for name, code in COLUMNS:
            columns[name] = np.frombuffer(memory, dtype=code, count=rows, offset=at)
            at += rows * np.dtype(code).itemsize
        return cls(rows, memory, **columns)

    def view(self, name: str) -> memoryview:
        """Return a column for item-wise writing: a third of the price of writing into a numpy array."""
        column: npt.NDArray[np.int64] = getattr(self, name)
        return column.data

    def take(self, rows: npt.NDArray[np.bool_] | npt.NDArray[np.int64] | slice) -> Records:
        """Return the rows of a mask, of indexes or of a slice, copied."""
        columns = {name: np.array(getattr(self, name)[rows]) for name, _ in COLUMNS}
        return Records(len(columns["intended"]), None, **columns)

    @classmethod
    def join(cls, parts: list[Records]) -> Records:
        """Join rows of several runs or machines, in the order of their intended times."""
        columns = {name: np.concatenate([getattr(part, name) for part in parts]) for name, _ in COLUMNS}
        order = np.argsort(columns["intended"], kind="stable")
        return cls(len(order), None, **{name: column[order] for name, column in columns.items()})


@dataclass(slots=True)
class Tokens:
    """When each token of each streamed answer arrived, and of whole answers that count theirs when: a ragged table.

    Attributes:
        row: the request of each answer, an index into the records; shape (streams,).
        offset: where each stream begins in `stamp`, and the end of the last; shape (streams + 1,).
        stamp: arrival of each token event, ns of the same clock as the records, in order within a stream.
        count: tokens in each event: 1 unless the server says how many; the same shape as `stamp`.
        coalesced: events that arrived in one read with an event before them: their own times are not known.
    """

    row: npt.NDArray[np.int64]
    offset: npt.NDArray[np.int64]
    stamp: Times
    count: npt.NDArray[np.int64]
    coalesced: int = 0

    @classmethod
    def none(cls) -> Tokens:
        """No stream at all."""
        empty = np.zeros(0, np.int64)
        return cls(empty, np.zeros(1, np.int64), empty, empty)

    @classmethod
    def join(cls, parts: list[Tokens]) -> Tokens:
        """Join tables whose rows index the same records."""
        lengths = np.concatenate([np.diff(part.offset) for part in parts])
        return cls(
            np.concatenate([part.row for part in parts]),
            np.concatenate([np.zeros(1, np.int64), np.cumsum(lengths)]),
            np.concatenate([part.stamp for part in parts]),
            np.concatenate([part.count for part in parts]),
            sum(part.coalesced for part in parts),
        )
