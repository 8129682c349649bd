"""Real servers on loopback: warm ones, forked in milliseconds, for what an echo can show; cold ones for the rest."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest
from support.serving import PATIENCE, Server

from seatrial.reference_server.forkclient import ForkServer
from seatrial.reference_server.samples import train


@pytest.fixture(scope="session")
def fork_server() -> Iterator[ForkServer]:
    with ForkServer() as server:
        yield server


@pytest.fixture
def start_echo(fork_server: ForkServer, tmp_path: Path) -> Iterator[Callable[..., Server]]:
    """Start a warm echo server: arguments as on the command line, variables by keyword."""
    children = []

    def start(*arguments: str, **env: str) -> Server:
        log = tmp_path / f"server-{len(children)}.log"
        log.touch()
        port = () if "SAGEMAKER_BIND_TO_PORT" in env else ("--port", "0")
        argv = ["serve", "--model", "echo", *port, *arguments]
        children.append(fork_server.start(argv, env=env, output=log))
        return Server(children[-1], log)

    yield start
    for child in children:
        child.kill_tree()
        child.wait(PATIENCE)


@pytest.fixture
def echo(start_echo: Callable[..., Server]) -> Server:
    return start_echo().ready()


@pytest.fixture
def start_cold(tmp_path: Path) -> Iterator[Callable[..., Server]]:
    """Start a server in a Python of its own, as a container would."""
    started: list[subprocess.Popen[bytes]] = []

    def start(*arguments: str, env: Mapping[str, str] | None = None, command: tuple[str, ...] = ()) -> Server:
        log = tmp_path / f"cold-{len(started)}.log"
        command = command or (sys.executable, "-m", "seatrial.reference_server")
        with log.open("wb") as sink:
            process = subprocess.Popen(
                [*command, "serve", "--port", "0", *arguments],
                stdin=subprocess.DEVNULL,
                stdout=sink,
                stderr=sink,
                env={**os.environ, **(env or {})},
                start_new_session=True,
            )
        started.append(process)
        return Server(process, log)

    yield start
    for process in started:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.wait(PATIENCE)


@pytest.fixture(scope="session")
def model_dirs(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Path]:
    """One trained model directory a file type."""
    root = tmp_path_factory.mktemp("models")
    for backend, suffixes in train.SUFFIXES.items():
        for suffix in suffixes:
            train.train(root / suffix, backend=backend, suffix=suffix, seed=20)
    return {path.name: path for path in root.iterdir()}
