"""What the ground truth knows: its log as numpy columns, and what follows from it.

Times are nanoseconds of CLOCK_MONOTONIC; 0 says that it never happened. Arrivals are the kernel's receive stamps,
writes are taken just before the call that gave the bytes to the kernel.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from truth.layout import CONNECTION_COLUMNS, HEAD, MAGIC, REQUEST_COLUMNS

__all__ = ["Connections", "Log", "Requests", "Times", "dispersion", "percentile", "read"]

Times = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Requests:
    """One value a request, in the order in which they were whole.

    Attributes:
        id: the header `X-Id`; -1 without.
        connection: number of the connection, from 1.
        begun, arrived: when the first and the last byte of the request came.
        first, last: when the first and the last bytes of the answer were written.
        status: as answered; 0 without an answer.
        sent: bytes of the answer's body.
        tokens: of a stream.
        received: bytes of the request's body.
    """

    id: Times
    connection: Times
    begun: Times
    arrived: Times
    first: Times
    last: Times
    status: Times
    sent: Times
    tokens: Times
    received: Times

    def __len__(self) -> int:
        return len(self.id)

    def take(self, rows: slice | npt.NDArray[np.bool_] | Times) -> Requests:
        """Return some of them."""
        return Requests(**{name: getattr(self, name)[rows] for name in REQUEST_COLUMNS})

    def by_arrival(self) -> Requests:
        """Return them in the order of their arrival."""
        return self.take(np.argsort(self.arrived, kind="stable"))

    @property
    def service_ms(self) -> npt.NDArray[np.float64]:
        """From arrival to the last write, ms."""
        return (self.last - self.arrived) / 1e6


@dataclass(frozen=True)
class Connections:
    """One value a connection: when it was accepted and closed, and by whom: 0 nobody yet, 1 client, 2 server."""

    opened: Times
    closed: Times
    closed_by: Times

    def __len__(self) -> int:
        return len(self.opened)


@dataclass(frozen=True)
class Log:
    """Everything that a server did.

    Attributes:
        requests, connections: one row each.
        token_request: index of the request that each token belongs to.
        token_written: when it was written.
        stall: begin and end of the stall; zeros without one.
    """

    requests: Requests
    connections: Connections
    token_request: Times
    token_written: Times
    stall: tuple[int, int]

    def streams(self) -> list[Times]:
        """Write times of the tokens of each request that had any, in the order of the requests."""
        order = np.argsort(self.token_request, kind="stable")
        ends = np.flatnonzero(np.diff(self.token_request[order])) + 1
        return [part for part in np.split(self.token_written[order], ends) if len(part)]


def read(data: bytes) -> Log:
    """Read a log."""
    magic, version, requests, tokens, connections, *stall = HEAD.unpack_from(data)
    if (magic, version) != (MAGIC, 1):
        raise ValueError(f"not a log of the ground truth: it begins with {data[:16]!r}")
    values, at = np.frombuffer(data, "<i8", offset=HEAD.size), 0
    columns = []
    for length in [requests] * len(REQUEST_COLUMNS) + [tokens] * 2 + [connections] * len(CONNECTION_COLUMNS):
        columns.append(values[at : at + length])
        at += length
    rows = dict(zip(REQUEST_COLUMNS, columns, strict=False))
    token_request, token_written, *lines = columns[len(REQUEST_COLUMNS) :]
    return Log(Requests(**rows), Connections(*lines), token_request, token_written, (stall[0], stall[1]))


def dispersion(times: Times, bin_ns: int = 10_000_000) -> float:
    """Variance / mean of arrivals per whole bin: 0 evenly spaced, 1 Poisson, above bunched.

    The bins begin half a gap before the first arrival, so that an even load whose gap divides a bin is not cut at its
    arrivals, where the least jitter would move them over the edge.
    """
    half_a_gap = (times.max() - times.min()) // (2 * max(len(times) - 1, 1))
    count = np.bincount((times - times.min() + half_a_gap) // bin_ns)[:-1]
    return float(count.var() / count.mean())


def percentile(values: npt.NDArray[np.float64], share: float) -> float:
    """The least value at or below which that many percent of all lie, itself one of them."""
    return float(np.percentile(values, share, method="inverted_cdf"))
