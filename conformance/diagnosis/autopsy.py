"""What was looked up, at once and on the spot, when something went wrong with an instance.

The experiments behind a diagnosis need the live (or freshly dead) subject; the diagnosis itself is a pure function of
evidence. This value is the bridge: it travels in the evidence, so an old run is diagnosed again without a container.
"""

from __future__ import annotations

from dataclasses import dataclass

from seatrial.conformance.subject.launcher import Listener, Process, State
from seatrial.conformance.wire.exchange import Exchange

__all__ = ["AFTER_WINDOW", "AS_PLATFORM", "LOCAL_HOST", "PATIENT", "POST", "Autopsy", "Experiment", "on_port"]

AS_PLATFORM = "as the platform calls"
PATIENT = "with a patience of 10 s"
LOCAL_HOST = "Host: localhost:8080"
POST = "POST"
AFTER_WINDOW = "after the start window"


def on_port(port: int) -> str:
    """The name of the experiment that asks another port."""
    return f"port {port}"


@dataclass(frozen=True)
class Experiment:
    """One experiment: a ping that was varied in one way, and what came of it.

    Attributes:
        what: what was varied: one of the names above.
        exchange: what happened.
    """

    what: str
    exchange: Exchange


@dataclass(frozen=True)
class Autopsy:
    """Facts about an instance: of a ready one only sockets and processes.

    Attributes:
        state: of the instance at that moment.
        listeners: its listening sockets; None where they could not be seen.
        processes: its processes; None where they could not be seen.
        outgoing: remote addresses that it was connected or connecting to; None where they could not be seen.
        experiments: pings that were tried to tell causes apart.
        log_tail: the last lines of its log.
        processes_after: its processes once the experiments were over; None where they could not be seen.
    """

    state: State
    listeners: tuple[Listener, ...] | None = None
    processes: tuple[Process, ...] | None = None
    outgoing: tuple[str, ...] | None = None
    experiments: tuple[Experiment, ...] = ()
    log_tail: tuple[str, ...] = ()
    processes_after: tuple[Process, ...] | None = None
