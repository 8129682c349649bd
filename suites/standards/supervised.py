"""Whether the standards' supervisor stands above the server: asked by the judges of what it does."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seatrial.conformance.api import NotApplicable
from seatrial.suites.standards.scenarios.supervisor import is_supervisor

if TYPE_CHECKING:
    from seatrial.suites.standards.scenarios.supervisor import SupervisedSeen

__all__ = ["need_supervisor"]


def need_supervisor(seen: SupervisedSeen) -> None:
    """Go on only where the process list shows a supervisor; some run only where a variable asks for one.

    Raises:
        NotApplicable: it shows none.
    """
    if not any(is_supervisor(one) for one in seen.processes):
        raise NotApplicable("no standard-supervisor runs: the server is started directly")
