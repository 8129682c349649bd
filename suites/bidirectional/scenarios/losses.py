"""Sessions that come and go: a hundred callers that vanish with an RST, and a platform that closes and comes again."""

from __future__ import annotations

from dataclasses import dataclass

from seatrial.conformance.api import Ability, Drive, WebSocketSeen, scenario
from seatrial.suites.bidirectional.scenarios.asking import brief, known, open_session
from seatrial.suites.realtime.scenarios.crowd import CROWD

__all__ = ["Held", "LossesSeen", "ReconnectsSeen"]

LOST, CLOSED = 100, 200
PONG, SETTLE, CLOSE = 5.0, 10.0, 5.0


@dataclass(frozen=True)
class Held:
    """What the processes of the server hold."""

    files: int
    threads: int


@dataclass(frozen=True)
class LossesSeen:
    """A hundred sessions that were reset, half of them with a question open.

    Attributes:
        lost: how many stood before they were reset.
        before: what the server held before; None where that cannot be seen.
        after: the same afterwards, once it had settled.
        again: a session afterwards.
        pong: seconds until its pong; None where none came.
    """

    lost: int
    before: Held | None
    after: Held | None
    again: WebSocketSeen
    pong: float | None


@dataclass(frozen=True)
class ReconnectsSeen:
    """Sessions that the platform closed one after another.

    Attributes:
        closed: how many were opened and closed.
        last: the last one, refused or not.
        pong: seconds until its pong; None where none came.
    """

    closed: int
    last: WebSocketSeen
    pong: float | None


@scenario("bidi-losses", sees=LossesSeen, launch=CROWD, takes=1.0)
def bidi_losses(drive: Drive) -> LossesSeen:
    """Reset a hundred sessions, every other one right after its message."""
    found = known(drive)
    before, lost = _held(drive), 0
    for number in range(LOST):
        session = open_session(drive)
        lost += session.stands
        if session.stands and number % 2:
            session.say(found.sample.body, text=found.text)
        session.reset()
    if before is not None:
        drive.until(lambda: _settled(_held(drive), before), SETTLE)
    after = _held(drive)
    with open_session(drive) as session:
        pong = session.ping(b"again", drive.seconds(PONG))
        return LossesSeen(lost, before, after, brief(session.seen()), pong)


@scenario("bidi-reconnects", sees=ReconnectsSeen, launch=CROWD, takes=0.5)
def bidi_reconnects(drive: Drive) -> ReconnectsSeen:
    """Open a session and close it as the platform does at its limit, two hundred times; the last one has to work."""
    for number in range(CLOSED):
        with open_session(drive) as session:
            if not session.stands or number == CLOSED - 1:
                pong = session.ping(b"again", drive.seconds(PONG))
                return ReconnectsSeen(number, brief(session.seen()), pong)
            session.close(1001, timeout=drive.seconds(CLOSE))
    raise AssertionError("the loop returns")


def _held(drive: Drive) -> Held | None:
    if Ability.PROCESSES not in drive.facts.abilities:
        return None
    processes = drive.instance.processes()
    return Held(sum(one.open_files for one in processes), sum(one.threads for one in processes))


def _settled(now: Held | None, before: Held) -> bool:
    return now is not None and now.files <= before.files and now.threads <= before.threads
