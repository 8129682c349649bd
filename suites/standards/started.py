"""Judges whether a launch with a customer's files became ready: one clause blames it, the others cannot be judged."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seatrial.conformance.api import Untested, broken, untested

if TYPE_CHECKING:
    from seatrial.suites.realtime.scenarios.start import Started

__all__ = ["expect_started", "need_started"]


def expect_started(started: Started, reason: str) -> None:
    """Expect the launch to have become ready.

    Args:
        started: how it started.
        reason: given where it did not.
    """
    if not started.ready:
        proof = (started.last,) if started.last else ()
        broken(reason, expected="200 from /ping with the customer's files", observed=started.summary, proof=proof)


def need_started(*launches: Started) -> None:
    """Leave the clause unjudged where a launch did not become ready: another clause says so."""
    for started in launches:
        if not started.ready:
            untested(Untested.PREREQUISITE, f"a launch with a customer's files did not become ready: {started.summary}")
