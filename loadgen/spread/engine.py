"""The process that puts one machine's part of a load on: `python -m seatrial.loadgen.spread.engine FD`.

A Locust user starts it and carries its messages. It runs one errand after another until nobody is at the other end;
then it ends, and its load with it.
"""

from __future__ import annotations

import socket
import sys
import time
from typing import TYPE_CHECKING

from seatrial import __version__
from seatrial.loadgen.mistakes import UsageError
from seatrial.loadgen.run import run
from seatrial.loadgen.spread.errand import job_of
from seatrial.loadgen.spread.gauge import Gauge
from seatrial.loadgen.spread.harvest import Harvest
from seatrial.loadgen.spread.messages import (
    Begun,
    Failed,
    Go,
    Hello,
    Parcel,
    Piece,
    Ping,
    Pong,
    Ready,
    Stop,
    ToEngine,
    Want,
    encode,
    read_to_engine,
)  # fmt: skip
from seatrial.loadgen.spread.parcel import Incoming, Outgoing
from seatrial.loadgen.spread.wire import Wire

if TYPE_CHECKING:
    from collections.abc import Callable

    from seatrial.loadgen.run import Job, Scene
    from seatrial.loadgen.spread.errand import Errand
    from seatrial.loadgen.spread.messages import FromEngine

__all__ = ["main"]

LOOK_EVERY = 500_000_000
MARGIN = 5_000_000
"""ns that the engines need between the word and the first request."""
LEAD = 30_000_000
"""ns until the first request where the word came too late."""


class _CalledOff(Exception):
    """The errand is to be forgotten."""


class Post:
    """One end of the line to the machine that conducts.

    Args:
        wire: to the process that carries the messages.
    """

    def __init__(self, wire: Wire) -> None:
        self._wire = wire
        self._next_look = 0

    def tell(self, word: FromEngine) -> None:
        """Send a word."""
        self._wire.send(encode(word))

    def hear(self, timeout: float | None = None) -> ToEngine | None:
        """Return the next word that is for the errand; pings are answered at once."""
        while True:
            data = self._wire.receive(timeout)
            word = None if data is None else read_to_engine(data)
            if not isinstance(word, Ping):
                return word
            self.tell(Pong(word.number, time.monotonic_ns()))

    def serve(self) -> None:
        """Run errands.

        Raises:
            EOFError: nobody is at the other end any more.
        """
        parcel = None
        while True:
            word = parcel or self.hear()
            parcel = None
            if not isinstance(word, Parcel):
                continue  # what is left of an errand that was called off
            try:
                harvest = self._run(self._fetch(word))
            except _CalledOff:
                continue
            except UsageError as error:
                self.tell(Failed(str(error)))
            except EOFError:
                raise
            except Exception as error:  # noqa: BLE001  (whatever it is: the machine that conducts has to know)
                self.tell(Failed(f"{type(error).__name__}: {error}"))
            else:
                parcel = self._deliver(harvest)

    def _fetch(self, parcel: Parcel) -> bytes:
        incoming = Incoming(parcel)
        while incoming.data is None:
            for want in incoming.wants():
                self.tell(want)
            match self.hear():
                case Piece() as piece:
                    incoming.take(piece)
                case Stop():
                    raise _CalledOff
        return incoming.data

    def _run(self, data: bytes) -> bytes:
        job, errand = job_of(data)
        return Harvest.to_bytes(run(job, self._watch, lambda: self._begin(_label(job, errand))))

    def _begin(self, label: str) -> int:
        """Wait for the word to go."""
        self.tell(Ready())
        while True:
            match self.hear():
                case Go(at):
                    now = time.monotonic_ns()
                    origin = at if at >= now + MARGIN else now + LEAD
                    self.tell(Begun(origin - at, label))
                    return origin
                case Stop():
                    raise _CalledOff

    def _watch(self, scene: Scene) -> Callable[[], bool]:
        gauge = Gauge(scene)

        def look() -> bool:
            now = time.monotonic_ns()
            try:
                if now >= self._next_look:
                    self._next_look = now + LOOK_EVERY
                    self.tell(gauge.look(now))
                return isinstance(self.hear(0), Stop)
            except EOFError:
                return True  # nobody is left to tell anything: the load ends

        return look

    def _deliver(self, harvest: bytes) -> Parcel | None:
        """Hand over what was measured, and return the next errand once that is there."""
        outgoing = Outgoing(harvest)
        self.tell(outgoing.parcel)
        while True:
            match self.hear():
                case Want() as want:
                    self.tell(outgoing.piece(want))
                case Parcel() as parcel:
                    return parcel


def _label(job: Job, errand: Errand) -> str:
    """Say what Locust's web UI shows: its own response times are rounded to two digits, and ours in it as well."""
    time_of = "response time from the schedule" if errand.load.open_loop else "service time"
    return f"{job.target} ({time_of}, rounded; loadgen reports the exact one)"


def main(fd: int) -> int:
    """Say hello, and run errands until the other end hangs up.

    Args:
        fd: a connected stream socket.
    """
    wire = Wire(socket.socket(fileno=fd))
    post = Post(wire)
    try:
        post.tell(Hello(__version__, socket.gethostname()))
        post.serve()
    except EOFError:
        wire.close()
    return 0


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1])))
