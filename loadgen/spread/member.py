"""One machine of a run, as the machine that conducts sees it."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

from seatrial.loadgen.spread.messages import Parcel, Piece, Pong, Want
from seatrial.loadgen.spread.parcel import Incoming, Outgoing

__all__ = ["Member"]


@dataclass
class Member:
    """A worker that has joined.

    Attributes:
        who: Locust's name of it.
        host: the machine.
        name: what messages call it; several on one machine are numbered.
        heard: when it last said something, s of the monotonic clock.
        awaited: whether it owes us a word.
        missing: since when Locust hears no heart beat of it, s; None while it does.
        ready: whether it waits for the word to go.
        round_trip: of the quickest ping, ns; None before the first.
        offset: its clock minus ours, known to half of that, ns.
        late: ns by which it began after the moment that was agreed; None before it began.
        harvest: what it observed, as it travels; None until it is whole.
        failure: why there is none; empty while there may be one.
    """

    who: str
    host: str
    name: str
    heard: float = field(default_factory=time.monotonic)
    awaited: bool = False
    missing: float | None = None
    ready: bool = False
    round_trip: int | None = None
    offset: int = 0
    late: int | None = None
    harvest: bytes | None = None
    failure: str = ""
    _outgoing: Outgoing | None = None
    _incoming: Incoming | None = None
    _asked: dict[int, int] = field(default_factory=dict)

    @property
    def over(self) -> bool:
        """Whether nothing more is expected of it."""
        return self.harvest is not None or bool(self.failure)

    def expect(self, *, something: bool) -> None:
        """Say whether it is this one's turn to speak, from now on."""
        self.awaited, self.heard = something, time.monotonic()

    def give(self, shared: bytes, own: bytes) -> Parcel:
        """Begin anew with an errand, and return what announces it."""
        self.ready, self.late, self.harvest, self._incoming = False, None, None, None
        self.expect(something=True)
        self._outgoing = Outgoing(shared, own)
        return self._outgoing.parcel

    def piece(self, want: Want) -> Piece | None:
        """Return a piece of the errand that it asks for."""
        return self._outgoing.piece(want) if self._outgoing else None

    def fetch(self, word: Parcel | Piece) -> list[Want]:
        """Take what there is of its harvest, and return what to ask for next."""
        if isinstance(word, Parcel):
            self._incoming = Incoming(word)
        elif self._incoming:
            self._incoming.take(word)
        if self._incoming is None:
            return []
        self.harvest = self._incoming.data
        return self._incoming.wants()

    @property
    def waits_for_pong(self) -> bool:
        """Whether a ping is on its way."""
        return bool(self._asked)

    def asked(self, number: int, now: int) -> None:
        """Note when a ping left."""
        self._asked[number] = now

    def pong(self, word: Pong, now: int) -> None:
        """Learn its clock: the quickest round trip says most, as its clock was read about half-way."""
        sent = self._asked.pop(word.number, None)
        if sent is not None and (self.round_trip is None or now - sent < self.round_trip):
            self.round_trip = now - sent
            self.offset = word.clock - (sent + now) // 2
