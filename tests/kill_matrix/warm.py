"""A launcher for the kill matrix: the reference server, forked warm, so that a hundred broken servers start in seconds.

It shows what the process launcher shows of a process started cold, and shares its readers of `/proc`. It exists for
the project's own mutants only: it starts no foreign program and takes no option of a user.
"""

from __future__ import annotations

import itertools
import os
import selectors
import signal
import socket
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from seatrial.conformance.subject import procfs
from seatrial.conformance.subject.adapters import AdapterCopies
from seatrial.conformance.subject.launcher import (
    Ability,
    Address,
    FileChange,
    Files,
    LaunchSpec,
    Listener,
    Process,
    State,
    SubjectFacts,
)
from seatrial.conformance.subject.logs import LogBook
from seatrial.conformance.subject.model_dir import ModelCopies, changes, tree
from seatrial.conformance.subject.trial_files import MODEL_PATH_VARIABLE, TrialCopies, filled_env

if TYPE_CHECKING:
    from seatrial.conformance.subject.launcher import Offer
    from seatrial.conformance.subject.model_dir import Tree
    from seatrial.reference_server.forkclient import Child, ForkServer

__all__ = ["Ports", "WarmInstance", "WarmLauncher"]

LOOPBACK = "127.0.0.1"
TIME_WAIT = " 06 00000000:"
"""In a line of a socket table: closed, nobody's, and thousands after a while."""
KEPT_VARIABLES = ("PATH", "LANG", "TMPDIR")


class Ports:
    """Hands out free ports, each once, below those that the kernel gives away by itself.

    It begins anywhere, so that two runs on one machine do not take the same ones.
    """

    def __init__(self, first: int = 12_000, last: int = 32_000) -> None:
        numbers = range(first, last)
        self._numbers = itertools.cycle(numbers)
        for _ in range(os.getpid() * 997 % len(numbers)):
            next(self._numbers)
        self._lock = threading.Lock()

    def take(self) -> int:
        """Return a port that nobody listens on."""
        while True:
            with self._lock:
                port = next(self._numbers)
            with socket.socket() as probe:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                try:
                    probe.bind(("", port))
                except OSError:
                    continue
                return port


@dataclass(frozen=True)
class Order:
    """What the forked server is asked to be.

    Attributes:
        arguments: which model it serves, and how; left out where a broken model was mounted.
        mutant: with this fault; empty for none.
        oddity: with this peculiarity; empty for none.
        scale: of every contractual duration.
    """

    arguments: tuple[str, ...] = ()
    mutant: str = ""
    oddity: str = ""
    scale: float = 1.0

    def argv(self, port: int, copy: Path | None, files: Files) -> list[str]:
        """The command line."""
        argv = ["serve", "--host", "0.0.0.0", "--port", str(port)]
        if files is not Files.BAD:
            argv += self.arguments
        if copy is not None:
            argv += ["--model-dir", str(copy)]
        if self.mutant:
            argv += ["--mutant", self.mutant]
        if self.oddity:
            argv += ["--oddity", self.oddity]
        return argv


@dataclass(frozen=True)
class Copies:
    """Where a launch's files come from."""

    model: ModelCopies
    trial: TrialCopies
    adapters: AdapterCopies


class WarmLauncher:
    """Starts the reference server as a forked process.

    Args:
        forks: the warm server.
        order: what it is asked to be.
        offer: model directories and variables.
        scratch: where model directories are copied.
        ports: shared by all that start servers at the same time.
    """

    parallel = True
    abilities = frozenset(
        {
            Ability.FRESH_INSTANCE, Ability.ENV, Ability.MOUNTS, Ability.TRIAL_FILES, Ability.LOGS, Ability.SIGNALS,
            Ability.EXIT_STATE, Ability.PROCESSES, Ability.SOCKETS, Ability.FILE_CHANGES, Ability.DIRECT_ADDRESS,
            Ability.KILL_CHILDREN,
        }
    )  # fmt: skip

    def __init__(self, forks: ForkServer, order: Order, *, offer: Offer, scratch: Path, ports: Ports) -> None:
        self._forks, self._order, self._offer, self._ports = forks, order, offer, ports
        self._copies = Copies(ModelCopies(offer, scratch), TrialCopies(scratch), AdapterCopies(offer.adapters, scratch))
        self._afloat: list[WarmInstance] = []

    @staticmethod
    def subject(variant: str = "") -> SubjectFacts:
        """What is on trial."""
        return SubjectFacts("process", f"the reference server, {variant or 'correct'}")

    def prepare(self) -> SubjectFacts:
        """Say what is on trial."""
        self._copies.model.check()
        return self.subject(self._order.mutant or self._order.oddity)

    def launch(self, spec: LaunchSpec) -> WarmInstance:
        """Fork one server."""
        instance = WarmInstance(self._forks, self._order, spec, self._copies, self._ports.take(), dict(self._offer.env))
        self._afloat.append(instance)
        return instance

    def close(self) -> None:
        """End every server."""
        for instance in self._afloat:
            instance.stop()


