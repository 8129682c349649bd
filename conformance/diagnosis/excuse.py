"""Whether the trial's own conditions, and not the subject, are behind a failed start. Pure.

What was judged on such a start is untested, with the option that would mend it, and never broken.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from seatrial.conformance.diagnosis import network
from seatrial.conformance.diagnosis.case import Case

if TYPE_CHECKING:
    from seatrial.conformance.diagnosis.cause import Cause
    from seatrial.conformance.evidence import Record

__all__ = ["excuse"]


def excuse(record: Record) -> Cause | None:
    """The condition of the trial that keeps the main launch from becoming ready; None where there is none."""
    case = Case(record, ())
    return next((cause for rule in network.EXCUSES if (cause := rule(case)) is not None), None)
