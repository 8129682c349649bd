"""Finds out which requests the model on trial accepts: the user's own samples, or the built-in shapes.

Each candidate is sent twice. One that is accepted and gives the same bytes again is the basis of every comparison.
The first call may be slow because it is the first, so one that brings no byte in time is tried again; where that is not
answered either, nothing more is tried. A server may have called itself ready too early (a clause judges that), so a
503 is tried again for some seconds in all. Slow samples are taken at their word and not tried.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from seatrial.conformance.samples import BUILT_IN, Sample, SampleSeen, SamplesSeen
from seatrial.conformance.wire.exchange import Trouble

if TYPE_CHECKING:
    from seatrial.conformance.evidence import TrialFacts
    from seatrial.conformance.options import TrialOptions
    from seatrial.conformance.wire.exchange import Exchange
    from seatrial.conformance.wire.rawhttp import Client
    from seatrial.conformance.wire.request import RawRequest

__all__ = ["discover"]

TIMEOUT = 60.0
ENOUGH = 3
PATIENCE, PAUSE = 10.0, 0.1
"""Seconds for which a 503 is tried again, all candidates together, and between two tries."""


def discover(client: Client, options: TrialOptions, facts: TrialFacts) -> tuple[SamplesSeen, tuple[Sample, ...]]:
    """Try the candidates on a ready instance.

    Args:
        client: bound to the main instance.
        options: with the user's samples, if any.
        facts: of the trial.

    Returns:
        how each candidate was answered, and the candidates themselves.
    """
    given = tuple(s for s in options.samples if not s.slow)
    slow = tuple(s for s in options.samples if s.slow)
    tried: list[SampleSeen] = []
    patient_until = time.monotonic() + PATIENCE * facts.scale
    for sample in given or BUILT_IN:
        if not given and sum(s.accepted for s in tried) >= ENOUGH:
            break
        tried.append(_try(sample, client, facts.scale, patient_until))
        if tried[-1].first.trouble is Trouble.TIMEOUT and not tried[-1].accepted:
            break
    return SamplesSeen(tuple(tried)), (*(given or BUILT_IN), *slow)


def _try(sample: Sample, client: Client, scale: float, patient_until: float) -> SampleSeen:
    request, timeout = sample.request(), TIMEOUT * scale
    first = client.send(request, timeout=timeout)
    cold = first.trouble is Trouble.TIMEOUT and first.first_byte is None
    counted = client.send(request, timeout=timeout) if cold else first
    counted = _while_unavailable(counted, client, request, timeout=timeout, until=patient_until)
    repeats = False
    if counted.ok and counted.answer:
        again = client.send(request, timeout=timeout)
        repeats = again.answer is not None and again.ok and again.answer.body.sha256 == counted.answer.body.sha256
    return SampleSeen(
        sample.name, sample.content_type, sample.given, sample.slow, counted.ok, repeats, first
    )  # fmt: skip


def _while_unavailable(
    exchange: Exchange, client: Client, request: RawRequest, *, timeout: float, until: float
) -> Exchange:
    while exchange.status == 503 and time.monotonic() < until:
        time.sleep(PAUSE)
        exchange = client.send(request, timeout=timeout)
    return exchange
