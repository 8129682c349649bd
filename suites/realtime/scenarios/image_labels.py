"""Tries what the capability labels of an image promise. Each is driven only where its label says `true`."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import TYPE_CHECKING

from seatrial.conformance.api import (
    MAIN,
    Client,
    Drive,
    Exchange,
    LaunchSpec,
    RawRequest,
    State,
    TrialFacts,
    scenario,
    upgrade_request,
)
from seatrial.suites.realtime.scenarios.start import need_time

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["BIND_TO_PORT", "MULTI_MODELS", "PREFIX", "STREAMING", "PortSeen", "PromiseSeen"]

PREFIX = "com.amazonaws.sagemaker.capabilities."
BIND_TO_PORT, MULTI_MODELS, STREAMING = "accept-bind-to-port", "multi-models", "bidirectional-streaming"
OTHER_PORT, USUAL_PORT = 8123, 8080
PING_EVERY, USUAL_EVERY = 0.1, 2.0


@dataclass(frozen=True)
class PortSeen:
    """A start with SAGEMAKER_BIND_TO_PORT=8123.

    Attributes:
        there: the last ping of port 8123.
        usual: a ping of port 8080 that was answered 200 instead; None where none was.
        waited: seconds from the launch to the last ping.
        state: at the end.
    """

    there: Exchange
    usual: Exchange | None
    waited: float
    state: State


@dataclass(frozen=True)
class PromiseSeen:
    """The request that a label promises to serve, and its answer."""

    exchange: Exchange


def _not_promised(capability: str) -> Callable[[TrialFacts], str]:
    def why(facts: TrialFacts) -> str:
        labels = dict(facts.subject.image.labels) if facts.subject.image else {}
        return "" if labels.get(PREFIX + capability) == "true" else f"no label says {capability}=true"

    return why


@scenario(
    "label-port", sees=PortSeen, starting=True, takes=1.0, pointless=_not_promised(BIND_TO_PORT),
    launch=LaunchSpec("other-port", env=(("SAGEMAKER_BIND_TO_PORT", str(OTHER_PORT)),)),
)  # fmt: skip
def label_port(drive: Drive) -> PortSeen:
    """Ping the other port until it answers 200, the server is found on the usual one, or the window is over."""
    instance, window = drive.instance, drive.seconds(drive.facts.window)
    usual, next_usual = None, drive.seconds(USUAL_EVERY)
    while True:
        ping = drive.ping()
        now = instance.now()
        if now >= next_usual and ping.status != 200:
            found = _usual_port(drive)
            usual, next_usual = found if found.status == 200 else None, now + drive.seconds(USUAL_EVERY)
        over = now >= window or drive.stopping.is_set() or not instance.state().running
        if ping.status == 200 or usual is not None or over:
            need_time(drive)
            return PortSeen(ping, usual, now, instance.state())
        drive.stopping.wait(drive.seconds(PING_EVERY))


def _usual_port(drive: Drive) -> Exchange:
    address = dataclasses.replace(drive.instance.address, port=USUAL_PORT)
    client = Client(address, origin=drive.client.origin, mask=drive.client.mask)
    return client.send(RawRequest("GET", "/ping"), timeout=drive.seconds(1.0))


@scenario(
    "label-models", sees=PromiseSeen, takes=0.2, pointless=_not_promised(MULTI_MODELS),
    launch=LaunchSpec("multi-model", env=(("SAGEMAKER_MULTI_MODEL", "true"),)),
)  # fmt: skip
def label_models(drive: Drive) -> PromiseSeen:
    """List the models of a server that was started for many."""
    return PromiseSeen(drive.client.send(RawRequest("GET", "/models"), timeout=drive.seconds(10.0)))


@scenario("label-stream", sees=PromiseSeen, launch=MAIN, takes=0.2, pointless=_not_promised(STREAMING))
def label_stream(drive: Drive) -> PromiseSeen:
    """Ask for a WebSocket."""
    request = upgrade_request("/invocations-bidirectional-stream")
    with drive.client.websocket(request, timeout=drive.seconds(3.0)) as session:
        return PromiseSeen(session.handshake)
