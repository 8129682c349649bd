"""Whether the standards' supervisor stands above the server: asked by the judges of what it does."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seatrial.conformance.api import NotApplicable, Untested, untested
from seatrial.suites.standards.scenarios.supervisor import is_supervisor

if TYPE_CHECKING:
    from seatrial.conformance.api import Boot

__all__ = ["need_supervisor"]


def need_supervisor(boot: Boot) -> None:
    """Go on only where the main launch's process list shows a supervisor.

    Raises:
        NotApplicable: it shows none.
        Unobserved: processes could not be seen.
    """
    processes = boot.autopsy.processes if boot.autopsy else None
    if processes is None:
        untested(Untested.PREREQUISITE, "the processes of the main launch were not seen")
    if not any(is_supervisor(one) for one in processes):
        raise NotApplicable("no standard-supervisor runs: the server is started directly")
