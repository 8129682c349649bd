"""One running container, as an `Instance`: what scenarios may ask of it and do to it.

How it was started is the business of `seatrial.conformance.subject.image`. What can be seen depends on where the
engine is: on this host the kernel's own tables are read, elsewhere the engine is asked.
"""

from __future__ import annotations

import contextlib
import os
import signal
import threading
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import docker.errors

from seatrial.conformance.subject import procfs
from seatrial.conformance.subject.engine import engine_errors
from seatrial.conformance.subject.launcher import FileChange, Listener, Process, State
from seatrial.conformance.subject.watchdog import flood, size
from seatrial.conformance.subject.written import Written

if TYPE_CHECKING:
    from collections.abc import Callable

    from docker.models.containers import Container

    from seatrial.conformance.subject.attach import Drain
    from seatrial.conformance.subject.engine import SubjectContainer
    from seatrial.conformance.subject.launcher import AdapterFiles, Address, LaunchSpec, Limits
    from seatrial.conformance.subject.logs import LogBook
    from seatrial.conformance.subject.model_dir import Tree
    from seatrial.conformance.subject.mounts import Mounted

__all__ = ["ContainerInstance"]

ASK_EVERY = 0.05
"""Seconds between two questions to the engine about one state."""
CONFLICT, NOT_FOUND = 409, 404
RUNTIME_INIT, RUNTIME_NAME = ("runc", "init"), "[runc"
"""Its command line, and how its name begins while that cannot be read: `[runc]`, then `[runc:[2:INIT]]`."""
ENGINE_DNS = "127.0.0.11"
"""Where the engine itself listens inside a container's network, for names."""


