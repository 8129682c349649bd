"""Pings of the protocol, which the platform sends every minute: to an idle session, and while an answer is made."""

from __future__ import annotations

from dataclasses import dataclass

from seatrial.conformance.api import Drive, Frame, Opcode, WebSocket, WebSocketSeen, scenario
from seatrial.suites.bidirectional.scenarios.asking import (
    LONGEST,
    PATIENCE,
    Known,
    ask,
    brief,
    known,
    open_session,
    tried,
)

__all__ = ["BusyPingsSeen", "Pinged", "PingsSeen"]

PAYLOADS = (b"seatrial", b"", bytes(range(125)))
PONG, BUSY_PONG = 5.0, 2.0
"""Contract seconds that a pong is waited for."""
LONG, BUSY_PINGS = 2.5, 5
"""Contract seconds that an answer has to take for pings to be sent meanwhile, and how many are."""


@dataclass(frozen=True)
class Pinged:
    """One ping.

    Attributes:
        length: bytes of its payload.
        at: seconds from the begin of the handshake to the ping.
        seconds: until the pong with the same payload; None where none came in time.
        other: whether a pong with another payload came instead.
    """

    length: int
    at: float
    seconds: float | None
    other: bool = False


@dataclass(frozen=True)
class PingsSeen:
    """Pings to a session in which nothing else was sent."""

    session: WebSocketSeen
    pings: tuple[Pinged, ...]


@dataclass(frozen=True)
class BusyPingsSeen:
    """Pings while an answer was made.

    Attributes:
        sample: the name of the message whose answer takes longest.
        took: seconds that it took when nobody pinged.
        session: the session with the pings.
        pings: that were sent before the last message of the answer came; none where it was too quick.
    """

    sample: str
    took: float
    session: WebSocketSeen | None = None
    pings: tuple[Pinged, ...] = ()


@scenario("bidi-pings", sees=PingsSeen, takes=0.1)
def bidi_pings(drive: Drive) -> PingsSeen:
    """Ping with a payload, without one, and with the longest one."""
    with open_session(drive) as session:
        pings = []
        for payload in PAYLOADS:
            at, pongs = session.now(), _pongs(session.seen())
            seconds = session.ping(payload, drive.seconds(PONG))
            other = seconds is None and _pongs(session.seen()) > pongs
            pings.append(Pinged(len(payload), at, seconds, other))
        return PingsSeen(brief(session.seen()), tuple(pings))


@scenario("bidi-busy-pings", sees=BusyPingsSeen, takes=2.0)
def bidi_busy_pings(drive: Drive) -> BusyPingsSeen:
    """Find the message whose answer takes longest, and ping five times while it is made."""
    found, took = _longest(drive)
    if took < drive.seconds(LONG):
        return BusyPingsSeen(found.sample.name, took)
    gap = took / (BUSY_PINGS + 1)
    sent: list[tuple[bytes, float]] = []
    with open_session(drive, greeting=found.greeting) as session:
        session.say(found.sample.body, text=found.text)
        begun = session.now()
        for number in range(1, BUSY_PINGS + 1):
            _listen_until(session, begun + number * gap)
            sent.append((b"ping %d" % number, session.now()))
            session.send(Frame(Opcode.PING, sent[-1][0]))
        session.await_messages(found.greeting + 1, drive.seconds(PATIENCE))
        while session.await_messages(session.messages + 1, max(gap, drive.seconds(BUSY_PONG))):
            pass
        last = max((one.at for one in session.heard if one.kind in {"text", "binary"}), default=session.now())
        pings = (Pinged(len(payload), at, _pong_after(session, payload, at, drive)) for payload, at in sent)
        return BusyPingsSeen(
            found.sample.name, took, brief(session.seen()), tuple(one for one in pings if one.at < last)
        )


def _listen_until(session: WebSocket, moment: float) -> None:
    session.listen(lambda: session.now() >= moment, moment - session.now())


def _pong_after(session: WebSocket, payload: bytes, at: float, drive: Drive) -> float | None:
    """Seconds until the pong to a ping; None where it came too late or never."""
    pongs = (one.at - at for one in session.heard if one.kind == "pong" and one.body.head == payload)
    return next((seconds for seconds in pongs if seconds <= drive.seconds(BUSY_PONG)), None)


def _longest(drive: Drive) -> tuple[Known, float]:
    """The message whose answer takes longest, and the seconds that it takes, at most as many as are waited for."""
    messages = [known(drive)]
    if drive.options.bidi_samples:
        messages = [message for first, message in tried(drive) if first.answered]
    timed = [(min(ask(drive, message).took, drive.seconds(LONGEST)), message) for message in messages if message.text]
    timed = timed or [(ask(drive, message).took, message) for message in messages]
    took, found = max(timed, key=lambda one: one[0])
    return found, took


def _pongs(seen: WebSocketSeen) -> int:
    return sum(one.kind == "pong" for one in seen.heard)
