"""The handshake: a bare one, and how soon connections are accepted while others shake hands."""

from __future__ import annotations

from dataclasses import dataclass

from seatrial.conformance.api import Drive, WebSocketSeen, connect_storm, scenario, upgrade_request
from seatrial.suites.bidirectional.scenarios.asking import PATH, open_session

__all__ = ["AcceptSeen", "UpgradeSeen"]

OTHER_PATHS = ("/ws", "/", "/v1/realtime", "/invocations", "/stream")
SHAKING, TOGETHER = 8, 20
GIVE_UP = 2.5
"""Seconds until an accept is given up: a dropped SYN is sent again after one second, and after two more."""


@dataclass(frozen=True)
class UpgradeSeen:
    """A handshake without Origin, subprotocol or extension.

    Attributes:
        session: what came of it.
        elsewhere: where it was refused, a path at which a WebSocket is served instead; empty where none was found.
    """

    session: WebSocketSeen
    elsewhere: str = ""


@dataclass(frozen=True)
class AcceptSeen:
    """Connects at a moment when others have just asked for a WebSocket.

    Attributes:
        shaking: how many had asked.
        milliseconds: of each accepted connect, the slowest first.
        failed: the troubles of the others.
    """

    shaking: int
    milliseconds: tuple[float, ...]
    failed: tuple[str, ...]


@scenario("bidi-upgrade", sees=UpgradeSeen, takes=0.1)
def bidi_upgrade(drive: Drive) -> UpgradeSeen:
    """Shake hands and leave; where that is refused, try the paths that others use."""
    with open_session(drive) as session:
        seen = session.seen()
    elsewhere = () if seen.upgraded or seen.handshake.status is None else OTHER_PATHS
    return UpgradeSeen(seen, next((path for path in elsewhere if _serves(drive, path)), ""))


def _serves(drive: Drive, path: str) -> bool:
    with open_session(drive, path) as session:
        return session.seen().upgraded


@scenario("bidi-accept", sees=AcceptSeen, timed=True, takes=0.1)
def bidi_accept(drive: Drive) -> AcceptSeen:
    """Ask for eight WebSockets, and connect twenty times before any of them is answered."""
    shaking = [drive.client.connect(GIVE_UP) for _ in range(SHAKING)]
    for one in shaking:
        one.write(upgrade_request(PATH).head(drive.client.address.path))
    times = connect_storm(drive.instance.address, TOGETHER, GIVE_UP)
    for one in shaking:
        one.close()
    drive.until(lambda: drive.ping().status == 200, 10.0)  # so that nobody stands behind this crowd
    return AcceptSeen(
        sum(one.trouble is None for one in shaking),
        tuple(sorted((round(one.seconds * 1000, 2) for one in times if one.seconds is not None), reverse=True)),
        tuple(str(one.trouble) for one in times if one.trouble is not None),
    )
