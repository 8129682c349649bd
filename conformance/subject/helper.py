"""Small containers of our own beside a subject: a relay into its network, and a reader of its socket table.

They need an image with Python, and no registry may be in reach: our own base image serves where it is present, else
the subject's own image where it holds a Python.
"""

from __future__ import annotations

import inspect
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import docker.errors

from seatrial.conformance.subject import relay
from seatrial.conformance.subject.engine import engine_errors
from seatrial.conformance.subject.image_files import find_program

if TYPE_CHECKING:
    from docker.models.containers import Container

    from seatrial.conformance.subject.engine import Engine
    from seatrial.conformance.subject.launcher import Image

__all__ = ["Helper", "find_helper", "read_socket_tables", "start_relay"]

OUR_BASE = "seatrial-base:bookworm"
MEMORY = 128 * 2**20


@dataclass(frozen=True)
class Helper:
    """An image that can run Python: its name, its id and the interpreter's path in it."""

    name: str
    image_id: str
    python: str


def find_helper(engine: Engine, subject: Image, labels: dict[str, str]) -> Helper | None:
    """An image for helpers; None where there is none."""
    with engine_errors("the engine did not list its images"):
        try:
            base = engine.client.images.get(OUR_BASE)
        except docker.errors.ImageNotFound:
            python = find_program(engine.client, subject, ("python3", "python"), labels)
            return Helper(subject.reference, subject.digest, python) if python else None
    return Helper(OUR_BASE, str(base.id), "/usr/bin/python3")


def start_relay(
    engine: Engine,
    helper: Helper,
    target: tuple[str, int],
    host_ip: str,
    networks: tuple[str, str],
    labels: dict[str, str],
) -> Container:
    """Start a relay that publishes a port of the engine's host and leads to `target`.

    Args:
        engine: where.
        helper: which image.
        target: address and port inside the second network.
        host_ip: where the port is published.
        networks: one with a way to the host, and the subject's.
        labels: of the container.
    """
    outside, inside = networks
    ports: dict[str, Any] = {f"{target[1]}/tcp": (host_ip,)}  # an address alone: the engine picks the port
    container = engine.client.containers.create(
        helper.image_id,
        entrypoint=[helper.python, "-c", inspect.getsource(relay), target[0], str(target[1])],
        command=[],
        network=outside,
        ports=ports,
        labels=labels,
        mem_limit=MEMORY,
        cap_drop=["ALL"],
        security_opt=["no-new-privileges"],
        read_only=True,
    )
    if inside != outside:
        engine.client.networks.get(inside).connect(container)
    container.start()
    container.reload()
    return container


def read_socket_tables(engine: Engine, helper: Helper, container_id: str, labels: dict[str, str]) -> str:
    """`/proc/net/tcp` and `tcp6` of a running container, as text; empty where it is gone."""
    program = "print(open('/proc/net/tcp').read() + open('/proc/net/tcp6').read())"
    try:
        output = engine.client.containers.run(
            helper.image_id,
            entrypoint=[helper.python, "-c", program],
            command=[],
            network_mode=f"container:{container_id}",
            labels=labels,
            mem_limit=MEMORY,
            remove=True,
        )
    except docker.errors.DockerException:
        return ""
    return bytes(output).decode()
