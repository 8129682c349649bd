"""A running endpoint: it is called and nothing else. Whoever started it keeps its signals, files and logs."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, NoReturn
from urllib.parse import urlsplit

from seatrial.conformance.subject.launcher import (
    Ability,
    AdapterFiles,
    Address,
    FileChange,
    LaunchSpec,
    Listener,
    Process,
    State,
    SubjectError,
    SubjectFacts,
)
from seatrial.conformance.subject.logs import LogBook

if TYPE_CHECKING:
    from seatrial.conformance.subject.model_dir import Tree

__all__ = ["EndpointLauncher"]

PORTS = {"http": 80, "https": 443}


class EndpointLauncher:
    """Calls what runs elsewhere. Whether it answers is an observation, not this launcher's business.

    Args:
        url: `http://HOST:PORT`, with a path where the server lives below one.
    """

    abilities: frozenset[Ability] = frozenset()
    parallel = True

    def __init__(self, url: str) -> None:
        self._url = url

    def prepare(self) -> SubjectFacts:
        """Read the URL.

        Raises:
            SubjectError: it is none that can be called.
        """
        return SubjectFacts("endpoint", self._url, details=(("address", str(_address(self._url))),))

    def launch(self, spec: LaunchSpec) -> EndpointInstance:
        """Stand for the endpoint; nothing is started."""
        return EndpointInstance(spec, _address(self._url))

    def close(self) -> None:
        """Nothing was made."""


class EndpointInstance:
    """The endpoint, of which only the address is known."""

    def __init__(self, spec: LaunchSpec, address: Address) -> None:
        self.spec = spec
        self.address = address
        self.adapters = AdapterFiles()
        self._origin = time.monotonic()
        self.logs = LogBook(self._origin)

    def now(self) -> float:
        """Seconds since the trial turned to it."""
        return time.monotonic() - self._origin

    def state(self) -> State:
        """Running, as far as anybody can tell from here."""
        return State(running=True)

    def wait_exit(self, timeout: float) -> State:
        """Nobody can see its exit, so there is nothing to wait for."""
        del timeout
        return self.state()

    def signal(self, number: int) -> NoReturn:
        """Out of reach: asking for it is a mistake of the scenario.

        Raises:
            RuntimeError: always.
        """
        raise RuntimeError(f"signal {number} asked for on an endpoint: the scenario must need the ability signals")

    def kill_children(self) -> tuple[Process, ...]:
        """None to be seen."""
        return ()

    def processes(self) -> tuple[Process, ...]:
        """None to be seen."""
        return ()

    def listeners(self) -> tuple[Listener, ...]:
        """None to be seen."""
        return ()

    def outgoing(self) -> tuple[str, ...]:
        """None to be seen."""
        return ()

    def file_changes(self) -> tuple[FileChange, ...]:
        """None to be seen."""
        return ()

    def model_tree(self) -> Tree:
        """None to be seen."""
        return ()

    def stop(self) -> None:
        """It is not ours to stop."""


def _address(url: str) -> Address:
    expected = "expected http://HOST:PORT or https://HOST, as in http://127.0.0.1:8080"
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise SubjectError(f"--endpoint {url}: {error}; {expected}") from error
    if parts.scheme not in PORTS or not parts.hostname:
        raise SubjectError(f"--endpoint {url}: no URL that can be called; {expected}")
    if parts.username or parts.query or parts.fragment:
        raise SubjectError(f"--endpoint {url}: a user, a query or a fragment cannot be kept; {expected}")
    return Address(parts.hostname, port or PORTS[parts.scheme], parts.scheme == "https", parts.path.rstrip("/"))
