"""Every word between the machine that conducts and those that put the load on, and between it and its Locust master.

Encoded with msgpack: values only, so that neither side can make the other run anything.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = [
    "CHANNEL", "FD", "Begun", "Failed", "FromEngine", "FromMaster", "Go", "Hello", "Look", "Parcel", "Piece", "Ping",
    "Pong", "Ready", "Said", "Say", "Seen", "Stop", "ToEngine", "Up", "Want", "encode",
    "read_from_engine", "read_from_master", "read_say", "read_to_engine",
]  # fmt: skip

CHANNEL = "seatrial"
"""The type of our messages among Locust's."""
FD = "SEATRIAL_SPREAD_FD"
"""Environment variable that names the socket to the process that started a Locust master."""


class _Word(msgspec.Struct, frozen=True, tag=True, array_like=True):
    """One message."""


# --------------------------------------------------------------------------------------------- large things, in pieces


class Parcel(_Word, frozen=True):
    """Something large is there to be fetched, in so many pieces."""

    pieces: int


class Want(_Word, frozen=True):
    """Send this piece, from 0."""

    number: int


class Piece(_Word, frozen=True):
    """A piece."""

    number: int
    data: bytes


# ----------------------------------------------------------------------------------------------------- to the engines


class Ping(_Word, frozen=True):
    """Tell the time of your clock."""

    number: int


class Go(_Word, frozen=True):
    """Let the first request be due at this time of your own clock, ns."""

    at: int


class Stop(_Word, frozen=True):
    """End now, and hand over what was measured. Before the word to go: forget the errand."""


# --------------------------------------------------------------------------------------------------- from the engines


class Hello(_Word, frozen=True):
    """A machine is there.

    Attributes:
        version: of this package on it.
        host: its name.
    """

    version: str
    host: str


class Pong(_Word, frozen=True):
    """The time, ns."""

    number: int
    clock: int


class Ready(_Word, frozen=True):
    """Everything is prepared."""


class Begun(_Word, frozen=True):
    """The load begins.

    Attributes:
        late: ns after the time that was asked for: the word came too late for it.
        label: the requests in words, for Locust's web UI.
    """

    late: int
    label: str


class Look(_Word, frozen=True):
    """How a part of a run stands. Counts are of the whole run, rates of the last `window_s`, the last five are new.

    Attributes:
        latency: answers since the last look, by `gauge.bucket` of their latency.
        failures: failed requests since the last look, by their fault's title.
        received: bytes of answers since the last look.
    """

    elapsed_s: float
    due: int
    sent: int
    answered: int
    failed: int
    in_flight: int
    window_s: float
    asked: float | None
    kept: float
    answers: float
    send_error: float | None
    waited: int
    behind: int
    behind_ms: float
    cpu: float | None
    latency: dict[int, int]
    failures: dict[str, int]
    received: int


class Failed(_Word, frozen=True):
    """There is no run, or no more of it; why, in one sentence."""

    text: str


# ------------------------------------------------------------------------------------ with the Locust master, a child


class Say(_Word, frozen=True):
    """To be sent to a worker."""

    who: str
    data: bytes


class Up(_Word, frozen=True):
    """The master waits for workers."""


class Said(_Word, frozen=True):
    """What a worker sent."""

    who: str
    data: bytes


class Seen(_Word, frozen=True):
    """The workers whose heart beats, as Locust sees it; sent whenever that changes."""

    who: tuple[str, ...]


ToEngine = Parcel | Want | Piece | Ping | Go | Stop
FromEngine = Hello | Want | Piece | Parcel | Pong | Ready | Begun | Look | Failed
FromMaster = Up | Said | Seen

encode = msgspec.msgpack.Encoder().encode
read_to_engine: Callable[[bytes], ToEngine] = msgspec.msgpack.Decoder(ToEngine).decode
read_from_engine: Callable[[bytes], FromEngine] = msgspec.msgpack.Decoder(FromEngine).decode
read_from_master: Callable[[bytes], FromMaster] = msgspec.msgpack.Decoder(FromMaster).decode
read_say: Callable[[bytes], Say] = msgspec.msgpack.Decoder(Say).decode
