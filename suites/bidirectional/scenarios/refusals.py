"""A message that cannot be answered, and what the server says to it."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace

from seatrial.conformance.api import Drive, scenario
from seatrial.suites.bidirectional.scenarios.asking import Reply, brief, gather, known, open_session

__all__ = ["RefusalSeen"]

AFTERWARDS = 5.0
"""Contract seconds for the close that follows an error told in a message."""
WAIT = 10.0


@dataclass(frozen=True)
class RefusalSeen:
    """Broken JSON to a server that takes JSON; no reply where it is not known to."""

    reply: Reply | None = None


@scenario("bidi-refusal", sees=RefusalSeen, takes=0.5)
def bidi_refusal(drive: Drive) -> RefusalSeen:
    """Send the first half of a sample."""
    found = known(drive)
    try:
        json.loads(found.sample.body)
    except ValueError:
        return RefusalSeen()
    with open_session(drive, greeting=found.greeting) as session:
        session.say(found.sample.body[: len(found.sample.body) // 2], text=found.text)
        reply = gather(drive, session, found, patience=WAIT)
        if reply.failed:
            session.await_end(drive.seconds(AFTERWARDS))
        return RefusalSeen(replace(reply, seen=brief(session.seen())))
