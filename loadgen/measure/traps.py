"""What makes true figures mean something else than a reader thinks: warnings, none of which changes the verdict."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from seatrial.loadgen.measure.statistics import clean_samples
from seatrial.loadgen.measure.words import count, per_cent, time
from seatrial.loadgen.record import Flag

if TYPE_CHECKING:
    from collections.abc import Callable

    from seatrial.loadgen.measure.evidence import Evidence
    from seatrial.loadgen.result import Result

__all__ = ["traps"]

COALESCED = 0.01
PAUSE_MS = 5.0


def traps(result: Result, evidence: Evidence) -> tuple[str, ...]:
    """Return one sentence for each trap that the run fell into."""
    return tuple(found for trap in TRAPS if (found := trap(result, evidence)))


def _own_connections(result: Result, evidence: Evidence) -> str | None:
    """Most requests opened a connection of their own: the pool never got warm."""
    rows = evidence.rows
    sent = rows.sent.nonzero()[0]
    # The first requests of every run open connections; by its second half they should be kept.
    later = sent[len(sent) // 2 :]
    fresh = (rows.records.flags[later] & Flag.REUSED) == 0
    if len(later) < 10 or fresh.mean() <= 0.5:
        return None
    connect = result.fitness.connect
    price = f", which took {time(connect.points['p50'].value * 1e6)} each" if connect else ""
    return (
        f"{per_cent(float(fresh.mean()))} of the later requests opened a connection of their own{price}: "
        "the server closes connections after an answer, or sooner than the next request comes"
    )


def _clock_step(_: Result, evidence: Evidence) -> str | None:
    disordered = int(evidence.rows.disordered.sum())
    if not disordered:
        return None
    return (
        f"{count(disordered)} receive stamps lay outside the request they belong to: the wall clock was set during the "
        "run, and their end is taken from the client's own clock"
    )


def _coalesced(_: Result, evidence: Evidence) -> str | None:
    tokens = evidence.observed.tokens
    events = len(tokens.stamp)
    if not events or tokens.coalesced <= COALESCED * events:
        return None
    return (
        f"{per_cent(tokens.coalesced / events)} of the token events came in one read with the one before: the server "
        "sends them in lumps or the client is late, and short gaps are less sure than they look"
    )


def _few_samples(_: Result, evidence: Evidence) -> str | None:
    samples = len(evidence.rows.user)
    least = clean_samples(0.99, 0.975)
    if not 0 < samples < least:
        return None
    more = clean_samples(0.999, 0.975)
    return f"{count(samples)} samples do not bound p99 from above: {least} would, and p99.9 takes {more:,}"


def _long_pause(result: Result, _: Evidence) -> str | None:
    if result.fitness.gc_longest_ms <= PAUSE_MS:
        return None
    longest = time(result.fitness.gc_longest_ms * 1e6)
    return f"garbage collection stopped the client for up to {longest}: what it sent or stamped then is late by as much"


def _connecting_late(result: Result, evidence: Evidence) -> str | None:
    """The send error is the connection set-up's, not the client's own."""
    late = result.fitness.send_error
    own = evidence.rows.own_lateness
    if late is None or not len(own) or result.fitness.connection_waits:
        return None
    p99 = late.points["p99"].value
    if p99 <= 1.0 or float(np.quantile(own, 0.99)) / 1e6 > 0.5 * p99:
        return None
    return f"the send error (p99 {time(p99 * 1e6)}) is the time that connections took to open; response time counts it"


def _lost_rows(result: Result, _: Evidence) -> str | None:
    unsent = result.requests.unsent
    if not unsent:
        return None
    return f"{count(unsent)} of {count(result.requests.due)} due requests were never sent: they count as failed"


TRAPS: tuple[Callable[[Result, Evidence], str | None], ...] = (
    _own_connections,
    _connecting_late,
    _clock_step,
    _coalesced,
    _few_samples,
    _long_pause,
    _lost_rows,
)
