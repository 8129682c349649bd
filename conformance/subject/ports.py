"""Which port a subject is called on."""

from __future__ import annotations

import socket

__all__ = ["PORT", "bound_port", "free_port", "is_free"]

PORT = 8080
"""Where the platform calls (aws:hosting#inference-requests)."""
MAX_PORT = 65_535


def bound_port(env: dict[str, str]) -> int:
    """The port that the platform would call: 8080, or what it told the container (aws:pipelines#bind-to-port)."""
    value = env.get("SAGEMAKER_BIND_TO_PORT", "")
    return int(value) if value.isascii() and value.isdigit() and 0 < int(value) <= MAX_PORT else PORT


def free_port() -> int:
    """A TCP port of this host that nobody listens on at this moment."""
    with socket.socket() as probe:
        probe.bind(("", 0))
        return int(probe.getsockname()[1])


def is_free(port: int) -> bool:
    """Whether a server could listen on a port of this host."""
    with socket.socket() as probe:
        # As servers do: connections of a server that has just ended do not count.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("", port))
        except OSError:
            return False
        return True
