"""A crew of real engines without Locust between: what carries the messages is a few threads, and quick to start."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

import pytest
from truth.serve import serve

from seatrial.loadgen.assemble import assemble
from seatrial.loadgen.options import build_parser, read_plan
from seatrial.loadgen.spread.crew import Crew
from seatrial.loadgen.spread.messages import Failed, Said, Seen, encode, read_say
from seatrial.loadgen.spread.wire import Wire

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from truth.serve import Truth

    from seatrial.loadgen.assemble import Assembled

PATIENCE = 30.0


class Carrier:
    """Carries messages between a crew and its engines as the two halves inside Locust do.

    Attributes:
        ours: the crew's end.
        engines: the processes.
    """

    def __init__(self, engines: int, environments: tuple[dict[str, str], ...] = ()) -> None:
        ours, theirs = socket.socketpair()
        self.ours, self._theirs = Wire(ours), Wire(theirs)
        self._lock = threading.Lock()
        self._wires: dict[str, Wire] = {}
        self._threads: list[threading.Thread] = []
        each = environments or ({},) * engines
        self.engines = [self._start(f"worker-{number}", environment) for number, environment in enumerate(each)]
        self._tell(Seen(tuple(self._wires)))
        self._thread(self._down)

    def _start(self, who: str, environment: dict[str, str]) -> subprocess.Popen[bytes]:
        here, there = socket.socketpair()
        with there:
            process = subprocess.Popen(
                [sys.executable, "-m", "seatrial.loadgen.spread.engine", str(there.fileno())],
                pass_fds=(there.fileno(),), start_new_session=True, env={**os.environ, **environment},
            )  # fmt: skip
        self._wires[who] = Wire(here)
        self._thread(lambda: self._up(who))
        return process

    def _thread(self, target: Callable[[], None]) -> None:
        thread = threading.Thread(target=target)
        thread.start()
        self._threads.append(thread)

    def _tell(self, word: Said | Seen) -> None:
        with self._lock:
            self._theirs.send(encode(word))

    def _up(self, who: str) -> None:
        try:
            while (data := self._wires[who].receive()) is not None:
                self._tell(Said(who, data))
        except EOFError:
            try:
                self._tell(Said(who, encode(Failed("its engine process ended"))))
            except EOFError:
                return  # the crew is gone as well

    def _down(self) -> None:
        try:
            while (data := self._theirs.receive()) is not None:
                word = read_say(data)
                self._wires[word.who].send(word.data)
        except EOFError:
            return

    def hang_up(self) -> None:
        """The master is gone, and the workers with it."""
        self._theirs.hang_up()
        for wire in self._wires.values():
            wire.hang_up()

    def close(self) -> list[int]:
        """End everything, and return the codes with which the engines ended, of their own accord."""
        self.hang_up()
        codes = [engine.wait(PATIENCE) for engine in self.engines]
        for thread in self._threads:
            thread.join()
        for wire in (self.ours, self._theirs, *self._wires.values()):
            wire.close()
        return codes


@contextmanager
def _gathered(engines: int, environments: tuple[dict[str, str], ...] = ()) -> Iterator[tuple[Crew, Carrier]]:
    carrier = Carrier(engines, environments)
    try:
        crew = Crew(carrier.ours, engines)
        crew.gather(PATIENCE, lambda _: None)
        yield crew, carrier
    finally:
        carrier.close()


@pytest.fixture(scope="module")
def crew() -> Iterator[Crew]:
    """Two machines that run one test after another."""
    with _gathered(2) as (crew, _):
        yield crew


@pytest.fixture
def gathered() -> Iterator[Callable[..., tuple[Crew, Carrier]]]:
    """Machines of a test's own: `crew, carrier = gathered(2)`; each may have variables of its own."""
    with ExitStack() as stack:
        yield lambda *given: stack.enter_context(_gathered(*given))


@pytest.fixture(scope="module")
def truth() -> Iterator[Truth]:
    """A server whose every arrival is known."""
    with serve(delay_ms=2) as running:
        yield running


@pytest.fixture
def assembled() -> Callable[..., Assembled]:
    """Read a command line, and put the run together."""

    def put_together(*words: str) -> Assembled:
        options = build_parser().parse_args(words)
        return assemble(options, read_plan(options, "loadgen"), {})

    return put_together
