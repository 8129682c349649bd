"""The Locust master, a child of `loadgen`: what it is called with, what it says when it cannot start, how it ends.

Locust is never imported here: it puts gevent's sockets in the place of Python's.
"""

from __future__ import annotations

import contextlib
import importlib.util
import os
import re
import socket
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING

import seatrial
from seatrial.loadgen.mistakes import UsageError
from seatrial.loadgen.spread.messages import FD, Up, read_from_master
from seatrial.loadgen.spread.where import ENGINE, locustfile
from seatrial.loadgen.spread.wire import Wire
from seatrial.loadgen.target.headers import API_KEY_VARIABLE

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["MasterOptions", "open_master", "require_locust"]

START_S = 60.0
"""Seconds for Locust to start: it takes some two."""
END_S = 10.0


@dataclass(frozen=True)
class MasterOptions:
    """What the Locust master is called with.

    Attributes:
        expected: how many workers a run takes.
        host: interface on which it waits for workers; `*` for all.
        port: the same; workers name it with --master-port unless it is Locust's own, 5557.
        web_host: interface of Locust's web UI.
        web_port: its port; None: there is none.
    """

    expected: int
    host: str = "*"
    port: int = 5557
    web_host: str = "127.0.0.1"
    web_port: int | None = None

    def words(self) -> list[str]:
        """Return the command line: one user a worker, started as soon as all are there."""
        users = str(self.expected)
        web = ["--headless", "--only-summary"]
        if self.web_port is not None:
            web = ["--autostart", "--web-host", self.web_host, "--web-port", str(self.web_port)]
        return [
            "-f", str(locustfile(ENGINE)), "--master", "--master-bind-host", self.host,
            "--master-bind-port", str(self.port), "--expect-workers", users, "-u", users, "-r", users, "--stop-timeout",
            "0", "--loglevel", "WARNING", *web,
        ]  # fmt: skip


def require_locust() -> None:
    """Refuse to go on without Locust.

    Raises:
        UsageError: it is not installed.
    """
    if importlib.util.find_spec("locust") is None:
        raise UsageError(
            "--distributed needs Locust, which is not installed here: pip install 'seatrial[distributed]', on every "
            "machine."
        )


@contextlib.contextmanager
def open_master(options: MasterOptions) -> Iterator[Wire]:
    """Start a Locust master, and end it and its workers at the end of the `with`.

    Raises:
        UsageError: it does not start: a port is taken, or there is no such interface.
    """
    _require_port("--master-bind-host", options.host, "--master-bind-port", options.port)
    if options.web_port is not None:
        _require_port("--web-host", options.web_host, "--web-port", options.web_port)
    ours, theirs = socket.socketpair()
    with ours, theirs, tempfile.TemporaryDirectory() as empty, tempfile.TemporaryFile() as said:
        process = _start(options, theirs, empty, said)
        theirs.close()
        wire = Wire(ours)
        try:
            _wait_until_up(wire, options, said)
            yield wire
        finally:
            wire.close()
            _end(process)


def _require_port(host_option: str, host: str, port_option: str, port: int) -> None:
    """Refuse a port that cannot be had, in less time than Locust takes to say so."""
    try:
        found = socket.getaddrinfo(
            None if host == "*" else host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )
        family, kind, protocol, _, address = found[0]
        with socket.socket(family, kind, protocol) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise UsageError(
            f"{port_option} {port} cannot be had on {host}: {reason}; give another port, or another {host_option}."
        ) from None


def _start(options: MasterOptions, theirs: socket.socket, folder: str, said: IO[bytes]) -> subprocess.Popen[bytes]:
    # Neither a `locust.conf` in this folder nor LOCUST_… variables may change what the run is. Ctrl-C in the terminal
    # concerns us alone: the workers are to hand over what they have before Locust ends.
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith("LOCUST_") and name != API_KEY_VARIABLE
    }
    package = str(Path(seatrial.__file__).resolve().parent.parent)
    environment["PYTHONPATH"] = os.pathsep.join(filter(None, [package, environment.get("PYTHONPATH")]))
    environment[FD] = str(theirs.fileno())
    return subprocess.Popen(
        [sys.executable, "-m", "locust", *options.words()], pass_fds=(theirs.fileno(),), env=environment, cwd=folder,
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=said, start_new_session=True,
    )  # fmt: skip


def _wait_until_up(wire: Wire, options: MasterOptions, said: IO[bytes]) -> None:
    try:
        first = wire.receive(START_S)
    except EOFError:
        first = None
    if first is None or not isinstance(read_from_master(first), Up):
        where = f"--master-bind-port {options.port}"
        if options.web_port is not None:
            where += f" and --web-port {options.web_port}"
        raise UsageError(f"the Locust master does not start with {where}: {_last_line(said)}.")


def _last_line(said: IO[bytes]) -> str:
    said.seek(0)
    lines = said.read().decode(errors="replace").split("\n")
    last = next((line.strip().rstrip(".") for line in reversed(lines) if line.strip()), "it says nothing")
    return re.sub(r"^[\w.]+Error: ", "", last)


def _end(process: subprocess.Popen[bytes]) -> None:
    """Let Locust tell its workers that it is over; whatever has not ended by then is killed."""
    process.terminate()
    try:
        process.wait(END_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
