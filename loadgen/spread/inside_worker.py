"""Inside a Locust worker: a user that starts the engine beside it, and carries its messages.

gevent and the engine cannot share a process, so the engine is a child. Locust's own statistics are fed in batches from
what the engine tells now and then, so that Locust's web UI shows the run; the results take another way and are exact.
"""

from __future__ import annotations

import socket
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import gevent
from gevent.queue import Queue
from locust import User, constant, task
from locust.runners import MasterRunner, WorkerRunner

from seatrial.loadgen.spread.inside_master import Exchange
from seatrial.loadgen.spread.locust_stats import feed
from seatrial.loadgen.spread.messages import CHANNEL, Begun, Failed, Look, Stop, encode, read_from_engine
from seatrial.loadgen.spread.wire import Wire

if TYPE_CHECKING:
    from locust.env import Environment
    from locust.rpc import Message

__all__ = ["EngineUser", "Seat", "attach"]

END_S = 5.0
"""Seconds for the engine to end once nobody talks to it."""


class Seat:
    """The place of one engine in a Locust worker.

    Args:
        environment: Locust's.
        runner: the worker.
    """

    def __init__(self, environment: Environment, runner: WorkerRunner) -> None:
        self._stats, self._runner = environment.stats, runner
        self._inbox: Queue[bytes] = Queue()
        self._wire: Wire | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._label = ""
        runner.register_message(CHANNEL, self._heard)
        environment.events.test_stopping.add_listener(self._stop)  # type: ignore[no-untyped-call]  # Locust's
        environment.events.quitting.add_listener(self._close)  # type: ignore[no-untyped-call]

    def start(self) -> None:
        """Start the engine, unless it runs."""
        if self._process is not None:
            return
        ours, theirs = socket.socketpair()
        with theirs:
            # In a session of its own: Ctrl-C in the terminal ends the worker, which ends the engine.
            self._process = subprocess.Popen(
                [sys.executable, "-m", "seatrial.loadgen.spread.engine", str(theirs.fileno())],
                pass_fds=(theirs.fileno(),), stdin=subprocess.DEVNULL, start_new_session=True,
            )  # fmt: skip
        self._wire = Wire(ours)
        gevent.spawn(self._carry_in, self._wire)
        gevent.spawn(self._carry_out, self._wire)

    def _heard(self, msg: Message, **_: Any) -> None:
        self._inbox.put(msg.data["word"])

    def _stop(self, **_: Any) -> None:
        """Somebody pressed Stop in the web UI."""
        self._inbox.put(encode(Stop()))

    def _carry_in(self, wire: Wire) -> None:
        try:
            while True:
                wire.send(self._inbox.get())
        except EOFError:
            return  # `_carry_out` sees it too

    def _carry_out(self, wire: Wire) -> None:
        try:
            while (data := wire.receive()) is not None:
                self._look_at(data)
                self._runner.send_message(CHANNEL, {"word": data})
        except EOFError:
            if self._process is not None:
                code = self._process.wait()
                self._fail(f"its engine process ended with code {code}; the worker's terminal says more")

    def _fail(self, why: str) -> None:
        self._runner.send_message(CHANNEL, {"word": encode(Failed(why))})

    def _look_at(self, data: bytes) -> None:
        match read_from_engine(data):
            case Begun(_, label):
                self._label = label
            case Look() as look:
                feed(self._stats, self._label, look)

    def _close(self, **_: Any) -> None:
        """The worker ends: hang up, which ends the engine, and see that it does."""
        process, wire = self._process, self._wire
        if process is None or wire is None:
            return
        self._process = None
        self._fail("it was ended where it runs")
        wire.close()
        try:
            process.wait(END_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


class EngineUser(User):
    """One engine. A second one in the same worker has nothing to do, and does nothing."""

    wait_time = constant(1)
    seat: Seat

    def on_start(self) -> None:
        """Start the engine; it lives until the worker ends, whatever Locust does with its users."""
        self.seat.start()

    @task
    def sit(self) -> None:
        """Be there: the engine does the work."""


def attach(environment: Environment, runner: object, **_: Any) -> None:
    """Take a place in a worker, or in the master that `loadgen` started (a listener of Locust's `init`)."""
    if isinstance(runner, MasterRunner):
        environment.seatrial = Exchange(runner)  # type: ignore[attr-defined]  # kept as long as Locust runs
    elif isinstance(runner, WorkerRunner):
        EngineUser.seat = Seat(environment, runner)
    else:
        raise SystemExit(
            "this locustfile is for the workers of `loadgen --distributed`: add --worker and --master-host HOST"
        )
