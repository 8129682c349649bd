"""Starts the subject without a way out, and reads its socket table from the first moment to the first 200.

The main launch of a trial has no way out either unless the user gives it one; this one never has, and is watched for
what it tries. Which network it was stands in the facts of the subject, and how long each attempt lasted here: an
address that nobody answers for times out on an internal network, and is refused at once where no route leads to it.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import Self

from seatrial.conformance.api import Drive, Exchange, LaunchSpec, State, scenario
from seatrial.suites.realtime.scenarios.start import need_time

__all__ = ["Attempt", "IsolatedSeen"]

LOOK_EVERY = 0.05
PING_EVERY = 0.05


@dataclass(frozen=True)
class Attempt:
    """Connections that the subject opened, or tried to open, to one remote address.

    Attributes:
        remote: `host:port`.
        first: seconds from launch to the first look that saw one.
        seconds: for how long one was seen, in all.
    """

    remote: str
    first: float
    seconds: float


@dataclass(frozen=True)
class IsolatedSeen:
    """A start without a way out.

    Attributes:
        ready_at: seconds from launch to the end of the first 200; None where none came.
        waited: seconds from launch to the last ping.
        last: the last ping.
        state: at the end.
        attempts: what it tried to reach, loopback left out.
        log: the last lines of its log where it did not become ready.
    """

    ready_at: float | None
    waited: float
    last: Exchange
    state: State
    attempts: tuple[Attempt, ...]
    log: tuple[str, ...]


@scenario("isolated-start", sees=IsolatedSeen, launch=LaunchSpec("isolated", isolated=True), starting=True, takes=2.0)
def isolated_start(drive: Drive) -> IsolatedSeen:
    """Ping until the first 200, an exit, or the end of the start window."""
    instance, window = drive.instance, drive.seconds(drive.facts.window)
    with _Watch(drive) as watch:
        while True:
            ping = drive.ping()
            ready = ping.status == 200 and ping.trouble is None
            if ready or instance.now() > window or drive.stopping.is_set() or not instance.state().running:
                break
            drive.stopping.wait(PING_EVERY)
    need_time(drive)
    if not instance.state().running:
        instance.logs.wait_for_lines(0, 1.0)
    log = () if ready else tuple(drive.client.mask.mask_text(line.text) for line in instance.logs.lines[-40:])
    ready_at = ping.started + ping.done if ready else None
    return IsolatedSeen(ready_at, instance.now(), ping, instance.state(), watch.attempts, log)


class _Watch:
    """Reads the socket table in a thread of its own."""

    def __init__(self, drive: Drive) -> None:
        self._instance = drive.instance
        self._found: dict[str, Attempt] = {}
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._look, name="seatrial-sockets", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    @property
    def attempts(self) -> tuple[Attempt, ...]:
        """What was seen so far, the first attempt first."""
        return tuple(sorted(self._found.values(), key=lambda attempt: attempt.first))

    def _look(self) -> None:
        before = self._instance.now()
        while not self._over.wait(LOOK_EVERY):
            remotes = self._instance.outgoing()
            now = self._instance.now()
            for remote in remotes:
                known = self._found.get(remote, Attempt(remote, now, 0.0))
                self._found[remote] = Attempt(remote, known.first, known.seconds + now - before)
            before = now
