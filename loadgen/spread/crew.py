"""The machines of a run: who has joined, what they say, who is lost.

Plain sockets and plain Python; whoever carries the messages is at the other end of the wire.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import msgspec

from seatrial import __version__
from seatrial.loadgen.mistakes import UsageError
from seatrial.loadgen.spread.member import Member
from seatrial.loadgen.spread.messages import (
    Failed,
    Hello,
    Parcel,
    Piece,
    Pong,
    Said,
    Say,
    Seen,
    ToEngine,
    Want,
    encode,
    read_from_engine,
    read_from_master,
)  # fmt: skip

if TYPE_CHECKING:
    from collections.abc import Callable

    from seatrial.loadgen.spread.messages import FromEngine
    from seatrial.loadgen.spread.wire import Wire

__all__ = ["Crew", "MasterEnded"]

GONE_S = 3.0
"""Seconds without a heart beat, on top of the three that Locust waits, after which a machine counts as lost."""
SILENT_S = 90.0
"""A machine whose heart beats but whose engine says nothing for so long is lost as well."""
LOOK_EVERY = 0.25


class MasterEnded(Exception):
    """The Locust master is gone, and with it every machine."""


class Crew:
    """The machines that have joined.

    Args:
        wire: to the Locust master.
        expected: how many are to have a part.

    Attributes:
        members: those that have one, in the order in which they joined.
        too_late: hosts of those that came when the others were enough.
    """

    def __init__(self, wire: Wire, expected: int) -> None:
        self._wire, self._expected = wire, expected
        self.members: list[Member] = []
        self.too_late: list[str] = []

    def gather(self, patience_s: float, tell: Callable[[str], None]) -> None:
        """Wait until enough machines have joined.

        Args:
            patience_s: how long to wait, s.
            tell: is told in a sentence who has joined.

        Raises:
            UsageError: too few have joined in time, one runs another version, or one cannot start its engine.
            MasterEnded: the Locust master did.
        """
        end = time.monotonic() + patience_s
        while len(self.members) < self._expected:
            if time.monotonic() > end:
                raise UsageError(
                    f"--expect-workers {self._expected}: {len(self.members) or 'none'} joined within {patience_s:g} s; "
                    "start `locust -f - --worker --master-host HOST` on each machine, HOST being this one, or wait "
                    "longer with --expect-workers-max-wait."
                )
            for member in self.lost():
                self.members.remove(member)
                tell(f"{member.name} has left")
            before = len(self.members)
            self.hear()
            for member in self.members[before:]:
                tell(f"{member.name} has joined ({len(self.members)} of {self._expected})")

    def say(self, member: Member, word: ToEngine) -> None:
        """Send a word to a machine.

        Raises:
            MasterEnded: there is nobody to carry it.
        """
        try:
            self._wire.send(encode(Say(member.who, encode(word))))
        except EOFError:
            raise MasterEnded from None

    def hear(self) -> tuple[Member, FromEngine] | None:
        """Wait a moment, and return what a member says of its errand; fetching and the like is seen to here.

        Raises:
            UsageError: a machine that joins runs another version, or cannot start its engine.
            MasterEnded: the Locust master did.
        """
        try:
            data = self._wire.receive(LOOK_EVERY)
        except EOFError:
            raise MasterEnded from None
        now = time.monotonic_ns()
        match None if data is None else read_from_master(data):
            case Seen(who):
                for member in self.members:
                    member.missing = None if member.who in who else member.missing or time.monotonic()
            case Said(who, said):
                return self._heard(who, _read(said), now)
        return None

    def _heard(self, who: str, word: FromEngine, now: int) -> tuple[Member, FromEngine] | None:
        member = next((each for each in self.members if each.who == who), None)
        if member is None:
            self._greeted(who, word)
            return None
        member.heard = time.monotonic()
        match word:
            case Want():
                if piece := member.piece(word):
                    self.say(member, piece)
            case Parcel() | Piece():
                for want in member.fetch(word):
                    self.say(member, want)
            case Pong():
                member.pong(word, now)
            case _:
                return member, word
        return None

    def _greeted(self, who: str, word: FromEngine) -> None:
        """Hear somebody who has no part yet."""
        full = len(self.members) >= self._expected
        match word:
            case Hello(version, host) if full:
                self.too_late.append(host)
            case Hello(version, host) if version != __version__:
                raise UsageError(
                    f"the worker {host} has seatrial {version}, this machine {__version__}: install the same on both."
                )
            case Hello(_, host):
                same = sum(each.host == host for each in self.members)
                self.members.append(Member(who, host, f"{host} ({same + 1})" if same else host))
            case Failed(text) if not full:
                raise UsageError(f"the worker {who}: {text}")

    def lost(self) -> list[Member]:
        """Return the members that are not over and will not be: no heart beat, or nothing said for too long."""
        now = time.monotonic()
        return [
            each
            for each in self.members
            if not each.over
            and (
                (each.missing is not None and now - each.missing > GONE_S)
                or (each.awaited and now - each.heard > SILENT_S)
            )
        ]


def _read(said: bytes) -> FromEngine:
    try:
        return read_from_engine(said)
    except msgspec.DecodeError:
        return Failed("what it says cannot be understood; install the same version of seatrial on both machines")
