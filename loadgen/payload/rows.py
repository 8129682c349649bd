"""`--rows N --features K`: rows of numbers for predictive models, as JSON instances or as CSV."""

from __future__ import annotations

from enum import StrEnum, unique

import msgspec
import numpy as np

from seatrial.loadgen.payload.how_many import how_many, positive
from seatrial.loadgen.payload.media import CSV, JSON
from seatrial.loadgen.payload.payloads import Payloads

__all__ = ["RowsType", "from_rows"]

DRAWS = 0x726F
"""Keeps these draws apart from others of the same seed."""


@unique
class RowsType(StrEnum):
    """How rows are written."""

    JSON = "json"
    CSV = "csv"


def from_rows(rows: int, features: int, *, kind: RowsType, seed: int, count: int | None = None) -> Payloads:
    """Make bodies of random numbers from 0 to 1, with 4 digits.

    Args:
        rows: rows of one request; its workload.
        features: numbers in a row.
        kind: `{"instances": [[…], …]}`, or lines of CSV without a header.
        seed: equal seeds give equal bodies.
        count: different bodies, sent in turn; None: up to 100.

    Raises:
        UsageError: a number is less than 1.
    """
    size = positive("--rows", rows) * positive("--features", features)
    count = how_many(count, size)
    random = np.random.default_rng([seed, DRAWS])
    write = _csv if kind is RowsType.CSV else _json
    bodies = tuple(write(np.round(random.random((rows, features)), 4).tolist()) for _ in range(count))
    shape = f"{rows} {'row' if rows == 1 else 'rows'} of {features} {'number' if features == 1 else 'numbers'}"
    named = {RowsType.CSV: "CSV", RowsType.JSON: "JSON instances"}[kind]
    title = f"{shape} as {named}, {count} different {'body' if count == 1 else 'bodies'}"
    return Payloads(bodies, (CSV if kind is RowsType.CSV else JSON,) * count, np.full(count, float(rows)), title)


def _json(table: list[list[float]]) -> bytes:
    return msgspec.json.encode({"instances": table})


def _csv(table: list[list[float]]) -> bytes:
    return ("\n".join(",".join(map(str, row)) for row in table) + "\n").encode()
