"""Whether the model answers: what `/ping` tells, and nothing else.

A ping costs nothing: it reads the last finding. The finding comes from the model's own sample, run through the same
workers as every request: after loading, then at a steady interval, at once when a call has failed in a way that
throws doubt on the model, and every second while it is unhealthy, so that recovery shows too.
A check that merely waits behind long calls says nothing about the model, and changes nothing.
"""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable

from seatrial.reference_server.clock import scaled
from seatrial.reference_server.errors import CallTimeoutError, UnavailableError
from seatrial.reference_server.logs import log

RETRY = 1.0


class Alone:
    """A server that is no worker beside others: what it finds is all that there is to find."""

    label = ""

    def note(self, *, well: bool) -> None:
        """Keep a finding to itself."""

    def all_well(self) -> bool:
        """There is nobody else who could be ill."""
        return True


class HealthMonitor:
    """Watches one model.

    Args:
        check: answers the model's own sample, or raises.
        stuck: says whether no worker can run anything.
        interval: seconds between two checks of a healthy model, not yet scaled.
        others: the other workers of this server.
    """

    def __init__(
        self, check: Callable[[], Awaitable[None]], stuck: Callable[[], bool], interval: float, others: Alone
    ) -> None:
        self._others = others
        self._check = check
        self._stuck = stuck
        self._interval = interval
        self._doubt = asyncio.Event()
        self._was_healthy = False

    @property
    def healthy(self) -> bool:
        """The last finding; False as well while every thread hangs, or another worker is ill."""
        return self._was_healthy and not self._stuck() and self._others.all_well()

    def doubt(self) -> None:
        """Ask for a check now: a call has just failed unexpectedly."""
        self._doubt.set()

    async def check(self) -> bool:
        """Run one check now, log a change, and return the finding."""
        try:
            await self._check()
        except UnavailableError:
            return self._was_healthy
        except CallTimeoutError as error:
            self.found(healthy=False, reason=error.message)
        except Exception as error:  # noqa: BLE001 - whatever a model raises is its failure
            self.found(healthy=False, reason=f"{type(error).__name__}: {error}")
        else:
            self.found(healthy=True)
        return self._was_healthy

    async def watch(self) -> None:
        """Check for ever, until cancelled."""
        while True:
            wait = scaled(self._interval if self._was_healthy else RETRY)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._doubt.wait(), wait)
            self._doubt.clear()
            await self.check()

    def found(self, *, healthy: bool, reason: str = "") -> None:
        """Note a finding, and log it where it is news."""
        if healthy and not self._was_healthy:
            log.info("the model answers its own sample: /ping is 200")
        if not healthy and self._was_healthy:
            log.error("the model does not answer its own sample: /ping is 503 (%s)", reason)
        self._was_healthy = healthy
        self._others.note(well=healthy)
