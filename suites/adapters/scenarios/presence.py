"""Sees whether adapters can be loaded at all."""

from __future__ import annotations

from dataclasses import dataclass

from seatrial.conformance.api import Drive, Exchange, scenario
from seatrial.suites.adapters.route import AdapterRoute
from seatrial.suites.adapters.stage import stage_of

__all__ = ["PresenceSeen"]


@dataclass(frozen=True)
class PresenceSeen:
    """Whether there is a route.

    Attributes:
        empty: a load that says nothing.
        names: of the adapters that the server lists, where the user gave none.
    """

    empty: Exchange
    names: tuple[str, ...]


@scenario("adapters-presence", sees=PresenceSeen, takes=0.1)
def presence(drive: Drive) -> PresenceSeen:
    """Send a load that says nothing, and read the server's own lists."""
    empty = AdapterRoute(drive).send("POST", "/adapters")
    return PresenceSeen(empty, tuple(source.listed for source in stage_of(drive).sources if source.listed))
