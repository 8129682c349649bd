"""How long a trial drives a subject, all in all: no subject, however it was made, keeps a trial from its end.

Each scenario is short on an honest server. A hostile one can make every request last as long as a request may, and
there are hundreds. What was not seen when the allowance is spent stays untested.
"""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

from seatrial.conformance.wire.horizon import Horizon

if TYPE_CHECKING:
    from collections.abc import Callable

    from seatrial.conformance.result import Plan
    from seatrial.conformance.samples import SamplesSeen

__all__ = ["DRIVING", "SOAK_DRIVING", "Allowance", "driving_seconds"]

DRIVING, SOAK_DRIVING = 300.0, 3600.0
"""Seconds for driving where the user names none; an honest server needs twenty, on a quiet machine."""
PLANNED = 3.0
"""Times the seconds that the plan expects, where that is more: large profiles take many launches."""
STARTS = 2.0
"""Times the main start's seconds that each of the other launches may take."""
CALLS = 60
"""Calls of the slowest quick sample that fit in beside: a slow model is no hostile one."""


def driving_seconds(plan: Plan, *, soak: bool) -> float:
    """Seconds that a trial drives its subject, starts not counted, where the user names none."""
    planned = sum(launch.takes + launch.waits for launch in plan.launches)
    return max(SOAK_DRIVING if soak else DRIVING, PLANNED * planned)


class Allowance:
    """The time for driving.

    Args:
        spent: called once, from another thread, when it is used up.

    Attributes:
        horizon: the moment at which it is; clients that share it wait for nothing beyond.
        seconds: granted so far.
    """

    def __init__(self, spent: Callable[[], None]) -> None:
        self._spent = spent
        self._timer: threading.Timer | None = None
        self.horizon = Horizon()
        self.seconds = 0.0

    def begin(self, seconds: float, *, start: float, launches: int) -> None:
        """The main launch is ready, and driving begins.

        Args:
            seconds: for driving alone.
            start: seconds that the main start took.
            launches: that are still to come.
        """
        self.horizon.until = time.monotonic()
        self._grant(seconds + STARTS * start * launches)

    def know(self, samples: SamplesSeen) -> None:
        """The samples were tried: slow models get more time."""
        quick = [s.first.done for s in samples.accepted if not s.slow]
        self._grant(CALLS * max(quick, default=0.0))

    def close(self) -> None:
        """Nothing is driven any more."""
        if self._timer is not None:
            self._timer.cancel()

    def _grant(self, seconds: float) -> None:
        self.close()
        self.seconds += seconds
        self.horizon.until += seconds
        self._timer = threading.Timer(max(0.0, self.horizon.until - time.monotonic()), self._spent)
        self._timer.daemon = True
        self._timer.start()
