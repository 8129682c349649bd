"""What a status means: the engine asks a table, so that no answer costs a decision."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seatrial.loadgen.fault import Fault

if TYPE_CHECKING:
    from collections.abc import Collection

__all__ = ["fault_of_status", "faults_of_statuses"]

STATUSES = 1000


def fault_of_status(status: int, accepted: Collection[int] = ()) -> Fault:
    """Return what is wrong with a status.

    Args:
        status: of the answer.
        accepted: those of `--expect-status`, good ones alone; empty: every 2xx is good.
    """
    if status in accepted:
        return Fault.NONE
    kinds = {
        2: Fault.BAD_BODY if accepted else Fault.NONE,
        3: Fault.REDIRECT,
        4: Fault.CLIENT_ERROR,
        5: Fault.SERVER_ERROR,
    }
    return kinds.get(status // 100, Fault.BAD_HTTP)


def faults_of_statuses(accepted: Collection[int] = ()) -> bytes:
    """Return the fault of each status from 0 to 999, one byte each."""
    return bytes(fault_of_status(status, accepted) for status in range(STATUSES))
