"""Whole columns of numbers as text: what `'%d' % number` does, for a million rows in a tenth of the time.

A column becomes a matrix of ASCII digits, one row a number, and a mask of those that are printed; columns are put side
by side and the mask taken once. Numbers are integers with a fixed number of decimals, so nothing is rounded.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["Cells", "beside", "looked_up", "numbers"]

Bytes = npt.NDArray[np.uint8]
Mask = npt.NDArray[np.bool_]
GROUP = 4
GROUPS: Bytes = np.frombuffer("".join(f"{n:04d}" for n in range(10**GROUP)).encode(), np.uint8).reshape(-1, GROUP)
"""The digits of every number below 10,000: four digits for the price of one division."""
ZERO, POINT, MINUS = b"0.-"


class Cells(NamedTuple):
    """A column as text: characters and whether each is printed; both of shape (rows, width)."""

    text: Bytes
    shown: Mask


def numbers(values: npt.NDArray[np.int64], *, decimals: int = 0, blank: Mask | None = None) -> Cells:
    """Print integers, the last `decimals` digits behind a point: 1_234_567 with 6 is `1.234567`.

    Args:
        values: any sign; shape (rows,).
        decimals: digits behind the point, all of them printed.
        blank: rows in which nothing is printed.
    """
    rows = len(values)
    size = np.abs(values)
    largest = int(size.max(initial=0))
    groups = -(-max(len(str(largest)), decimals + 1) // GROUP)
    digits = np.empty((rows, groups * GROUP), np.uint8)
    rest = size
    for group in reversed(range(groups)):
        rest, low = np.divmod(rest, 10**GROUP)
        digits[:, group * GROUP : (group + 1) * GROUP] = GROUPS[low]
    whole = digits.shape[1] - decimals
    shown = np.ones((rows, digits.shape[1]), np.bool_)
    # Leading zeros are left out, but for the last digit before the point.
    shown[:, : whole - 1] = np.logical_or.accumulate(digits[:, : whole - 1] != ZERO, axis=1)
    parts = [Cells(digits[:, :whole], shown[:, :whole])]
    if bool((values < 0).any()):
        parts.insert(0, Cells(np.full((rows, 1), MINUS, np.uint8), (values < 0)[:, None]))
    if decimals:
        parts.append(_same(POINT, rows))
        parts.append(Cells(digits[:, whole:], shown[:, whole:]))
    joined = beside(parts)
    return Cells(joined.text, joined.shown & ~blank[:, None]) if blank is not None else joined


def looked_up(words: Sequence[str], index: npt.NDArray[np.uint8]) -> Cells:
    """Print a word for each number, which is an index into the words; shape (rows,)."""
    width = max(map(len, words), default=0)
    text = np.frombuffer("".join(word.ljust(width) for word in words).encode("ascii"), np.uint8).reshape(-1, width)
    lengths = np.array([len(word) for word in words])
    return Cells(text[index], np.arange(width) < lengths[index][:, None])


def beside(parts: Sequence[Cells], between: str = "", end: str = "") -> Cells:
    """Put columns side by side, a character between them and one at the end of each row."""
    rows = len(parts[0].text)
    placed: list[Cells] = []
    for number, part in enumerate(parts):
        if number and between:
            placed.append(_same(ord(between), rows))
        placed.append(part)
    if end:
        placed.append(_same(ord(end), rows))
    return Cells(np.concatenate([p.text for p in placed], axis=1), np.concatenate([p.shown for p in placed], axis=1))


def _same(character: int, rows: int) -> Cells:
    return Cells(np.full((rows, 1), character, np.uint8), np.ones((rows, 1), np.bool_))
