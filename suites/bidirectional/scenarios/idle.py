"""A session in which nothing is said but pings: for a moment, and with `--trial-soak` for half an hour."""

from __future__ import annotations

from dataclasses import dataclass

from seatrial.conformance.api import Drive, WebSocketSeen, scenario
from seatrial.suites.bidirectional.scenarios.asking import brief, open_session
from seatrial.suites.bidirectional.scenarios.pings import PONG, Pinged

__all__ = ["IdleSeen", "LongSeen"]

QUICK, QUICK_EVERY = 10.0, 5.0
LIMIT, EVERY = 1800.0, 60.0
"""Contract seconds: how long the platform keeps a session at most, and how often it pings."""


@dataclass(frozen=True)
class IdleSeen:
    """A silent session: the pings, and how it stood afterwards."""

    seconds: float
    session: WebSocketSeen
    pings: tuple[Pinged, ...]


@dataclass(frozen=True)
class LongSeen:
    """The same for half an hour, its close by the platform, and another session afterwards."""

    idle: IdleSeen
    after: WebSocketSeen


@scenario("bidi-idle", sees=IdleSeen, alongside=True, waits=QUICK, takes=0.1)
def bidi_idle(drive: Drive) -> IdleSeen:
    """Hold a session for ten seconds."""
    return _hold(drive, QUICK, QUICK_EVERY)


@scenario("bidi-long", sees=LongSeen, alongside=True, soak=True, waits=LIMIT, takes=0.1)
def bidi_long(drive: Drive) -> LongSeen:
    """Hold a session for as long as the platform would, and open another one."""
    idle = _hold(drive, LIMIT, EVERY)
    with open_session(drive) as session:
        session.ping(b"again", drive.seconds(PONG))
        return LongSeen(idle, brief(session.seen()))


def _hold(drive: Drive, seconds: float, every: float) -> IdleSeen:
    pings: list[Pinged] = []
    with open_session(drive) as session:
        while session.stands and len(pings) < seconds / every and not drive.stopping.is_set():
            drive.wait(every)
            at, payload = session.now(), b"idle %d" % len(pings)
            pings.append(Pinged(len(payload), at, session.ping(payload, drive.seconds(PONG))))
        return IdleSeen(session.now(), brief(session.seen()), tuple(pings))