class WarmInstance:
    """One forked server, in a session of its own."""

    def __init__(
        self,
        forks: ForkServer,
        order: Order,
        spec: LaunchSpec,
        copies: Copies,
        port: int,
        env: dict[str, str],
    ) -> None:
        self.spec = spec
        self.address = Address(LOOPBACK, port)
        self._copies = copies
        self.adapters = copies.adapters.seen_at(str(copies.adapters.get()))
        self._copy = copies.model.get(spec.files, spec.model_files)
        self._given = copies.trial.get(spec)
        self._tree: Tree = tree(self._copy) if self._copy else ()
        self._exited_at: float | None = None
        kept = {name: os.environ[name] for name in KEPT_VARIABLES if name in os.environ}
        scale = {"SEATRIAL_TIME_SCALE": str(order.scale), "PYTHONUNBUFFERED": "1"}
        (output, output_end), (errors, errors_end) = os.pipe(), os.pipe()
        self._origin = time.monotonic()
        self.logs = LogBook(self._origin)
        try:
            self._child: Child = forks.start(
                order.argv(port, self._copy, spec.files),
                env={**kept, **scale, **self._told(), **env, **self._own_env()},
                output=output_end,
                errors=errors_end,
            )
        finally:
            os.close(output_end)
            os.close(errors_end)
        streams = {output: "stdout", errors: "stderr"}
        self._drain = threading.Thread(target=self._read, args=(streams,), name=f"log {port}", daemon=True)
        self._drain.start()
        self._reaper = threading.Thread(target=self._wait, name=f"exit {port}", daemon=True)
        self._reaper.start()

    def _told(self) -> dict[str, str]:
        return {MODEL_PATH_VARIABLE: str(self._copy)} if self._copy and self.spec.model_files else {}

    def _own_env(self) -> dict[str, str]:
        return filled_env(self.spec, trial_files=str(self._given or ""), model_dir=str(self._copy or ""))

    def now(self) -> float:
        """Seconds since the launch."""
        return time.monotonic() - self._origin

    def state(self) -> State:
        """The state now."""
        code = self._child.poll()
        if code is None:
            return State(running=True)
        return State(
            running=False, exit_code=code if code >= 0 else 128 - code, exited_at=self._exited_at or self.now()
        )

    def wait_exit(self, timeout: float) -> State:
        """Wait for the exit."""
        self._reaper.join(timeout)
        return self.state()

    def signal(self, number: int) -> None:
        """Signal the whole group."""
        if self._child.poll() is None:
            _kill_group(self._child.pid, number)

    def kill_children(self) -> tuple[Process, ...]:
        """SIGKILL every process but the first."""
        killed = self.processes()[1:]
        for process in killed:
            _kill(process.pid, signal.SIGKILL)
        return killed

    def processes(self) -> tuple[Process, ...]:
        """The processes below the first, and those left of its session once it is gone."""
        return tuple(found for pid in self._pids() if (found := procfs.process(pid)) is not None)

    def listeners(self) -> tuple[Listener, ...]:
        """The listening sockets that its processes hold."""
        owners = procfs.socket_owners(self._pids())
        return procfs.listeners(_sockets_of(owners), owners)

    def outgoing(self) -> tuple[str, ...]:
        """Connections that its processes opened, loopback left out."""
        return procfs.outgoing(_sockets_of(procfs.socket_owners(self._pids())))

    def file_changes(self) -> tuple[FileChange, ...]:
        """What changed in its model directory."""
        return changes(self._tree, tree(self._copy)) if self._copy else ()

    def model_tree(self) -> tuple[tuple[str, str], ...]:
        """What its model directory holds now."""
        return tree(self._copy) if self._copy else ()

    def stop(self) -> None:
        """Kill whatever is left of it, and let go of its log and its files."""
        for pid in self._pids():
            _kill(pid, signal.SIGKILL)
        self._reaper.join()
        self._drain.join(1.0)
        copy, self._copy = self._copy, None
        self._copies.model.drop(copy)
        given, self._given = self._given, None
        self._copies.trial.drop(given)

    def _pids(self) -> list[int]:
        """The first process, those below it, and whoever else shares its session."""
        root = self._child.pid
        alive = [root] if self._child.poll() is None else []
        family = dict.fromkeys([*alive, *(procfs.descendants(root) if alive else [])])
        return list(family | dict.fromkeys(pid for pid in procfs.pids() if _session(pid) == root))

    def _read(self, streams: dict[int, str]) -> None:
        with selectors.DefaultSelector() as selector:
            for reading, stream in streams.items():
                selector.register(reading, selectors.EVENT_READ, stream)
            while selector.get_map():
                for key, _ in selector.select():
                    if chunk := os.read(key.fd, 65_536):
                        self.logs.feed(chunk, key.data)
                    else:
                        selector.unregister(key.fd)
                        os.close(key.fd)
        self.logs.end()

    def _wait(self) -> None:
        self._child.wait()
        self._exited_at = self.now()


def _sockets_of(owners: dict[int, int]) -> tuple[procfs.Socket, ...]:
    """The sockets among those of the whole host, where thousands linger: only lines that matter are decoded."""
    inodes = {str(inode) for inode in owners}
    tables = (Path(f"/proc/net/{name}").read_text() for name in ("tcp", "tcp6"))
    open_ones = (line for table in tables for line in table.splitlines() if TIME_WAIT not in line)
    lines = (line for line in open_ones if inodes.intersection(line.split()[9:10]))
    return procfs.parse_sockets("\n".join(lines))


def _session(pid: int) -> int:
    try:
        return os.getsid(pid)
    except ProcessLookupError:
        return 0


def _kill(pid: int, number: int) -> None:
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        return


def _kill_group(group: int, number: int) -> None:
    try:
        os.killpg(group, number)
    except ProcessLookupError:
        return
