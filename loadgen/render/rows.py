"""The counted rows of a run, in the units in which reports draw them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from seatrial.loadgen.fault import Fault

if TYPE_CHECKING:
    from seatrial.loadgen.observed import Observed

__all__ = ["Floats", "Rows", "rows_of"]

Floats = npt.NDArray[np.float64]
NS, MS = 1e9, 1e6


@dataclass(frozen=True)
class Rows:
    """Requests that count: those due after the warm-up.

    Attributes:
        at: seconds from the first of them to each good one's intended time; shape (good,).
        response: from the intended time to the last byte, ms; shape (good,).
        service: from the send to the last byte, ms; shape (good,).
        failed_at: seconds from the first to each failed one's intended time; shape (failed,).
        fault: of each failed one; shape (failed,).
        sent_at: seconds from the first to the intended time of each that was sent; shape (sent,).
        send_error: sent - intended, ms; shape (sent,).
    """

    at: Floats
    response: Floats
    service: Floats
    failed_at: Floats
    fault: npt.NDArray[np.uint8]
    sent_at: Floats
    send_error: Floats


def rows_of(run: Observed) -> Rows:
    """Return the counted rows of a run."""
    records = run.records
    counted = records.intended >= run.counted_from
    right = counted & (records.fault == Fault.NONE) & (records.done != 0)
    wrong = counted & (records.fault != Fault.NONE)
    sent = counted & (records.sent != 0)
    at = (records.intended - run.counted_from) / NS
    return Rows(
        at=at[right],
        response=(records.last - records.intended)[right] / MS,
        service=(records.last - records.sent)[right] / MS,
        failed_at=at[wrong],
        fault=records.fault[wrong],
        sent_at=at[sent],
        send_error=(records.sent - records.intended)[sent] / MS,
    )
