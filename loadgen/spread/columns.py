"""Columns of numbers as compressed bytes."""

from __future__ import annotations

import zlib
from typing import Any

import numpy as np
import numpy.typing as npt

__all__ = ["pack", "unpack"]

LEVEL = 1
"""The quickest: times compress well at any level, and a slow one holds up the results of millions of requests."""


def pack(column: npt.NDArray[Any]) -> bytes:
    """Return a column as bytes, least significant first."""
    plain = np.ascontiguousarray(column, column.dtype.newbyteorder("<"))
    return zlib.compress(plain.data, LEVEL)


def unpack(data: bytes, code: str) -> npt.NDArray[Any]:
    """Return a column of numbers of a struct code, such as `q`; it can be written to."""
    return np.frombuffer(bytearray(zlib.decompress(data)), np.dtype(code).newbyteorder("<")).astype(code, copy=False)