class ContainerInstance:
    """A container that was asked to run.

    Args:
        spec: how it was started.
        container: created; started, or failed to.
        address: where it is dialled.
        logs: its output.
        drain: what fills `logs`.
        origin: the monotonic time of the launch.
        start_error: the engine's words where the first program could not be run.
        mounted: its model directory.
        adapters: that it may be asked to load.
        sees_processes: whether its processes are in this host's `/proc`.
        read_sockets: returns its socket table where the host cannot see it.
        release: called once at the end: removes what belongs to this instance alone.
    """

    def __init__(
        self,
        *,
        spec: LaunchSpec,
        container: SubjectContainer,
        address: Address,
        logs: LogBook,
        drain: Drain,
        origin: float,
        start_error: str,
        mounted: Mounted,
        adapters: AdapterFiles,
        sees_processes: bool,
        read_sockets: Callable[[Container], str],
        release: Callable[[], None],
    ) -> None:
        self.spec = spec
        self.address = address
        self.logs = logs
        self.adapters = adapters
        self._owned = container
        self._container = container.get_wrapped_container()
        api = container.get_docker_client().client.api
        self._written = Written(self._container, api, mounted, on_this_host=sees_processes)
        self._drain = drain
        self._origin = origin
        self._mounted = mounted
        self._sees_processes = sees_processes
        self._read_sockets = read_sockets
        self._release = release
        self._asking = threading.Lock()
        self._ending = threading.Lock()
        self._asked = 0.0
        self._start_error = start_error
        self._started = self.now()
        self._state = State(running=True)
        self._pid = 0
        self._stopped_for = ""
        self._gone = False

    @property
    def id(self) -> str:
        """The engine's id of the container."""
        return str(self._container.id)

    def now(self) -> float:
        """Seconds since the launch."""
        return time.monotonic() - self._origin

    def state(self) -> State:
        """The state, at most 50 ms old; final once it no longer runs."""
        with self._asking:
            if self._state.running and not self._gone and time.monotonic() - self._asked >= ASK_EVERY:
                with engine_errors(f"the engine did not describe container {self._container.short_id}"):
                    self._container.reload()
                self._pid = int(self._container.attrs["State"]["Pid"])
                self._state = self._read(self._container.attrs)
                self._asked = time.monotonic()
            return self._state

    def _read(self, attrs: dict[str, Any]) -> State:
        state = attrs["State"]
        if state["Running"]:
            return State(running=True, oom_killed=state["OOMKilled"], restarts=attrs["RestartCount"])
        lived = _seconds(state["FinishedAt"]) - _seconds(state["StartedAt"])
        return State(
            running=False,
            exit_code=state["ExitCode"],
            oom_killed=state["OOMKilled"],
            restarts=attrs["RestartCount"],
            error=state["Error"] or self._start_error,
            exited_at=round(self._started + max(0.0, lived), 3),
            stopped_for=self._stopped_for,
        )

    def wait_exit(self, timeout: float) -> State:
        """Wait up to `timeout` seconds for the exit; the state then."""
        deadline = time.monotonic() + timeout
        while (state := self.state()).running and (left := deadline - time.monotonic()) > 0:
            # The stream ends with the container, unless the subject closed it before.
            if self._drain.join(min(ASK_EVERY, left)):
                time.sleep(min(ASK_EVERY, left))
        return state

    def signal(self, number: int) -> None:
        """Send a signal to PID 1; nothing happens where it is gone."""
        try:
            self._container.kill(signal=number)
        except docker.errors.APIError as error:
            if error.status_code not in {CONFLICT, NOT_FOUND}:
                with engine_errors(f"the engine did not send signal {number}"):
                    raise

    def end_for(self, cause: str) -> None:
        """Kill it because it broke a limit of the harness, and say so in its state."""
        self._stopped_for = self._stopped_for or cause
        self.signal(signal.SIGKILL)

    def kill_children(self) -> tuple[Process, ...]:
        """SIGKILL every process but PID 1, from the host; which ones."""
        killed = []
        for pid in self._pids():
            seen = procfs.process(pid, inside=True)
            if seen is not None and seen.pid != 1:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
                    killed.append(seen)
        return tuple(killed)

    def processes(self) -> tuple[Process, ...]:
        """The live processes, PID 1 first; numbered as the container does where the host can see them.

        None yet where the engine says that the container runs, and its runtime still prepares it.
        """
        if not self.state().running:
            return ()
        found = self._seen() if self._sees_processes else self._top()
        return () if found and _of_the_runtime(found[0]) else found

    def _seen(self) -> tuple[Process, ...]:
        seen = (procfs.process(pid, inside=True) for pid in self._pids())
        return tuple(sorted((process for process in seen if process), key=lambda process: process.pid))

    def _pids(self) -> list[int]:
        return procfs.in_cgroup(self.id) if self._sees_processes and self.state().running else []

    def _top(self) -> tuple[Process, ...]:
        """What the engine says, with the numbers of the engine's host."""
        try:
            rows = self._container.top(ps_args="-eo pid,ppid,nlwp,rss,args")["Processes"]
        except docker.errors.APIError:
            return ()  # it exited in between
        return tuple(
            Process(int(pid), int(parent), tuple(words.split()), int(rss) * 1024, int(threads))
            for pid, parent, threads, rss, words in rows or ()
        )

    def listeners(self) -> tuple[Listener, ...]:
        """The listening TCP sockets, with their processes where the host can see them."""
        found = procfs.listeners(self._sockets(), self._owners())
        return tuple(listener for listener in found if listener.host != ENGINE_DNS)

    def outgoing(self) -> tuple[str, ...]:
        """Remote ends of the connections that it opened or tries to open."""
        return procfs.outgoing(self._sockets())

    def _sockets(self) -> tuple[procfs.Socket, ...]:
        if not self.state().running:
            return ()
        if self._sees_processes and self._pid:
            return procfs.sockets(self._pid)
        return procfs.parse_sockets(self._read_sockets(self._container))

    def _owners(self) -> dict[int, int]:
        return {inode: procfs.inner_pid(pid) for inode, pid in procfs.socket_owners(self._pids()).items()}

    def file_changes(self) -> tuple[FileChange, ...]:
        """Paths that differ from the image, and from its own copy of the model directory."""
        self.state()  # which describes it, once at least
        return self._written.changes()

    def model_tree(self) -> Tree:
        """Paths and digests of its model directory, mounted or baked in."""
        return self._mounted.tree(self._container)

    def breach(self, limits: Limits, *, deep: bool) -> str:
        """Which limit it broke; empty where none. The disk is looked at only when `deep`: it may have to be walked."""
        if cause := flood(self.logs, limits):
            return cause
        used = self._written.disk_bytes() if deep else 0
        return f"it wrote {size(used)} to disk, more than {size(limits.disk_bytes)}" if used > limits.disk_bytes else ""

    def stop(self) -> None:
        """Kill and remove it, with everything that belongs to it alone. Safe to call twice."""
        with self._ending:
            if self._gone:
                return
            self._remember()
            with contextlib.suppress(docker.errors.NotFound), engine_errors("the engine did not remove a container"):
                self._owned.stop()
            self._drain.join(2.0)
            self._drain.close()
            self._release()

    def _remember(self) -> None:
        """Keep the last state: after removal nobody can be asked."""
        with contextlib.suppress(Exception):
            if self.state().running:
                self.signal(signal.SIGKILL)
                self.wait_exit(1.0)
        with self._asking:
            self._gone = True


def _of_the_runtime(process: Process) -> bool:
    """Whether it is what runc lets run as PID 1 until it becomes the subject's own first program.

    It ends with code 2 at a SIGTERM, which says nothing about the subject. On a busy engine it lives for seconds.
    """
    return process.argv[:2] == RUNTIME_INIT or process.argv[0].startswith(RUNTIME_NAME)


def _seconds(stamp: str) -> float:
    """An engine's time stamp (nanoseconds, `Z`) in seconds; `0001-01-01…` stands for never."""
    whole, _, rest = stamp.rstrip("Z").partition(".")
    return datetime.fromisoformat(whole).replace(tzinfo=UTC).timestamp() + float(f"0.{rest or 0}")
