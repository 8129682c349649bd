"""The end of a session by its caller: close frames, and a connection that is half closed."""

from __future__ import annotations

from dataclasses import dataclass

from seatrial.conformance.api import Drive, WebSocketSeen, scenario
from seatrial.suites.bidirectional.scenarios.asking import brief, open_session

__all__ = ["ClosesSeen", "Closing"]

CODES = (1000, 1001, 1011)
WAIT = 12.0
"""Contract seconds: libraries give a close ten."""


@dataclass(frozen=True)
class Closing:
    """A close frame that was sent.

    Attributes:
        code: that it carried; None where the writing side was shut down without one.
        at: seconds from the begin of the handshake to it.
        session: what followed.
    """

    code: int | None
    at: float
    session: WebSocketSeen

    @property
    def ended(self) -> float | None:
        """Seconds from it to the end of the connection; None where it stood."""
        return None if self.session.ended is None else self.session.ended - self.at

    @property
    def summary(self) -> str:
        """In a few words."""
        end = f"the connection ended after {self.ended:.2f} s" if self.ended is not None else "the connection stood"
        return f"{self.session.closed.summary if self.session.closed else 'no close frame'}, {end}"


@dataclass(frozen=True)
class ClosesSeen:
    """One session for each code, and one without."""

    closes: tuple[Closing, ...]
    half: Closing


@scenario("bidi-closes", sees=ClosesSeen, takes=0.2)
def bidi_closes(drive: Drive) -> ClosesSeen:
    """Close with the codes that the platform uses, and shut the writing side down without any."""
    closes = []
    for code in CODES:
        with open_session(drive) as session:
            at = session.now()
            session.close(code, "seatrial", timeout=drive.seconds(WAIT))
            closes.append(Closing(code, at, brief(session.seen())))
    with open_session(drive) as session:
        at = session.now()
        session.half_close()
        session.await_end(drive.seconds(WAIT))
        return ClosesSeen(tuple(closes), Closing(None, at, brief(session.seen())))
