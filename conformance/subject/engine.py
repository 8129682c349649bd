"""The Docker engine: how it is reached, where it runs, and how its failures are put into one sentence.

The only modules that import docker or testcontainers are this one and those that import it; the launchers of processes
and endpoints need neither.
"""

from __future__ import annotations

import contextlib
import os
import socket
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

# Before testcontainers is imported, which reads it: its clean-up container is an image that may not be at hand, and
# our own sweep does the same work.
os.environ["TESTCONTAINERS_RYUK_DISABLED"] = "true"

import docker.errors
import requests
from docker import DockerClient as Client
from testcontainers.core.container import DockerContainer
from testcontainers.core.docker_client import DockerClient

from seatrial.conformance.subject.launcher import EngineError
from seatrial.conformance.subject.lock import HOME_LABEL, own_container_id

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from docker.models.containers import Container

    from seatrial.conformance.subject.lock import Run

__all__ = ["Engine", "SubjectContainer", "engine_errors", "reason"]


@dataclass(frozen=True)
class Engine:
    """An engine that answered.

    Attributes:
        client: for everything that belongs to no single container.
        host: where a port that it publishes is reached.
        local: whether it runs on this host: its processes are in our `/proc`, and it binds our files.
    """

    client: Client
    host: str
    local: bool

    @classmethod
    def connect(cls) -> Engine:
        """Reach the engine that `DOCKER_HOST`, the Docker context or the default names.

        Raises:
            EngineError: it does not answer.
        """
        named = os.environ.get("DOCKER_HOST", "")
        with engine_errors(
            f"the Docker engine{f' at {named}' if named else ''} does not answer: start it, or set DOCKER_HOST"
        ):
            client = DockerClient().client
            client.ping()
        where = urlsplit(os.environ.get("DOCKER_HOST", "unix:///var/run/docker.sock"))
        if where.scheme == "unix":
            return cls(client, "127.0.0.1", local=_peer(where.path) > 0)
        return cls(client, where.hostname or "127.0.0.1", local=False)

    @property
    def root(self) -> bool:
        """Whether its processes may be signalled and looked into from here."""
        return self.local and os.geteuid() == 0

    def own_container(self) -> Container | None:
        """The container of this engine that we run in, as continuous integration often does; None outside of one."""
        own_id = own_container_id()
        if not own_id:
            return None
        try:
            return self.client.containers.get(own_id)
        except docker.errors.NotFound:
            return None  # it belongs to another engine

    def labels(self, run: Run) -> dict[str, str]:
        """The labels of what a run makes on this engine."""
        home = self.own_container()
        return {**run.labels, HOME_LABEL: str(home.id)} if home else run.labels

    def has_gpu(self) -> bool:
        """Whether it has a GPU to give."""
        with engine_errors("the engine did not describe itself"):
            return "nvidia" in (self.client.info().get("Runtimes") or {})

    def close(self) -> None:
        """Let go of its connections."""
        self.client.close()


class SubjectContainer(DockerContainer):
    """A testcontainers container with a moment between "created" and "started", in which its log is attached.

    Args:
        image_id: the image's id: a tag may move while a run lasts.
        before_start: called with the created container.
    """

    def __init__(self, image_id: str, before_start: Callable[[Container], None]) -> None:
        super().__init__(image_id)
        self.image = image_id  # as it is, whatever mirror prefix the environment sets for names
        self._starter = _Starter(self._docker, before_start)

    @property
    def created(self) -> bool:
        """Whether the engine knows it, started or not."""
        return self._container is not None

    def get_docker_client(self) -> DockerClient:
        """The client through which testcontainers creates, starts and stops."""
        return self._starter


class _Starter(DockerClient):
    def __init__(self, client: DockerClient, before_start: Callable[[Container], None]) -> None:
        self.client = client.client  # in place of super().__init__, which would open another connection
        self._before_start = before_start

    def start(self, container: Container) -> None:
        self._before_start(container)
        super().start(container)


@contextlib.contextmanager
def engine_errors(sentence: str) -> Iterator[None]:
    """Turn what docker raises into an `EngineError` that starts with `sentence`."""
    try:
        yield
    except (docker.errors.DockerException, requests.RequestException, OSError) as error:
        raise EngineError(f"{sentence} ({reason(error)})") from error


def reason(error: BaseException) -> str:
    """The engine's own words about a failure, on one line."""
    words = getattr(error, "explanation", None) or str(error)
    return " ".join(str(words).split())


def _peer(path: str) -> int:
    """The process at the other end of a Unix socket; 0 where it is none of this host's (a VM, another container)."""
    with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX) as probe:
        probe.connect(path)
        pid: int = struct.unpack("3i", probe.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12))[0]
        return pid if Path(f"/proc/{pid}").exists() else 0
    return 0
