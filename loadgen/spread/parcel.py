"""Large things in small pieces: Locust's messages stay short, and no more of them wait than the receiver asked for.

The receiver asks for each piece. Locust's sockets drop what does not fit into their queues, so nobody may send faster
than it is taken.
"""

from __future__ import annotations

from seatrial.loadgen.spread.messages import Parcel, Piece, Want

__all__ = ["Incoming", "Outgoing"]

PIECE = 1 << 20
AT_ONCE = 8
"""Pieces asked for and not yet here: 8 MiB on the way keep a network of 100 ms at 80 MiB a second."""


class Outgoing:
    """What is there to be fetched.

    Args:
        shared: its first part, which may be the same for many; it is not copied.
        own: the rest.
    """

    def __init__(self, shared: bytes, own: bytes = b"") -> None:
        self._shared, self._own = shared, own
        self.parcel = Parcel(max(1, -(-(len(shared) + len(own)) // PIECE)))

    def piece(self, want: Want) -> Piece:
        """Return a piece that was asked for."""
        begin, border = want.number * PIECE, len(self._shared)
        end = begin + PIECE
        data = self._shared[begin:end] + self._own[max(begin - border, 0) : max(end - border, 0)]
        return Piece(want.number, data)


class Incoming:
    """What is being fetched.

    Attributes:
        data: all of it, once it is whole; until then None.
    """

    def __init__(self, parcel: Parcel) -> None:
        self._pieces: list[bytes | None] = [None] * parcel.pieces
        self._asked = self._here = 0
        self.data: bytes | None = None

    def wants(self) -> list[Want]:
        """Return what to ask for now."""
        until = min(self._here + AT_ONCE, len(self._pieces))
        asked, self._asked = self._asked, max(self._asked, until)
        return [Want(number) for number in range(asked, until)]

    def take(self, piece: Piece) -> None:
        """Keep a piece."""
        if self._pieces[piece.number] is None:
            self._here += 1
        self._pieces[piece.number] = piece.data
        if self._here == len(self._pieces):
            self.data = b"".join(each for each in self._pieces if each is not None)
