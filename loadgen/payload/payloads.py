"""The requests of a run, whatever they were made from: bodies ready to be sent, and which request sends which.

Everything is made before the run. While it runs, a payload is an index and some bytes.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum, unique
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from seatrial.loadgen.mistakes import UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["Order", "Payloads"]

DRAWS = 0x7061
"""Keeps the draws of payloads apart from those of the schedule, which come from the same seed."""


@unique
class Order(StrEnum):
    """Which payload the next request sends."""

    SEQUENTIAL = "sequential"
    RANDOM = "random"


@dataclass(frozen=True, eq=False)
class Payloads:
    """All that can be sent in a run; at least one.

    Attributes:
        bodies: the request bodies.
        media: `Content-Type` of each body.
        workload: work of each body in the payload's own unit: 1, rows, output tokens, or what a plug-in counts.
        title: in words, for reports.
        streams: whether the answers are expected to be streams, so that their bodies have to be kept.
        order: how requests choose.
        weights: how often each is drawn, relative to the others; None: equally often.
        expected: the right answer to each as JSON, None where it is not known; None where none is.
        ids: names by which a trace calls them; None: their indexes from 0.
        path: the path that they are made for (`/v1/chat/completions`); empty: the target's own.
    """

    bodies: tuple[bytes, ...]
    media: tuple[str, ...]
    workload: npt.NDArray[np.float64]
    title: str
    streams: bool = False
    order: Order = Order.SEQUENTIAL
    weights: npt.NDArray[np.float64] | None = None
    expected: tuple[bytes | None, ...] | None = None
    ids: tuple[str, ...] | None = None
    path: str = ""

    def __post_init__(self) -> None:
        columns = (self.media, self.workload, self.weights, self.expected, self.ids)
        if not self.bodies or any(column is not None and len(column) != len(self.bodies) for column in columns):
            raise ValueError("every column of the payloads has one entry a body, and there is at least one body")

    def __len__(self) -> int:
        return len(self.bodies)

    def assign(self, rows: int, seed: int, named: Sequence[int | str] | npt.NDArray[np.uint32] | None = None
               ) -> npt.NDArray[np.uint32]:  # fmt: skip
        """Say which payload each request sends. The first requests of a longer run are those of a shorter one.

        Args:
            rows: number of requests.
            seed: of the run; equal seeds give equal choices.
            named: what a trace calls the payload of each request, as many as rows.

        Returns:
            indexes into `bodies`, shape (rows,).

        Raises:
            UsageError: the trace names a payload that there is not.
        """
        if named is not None:
            return self._by_name(named)
        if self.order is Order.SEQUENTIAL:
            return (np.arange(rows) % len(self)).astype(np.uint32)
        weights = np.ones(len(self)) if self.weights is None else self.weights
        edges = np.cumsum(weights / weights.sum())
        draws = np.random.default_rng([seed, DRAWS]).random(rows)
        return np.searchsorted(edges / edges[-1], draws, side="right").astype(np.uint32)

    def _by_name(self, named: Sequence[int | str] | npt.NDArray[np.uint32]) -> npt.NDArray[np.uint32]:
        known = {name: index for index, name in enumerate(self.ids or map(str, range(len(self))))}
        names, first, where = np.unique(np.asarray(named), return_index=True, return_inverse=True)
        for name, request in zip(names, first, strict=True):
            if str(name) not in known:
                raise UsageError(
                    f"--trace: request {request + 1} sends payload {str(name)!r}, which is none of those there are "
                    f"({_some(list(known))}); name one of them in the trace, or give it with --dataset FILE."
                )
        return np.array([known[str(name)] for name in names], np.uint32)[where]


def _some(names: list[str]) -> str:
    return ", ".join(names) if len(names) <= 4 else f"{names[0]}, {names[1]}, … {names[-1]}"
