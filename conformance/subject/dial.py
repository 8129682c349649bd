"""How a container is reached: at its own address, through a relay, or through a published port.

Finds out which of the three this host and engine allow, makes the networks of the run, and says in words what it
found. It starts no subject.
"""

from __future__ import annotations

import contextlib
import ipaddress
import socket
import threading
from enum import StrEnum
from typing import TYPE_CHECKING, Any

import docker.errors

from seatrial.conformance.subject.engine import engine_errors
from seatrial.conformance.subject.helper import Helper, find_helper, read_socket_tables, start_relay
from seatrial.conformance.subject.launcher import Address, Image, SubjectError

if TYPE_CHECKING:
    from collections.abc import Callable

    from docker.models.containers import Container
    from docker.models.networks import Network

    from seatrial.conformance.subject.engine import Engine
    from seatrial.conformance.subject.launcher import LaunchSpec
    from seatrial.conformance.subject.lock import Run

__all__ = ["Dialler", "Reach"]


class Reach(StrEnum):
    """How this host reaches a container."""

    DIRECT = "direct"
    """At its own address."""
    RELAY = "relay"
    """Through a relay container on two networks, which publishes a port."""
    PUBLISHED = "published"
    """Through a port of the subject itself, on a network with a way out."""


class Dialler:
    """Reaches the containers of one run.

    Args:
        engine: where they run.
        run: owns the networks.
        network: the user's `--trial-network`; empty for a network without a way out.
        image: the subject, whose image may have to serve as a relay.
        forced: a reach to use whatever is found; for tests.

    Raises:
        SubjectError: the user's network is not there, or cannot be dialled.
        EngineError: the engine failed.
    """

    def __init__(self, engine: Engine, run: Run, network: str, image: Image, forced: Reach | None = None) -> None:
        self._engine = engine
        self._run = run
        self._labels = engine.labels(run)
        self._network = network
        self._lock = threading.Lock()
        self._made: dict[bool, str] = {}
        if network:
            _check_network(engine, network)
        self._us: Container | None = engine.own_container()
        self._joined: list[str] = []
        direct = forced is Reach.DIRECT or (forced is None and (self._us is not None or self._bridge_is_here()))
        self.helper: Helper | None = None if direct and engine.local else find_helper(engine, image, self._labels)
        self.reach = Reach.DIRECT if direct else (forced or (Reach.RELAY if self.helper else Reach.PUBLISHED))

    @property
    def words(self) -> str:
        """How subjects are dialled, for the report."""
        if self.reach is Reach.DIRECT:
            return "at the container's own address"
        if self.reach is Reach.RELAY:
            return f"through a relay container ({self.helper.name if self.helper else ''}) that publishes a port"
        return "through a published port: loopback binds and accept times cannot be seen"

    @property
    def isolation_words(self) -> str:
        """Which network subjects live in, for the report."""
        if self.reach is Reach.PUBLISHED:
            return "with a way out: a port can only be published there, and no image for a relay is at hand"
        return "internal, no way out"

    def network_for(self, spec: LaunchSpec) -> str:
        """The name of the network of one launch."""
        if self._network and not spec.isolated:
            self._join(self._network)
            return self._network
        return self._ours(internal=self.reach is not Reach.PUBLISHED)

    def published(self, port: int) -> dict[str, Any]:
        """The port bindings of the subject itself."""
        return {f"{port}/tcp": (self._host_ip,)} if self.reach is Reach.PUBLISHED else {}

    def address(self, container: Container, spec: LaunchSpec, port: int) -> tuple[Address, Callable[[], None]]:
        """Where a started container is dialled, and what to call when it is gone.

        A container that has already exited has no address: port 0 of loopback, which refuses, stands for it.
        """
        with engine_errors("the engine did not say where the container is"):
            container.reload()
        settings = container.attrs["NetworkSettings"]
        if self.reach is Reach.PUBLISHED:
            return self._published_at(settings, port), _nothing
        own = settings["Networks"][self.network_for(spec)]["IPAddress"]
        if not own or self.reach is Reach.DIRECT:
            return Address(own or "127.0.0.1", port if own else 0), _nothing
        return self._relayed(own, spec, port)

    def _relayed(self, own: str, spec: LaunchSpec, port: int) -> tuple[Address, Callable[[], None]]:
        if self.helper is None:
            raise SubjectError("the engine cannot be dialled, and no image with Python is at hand for a relay")
        with engine_errors("the engine did not start the relay"):
            relay = start_relay(
                self._engine, self.helper, (own, port), self._host_ip,
                (self._ours(internal=False), self.network_for(spec)), self._labels,
            )  # fmt: skip

        def remove() -> None:
            with contextlib.suppress(docker.errors.DockerException):
                relay.remove(force=True, v=True)

        return self._published_at(relay.attrs["NetworkSettings"], port), remove

    def _published_at(self, settings: dict[str, Any], port: int) -> Address:
        bindings = (settings["Ports"] or {}).get(f"{port}/tcp")
        return Address(self._engine.host, int(bindings[0]["HostPort"])) if bindings else Address("127.0.0.1", 0)

    def socket_table(self, container: Container) -> str:
        """The socket tables of a container, read by a helper in its network."""
        if self.helper is None:
            return ""
        return read_socket_tables(self._engine, self.helper, str(container.id), self._labels)

    @property
    def _host_ip(self) -> str:
        return "127.0.0.1" if self._engine.host == "127.0.0.1" else "0.0.0.0"  # noqa: S104  (a remote engine's loopback is not ours)

    def _bridge_is_here(self) -> bool:
        """Whether a bridge of the engine is an interface of this host: its containers can then be dialled."""
        with engine_errors("the engine did not describe its networks"):
            try:
                bridge = self._engine.client.networks.get("bridge")
            except docker.errors.NotFound:
                bridge = self._engine.client.networks.get(self._ours(internal=True))
        return any(_is_ours(_gateway(part)) for part in bridge.attrs["IPAM"]["Config"] or ())

    def _ours(self, *, internal: bool) -> str:
        """The name of the run's own network, made when first asked for."""
        with self._lock:
            if internal not in self._made:
                name = f"seatrial-{self._run.id}-{'inside' if internal else 'outside'}"
                with engine_errors("the engine did not make a network"):
                    self._engine.client.networks.create(
                        name, "bridge", internal=internal, labels=self._labels, check_duplicate=True
                    )
                self._made[internal] = name
                self._join(name)
            return self._made[internal]

    def _join(self, name: str) -> None:
        """Where we are a container of the engine ourselves, be one of that network: only there it can be dialled."""
        if self._us is None or self.reach is not Reach.DIRECT or name in self._joined:
            return
        with engine_errors(f"the engine did not connect our own container to the network {name}"):
            self._us.reload()
            if name not in self._us.attrs["NetworkSettings"]["Networks"]:
                self._engine.client.networks.get(name).connect(self._us)
                self._joined.append(name)

    def close(self) -> None:
        """Leave the networks that we joined."""
        if self._us is None:
            return
        for name in self._joined if self._us else ():
            with contextlib.suppress(docker.errors.DockerException):
                self._engine.client.networks.get(name).disconnect(self._us, force=True)
        self._joined.clear()


def _nothing() -> None:
    """Nothing has to be taken down."""


def _check_network(engine: Engine, name: str) -> None:
    with engine_errors("the engine did not list its networks"):
        found: list[Network] = [network for network in engine.client.networks.list() if network.name == name]
        if not found:
            known = ", ".join(sorted(str(network.name) for network in engine.client.networks.list()))
            raise SubjectError(f"--trial-network {name}: the engine has no such network (it has {known})")
        if found[0].attrs["Driver"] in {"host", "null"}:
            raise SubjectError(
                f"--trial-network {name}: a container there has no address of its own: name a bridge network"
            )


def _gateway(part: dict[str, str]) -> str:
    """The bridge's own address: where the engine does not say, the first of its subnet."""
    return part.get("Gateway") or str(next(ipaddress.ip_network(part["Subnet"]).hosts()))


def _is_ours(address: str) -> bool:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with contextlib.suppress(OSError), socket.socket(family, socket.SOCK_DGRAM) as probe:
        probe.bind((address, 0))
        return True
    return False
