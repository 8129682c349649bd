"""One running process, as an `Instance`, with everything that it started.

It is started through `seatrial.conformance.subject.guard`, which ends it with the harness, and which all its
descendants are given back to: so they are found however they were detached.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from dataclasses import replace
from typing import TYPE_CHECKING

from seatrial.conformance.subject import guard, procfs
from seatrial.conformance.subject.launcher import AdapterFiles, FileChange, Listener, Process, State, SubjectError
from seatrial.conformance.subject.logs import LogBook
from seatrial.conformance.subject.model_dir import Tree, changes, tree
from seatrial.conformance.subject.watchdog import flood, size

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from seatrial.conformance.subject.launcher import Address, LaunchSpec, Limits

__all__ = ["LocalInstance"]

CHUNK = 1 << 16
GUARD_ENDS = 20.0
"""Seconds in which the guard must have killed everything, a tree of thousands included."""


class LocalInstance:
    """A process that runs, or has run.

    Args:
        spec: how it was asked for.
        argv: the command, filled in.
        env: its whole environment.
        address: where it is dialled.
        file_limit: the largest file that it may write, in bytes.
        copy: its model directory; None without one.
        release: called once at the end.
        adapters: that it may be asked to load.

    Raises:
        SubjectError: the command cannot be run.
    """

    def __init__(
        self,
        *,
        spec: LaunchSpec,
        argv: list[str],
        env: dict[str, str],
        address: Address,
        file_limit: int,
        copy: Path | None,
        release: Callable[[], object],
        adapters: AdapterFiles = AdapterFiles(),  # noqa: B008  # a frozen value
    ) -> None:
        self.spec = spec
        self.address = address
        self.adapters = adapters
        self._copy = copy
        self._before: Tree = tree(copy) if copy else ()
        self._release = release
        self._origin = time.monotonic()
        self.logs = LogBook(self._origin)
        self._state = State(running=True)
        self._stopped_for = ""
        self._exited = threading.Event()
        self._ending = threading.Lock()
        self._gone = False
        self._guard, self._drains = self._start(argv, env, file_limit)
        self._pid = self._await_pid(argv[0])
        self._listener = threading.Thread(target=self._listen, name=f"guard {self._pid}", daemon=True)
        self._listener.start()

    def _start(
        self, argv: list[str], env: dict[str, str], file_limit: int
    ) -> tuple[subprocess.Popen[bytes], list[threading.Thread]]:
        out, out_end = os.pipe()
        err, err_end = os.pipe()
        try:
            started = subprocess.Popen(
                [sys.executable, "-I", "-S", guard.__file__, str(out_end), str(err_end), str(file_limit), *argv],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                pass_fds=(out_end, err_end),
                start_new_session=True,  # a Ctrl-C at the terminal is for the harness alone
                env=env,
            )
        finally:
            os.close(out_end)
            os.close(err_end)
        drains = [self._drain(out, "stdout"), self._drain(err, "stderr")]
        return started, drains

    def _drain(self, descriptor: int, stream: str) -> threading.Thread:
        def read() -> None:
            with contextlib.closing(os.fdopen(descriptor, "rb", buffering=0)) as pipe:
                while chunk := pipe.read(CHUNK):
                    self.logs.feed(chunk, stream)
            self.logs.end(stream)

        thread = threading.Thread(target=read, name=f"log {stream}", daemon=True)
        thread.start()
        return thread

    def _await_pid(self, program: str) -> int:
        word, _, rest = self._line().partition(" ")
        if word == "pid":
            return int(rest)
        self._exited.set()
        self.stop()
        raise SubjectError(f"--process {program}: it cannot be run: {rest or 'the guard ended'}")

    def _line(self) -> str:
        stdout = self._guard.stdout
        return stdout.readline().decode().strip() if stdout else ""

    def _listen(self) -> None:
        while line := self._line():
            word, _, rest = line.partition(" ")
            if word == "exit":
                code = os.waitstatus_to_exitcode(int(rest))
                code = code if code >= 0 else 128 - code
                self._state = State(running=False, exit_code=code, exited_at=self.now())
                self._exited.set()
        if self._state.running:
            self._state = State(running=False, error="its guard was killed", exited_at=self.now())
            self._exited.set()

    def now(self) -> float:
        """Seconds since the launch."""
        return time.monotonic() - self._origin

    def state(self) -> State:
        """The state now."""
        return replace(self._state, stopped_for=self._stopped_for)

    def wait_exit(self, timeout: float) -> State:
        """Wait up to `timeout` seconds for the exit of the first process; the state then."""
        self._exited.wait(timeout)
        return self.state()

    def signal(self, number: int) -> None:
        """Send a signal to the whole process group, unless its leader is gone."""
        if self._state.running and not self._gone:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._pid, number)

    def end_for(self, cause: str) -> None:
        """Kill the whole tree because it broke a limit of the harness, and say so in its state."""
        self._stopped_for = self._stopped_for or cause
        self._tell(b"kill\n")

    def breach(self, limits: Limits, *, deep: bool) -> str:
        """Which limit it broke; empty where none. `deep` looks are as cheap as the others here."""
        del deep
        pids = self.pids()
        if len(pids) > limits.pids:
            return f"it had {len(pids)} processes, more than {limits.pids}"
        used = sum(procfs.rss(pid) for pid in pids)
        if used > limits.memory_bytes:
            return f"it used {size(used)} of memory, more than {size(limits.memory_bytes)}"
        return flood(self.logs, limits)

    def kill_children(self) -> tuple[Process, ...]:
        """SIGKILL every process but the first; which ones."""
        killed = []
        for process in self.processes():
            if process.pid != self._pid:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(process.pid, signal.SIGKILL)
                    killed.append(process)
        return tuple(killed)

    def pids(self) -> list[int]:
        """The ids of its live processes, in no order."""
        return [] if self._gone else procfs.descendants(self._guard.pid)

    def processes(self) -> tuple[Process, ...]:
        """Its live processes, the first one first; after its exit, those that it left behind."""
        seen = (procfs.process(pid) for pid in self.pids())
        return tuple(sorted((each for each in seen if each), key=lambda each: (each.pid != self._pid, each.pid)))

    def listeners(self) -> tuple[Listener, ...]:
        """The listening TCP sockets of its processes."""
        table, owners = self._sockets()
        return procfs.listeners(table, owners)

    def outgoing(self) -> tuple[str, ...]:
        """Remote ends of the connections that its processes opened or try to open."""
        return procfs.outgoing(self._sockets()[0])

    def _sockets(self) -> tuple[tuple[procfs.Socket, ...], dict[int, int]]:
        owners = procfs.socket_owners(self.pids())
        return tuple(each for each in procfs.sockets(os.getpid()) if each.inode in owners), owners

    def file_changes(self) -> tuple[FileChange, ...]:
        """What it changed in its model directory; where else it wrote is out of reach."""
        return changes(self._before, self.model_tree())

    def model_tree(self) -> Tree:
        """Paths and digests of its model directory."""
        return tree(self._copy) if self._copy and not self._gone else self._before

    def stop(self) -> None:
        """Kill the whole tree and wait for it. Safe to call twice."""
        with self._ending:
            if self._gone:
                return
            with contextlib.suppress(OSError):
                if self._guard.stdin:
                    self._guard.stdin.close()
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._guard.wait(GUARD_ENDS)
            self._exited.wait(1.0)
            for drain in self._drains:
                drain.join(2.0)
            if self._guard.stdout:
                self._guard.stdout.close()
            self._gone = True
            self._release()

    def _tell(self, words: bytes) -> None:
        with contextlib.suppress(OSError, ValueError):
            if self._guard.stdin:
                self._guard.stdin.write(words)
                self._guard.stdin.flush()
