"""Token times of streamed answers: first token, gaps, pace, last token, all streams at once.

The table is ragged (streams differ in length) and may hold ten million stamps: nothing here loops over streams.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from seatrial.loadgen.record import Flag, Times

if TYPE_CHECKING:
    from seatrial.loadgen.measure.rows import Mask, Rows
    from seatrial.loadgen.record import Tokens

__all__ = ["Ragged", "ragged"]


@dataclass(frozen=True)
class Ragged:
    """The streams that succeeded and brought at least one token, in the order in which they were due.

    Attributes:
        row: the request of each stream, an index into the rows that count; shape (streams,).
        intended, sent: of its request, ns; the same shape.
        begin, length: where each stream's events begin in `stamp`, and how many they are; the same shape.
        stamp, count: of each event, ns and tokens; shape (events,).
    """

    row: npt.NDArray[np.int64]
    intended: Times
    sent: Times
    begin: npt.NDArray[np.int64]
    length: npt.NDArray[np.int64]
    stamp: Times
    count: npt.NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.row)

    @cached_property
    def first(self) -> Times:
        """Arrival of the first token of each stream, ns."""
        return self.stamp[self.begin]

    @cached_property
    def last(self) -> Times:
        """Arrival of the last token of each stream, ns."""
        last: Times = self.stamp[self.begin + self.length - 1]
        return last

    @cached_property
    def tokens(self) -> npt.NDArray[np.int64]:
        """Tokens of each stream."""
        if not len(self):
            return np.zeros(0, np.int64)
        summed: npt.NDArray[np.int64] = np.add.reduceat(self.count, self.begin)
        return summed

    @cached_property
    def gaps(self) -> Times:
        """Gaps between neighbouring events of one stream, ns, stream after stream."""
        gaps: Times = np.diff(self.stamp)[self._inner]
        return gaps

    @cached_property
    def gaps_by_arrival(self) -> Times:
        """The same in the order in which they ended: a pause of the server hits all streams together."""
        return self.gaps[np.argsort(self.stamp[1:][self._inner], kind="stable")]

    @cached_property
    def pace(self) -> Times:
        """(last - first) / (tokens - 1) of each stream with more than one token, ns."""
        more = self.tokens > 1
        return np.rint((self.last - self.first)[more] / (self.tokens[more] - 1)).astype(np.int64)

    def keeps_gaps(self, within: Mask, share: float) -> Mask:
        """Say of each stream whether enough of its own gaps kept a limit.

        Args:
            within: of each gap, whether it did; as long as `gaps`.
            share: how many of a stream's gaps must, 0…1.

        Returns:
            Shape (streams,); streams of one token have no gap and keep every limit.
        """
        beyond = np.concatenate([[0], np.cumsum(~within)])
        gap_begin = self.begin - np.arange(len(self))
        missed = beyond[gap_begin + self.length - 1] - beyond[gap_begin]
        keeps: Mask = np.less_equal(missed, np.floor((1.0 - share) * (self.length - 1) + 1e-9))
        return keeps

    @cached_property
    def _inner(self) -> Mask:
        """Which steps between neighbouring stamps stay inside one stream."""
        inner = np.ones(max(len(self.stamp) - 1, 0), np.bool_)
        inner[self.begin[1:] - 1] = False
        return inner


def ragged(rows: Rows, tokens: Tokens, *, streamed: bool = True) -> Ragged:
    """Return the streams of the rows that count and succeeded, their tokens side by side; or the whole answers."""
    order = np.argsort(rows.origin_row, kind="stable")
    known = rows.origin_row[order]
    at = np.searchsorted(known, tokens.row)
    at[at == len(known)] = 0
    length = np.diff(tokens.offset)
    chosen = np.zeros(len(tokens.row), np.bool_)
    if len(known):
        chosen = (known[at] == tokens.row) & (length > 0)
        found = order[at[chosen]]
        chosen[chosen] = rows.good[found] & ((rows.records.flags[found] & Flag.STREAM > 0) == streamed)
    row = order[at[chosen]] if len(known) else np.zeros(0, np.int64)
    due = np.argsort(row, kind="stable")
    row, begin, length = row[due], tokens.offset[:-1][chosen][due], length[chosen][due]
    packed = np.cumsum(length) - length
    event = np.repeat(begin - packed, length) + np.arange(int(length.sum()))
    records = rows.records
    return Ragged(
        row, records.intended[row], records.sent[row], packed, length, tokens.stamp[event], tokens.count[event]
    )
