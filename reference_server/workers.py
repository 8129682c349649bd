"""Several processes that serve one port, and one above them that starts, watches and stops them.

They are forked before there is an event loop, and each has a socket of its own on the port (SO_REUSEPORT): the kernel
shares connections out, and no process hands any on. Each loads the model for itself.

- `/ping` is 200 once all of them have loaded, and 503 while one finds its model ill: it does not matter who is asked.
- One that dies is replaced. The others serve on; the new one listens only when it has loaded.
- One that ends before it was ready would end so again: the others drain, exit code 1.
- SIGTERM goes to all of them, and each drains as a single server does; then exit code 0.
"""

import asyncio
import ctypes
import dataclasses
import mmap
import os
import signal
import socket
import time
from collections.abc import Sequence

import uvicorn

from seatrial.reference_server import logs
from seatrial.reference_server.clock import scaled
from seatrial.reference_server.health import Alone
from seatrial.reference_server.logs import log
from seatrial.reference_server.process import SETTLE, STOP_SIGNALS, ServerProcess
from seatrial.reference_server.repository import ModelRepository
from seatrial.reference_server.server import ModelServer
from seatrial.reference_server.settings import Settings
from seatrial.reference_server.variants import Variant

AWAITED = frozenset({*STOP_SIGNALS, signal.SIGCHLD})
PR_SET_PDEATHSIG = 1
# Seconds beyond its own limits that a stopping worker has until it is killed.
MARGIN = 3.0
FAILED = 1


class Board:
    """What all workers know of each other, in memory that they share: two bytes for each.

    Args:
        workers: how many there are.
    """

    def __init__(self, workers: int) -> None:
        self._workers = workers
        self._cells = mmap.mmap(-1, 2 * workers)

    def all_well(self) -> bool:
        """Whether every worker last found its model well; one that is being replaced counts as well."""
        return all(self._cells[: self._workers])

    def note(self, worker: int, *, well: bool) -> None:
        """Say what a worker found; whoever found its model well was ready."""
        self._cells[worker] = well
        if well:
            self._cells[self._workers + worker] = True

    def was_ready(self, worker: int) -> bool:
        """Whether a worker was ready since it was started."""
        return bool(self._cells[self._workers + worker])

    def replace(self, worker: int) -> None:
        """Start a worker anew: it is not ready, and nobody waits for it."""
        self._cells[worker], self._cells[self._workers + worker] = True, False


class Beside(Alone):
    """One worker beside the others.

    Args:
        board: what they know of each other.
        number: which one it is.
    """

    def __init__(self, board: Board, number: int) -> None:
        self.label = str(number)
        self._board, self._number = board, number

    def note(self, *, well: bool) -> None:
        """Say what this worker found where all of them see it."""
        self._board.note(self._number, well=well)

    def all_well(self) -> bool:
        """Whether all workers last found their models well."""
        return self._board.all_well()


def worker_class(process: type[ServerProcess], board: Board, number: int, *, late: bool) -> type[ServerProcess]:
    """Return the class of one worker.

    Args:
        process: how it serves.
        board: what the workers know of each other.
        number: which one it is.
        late: whether it listens only when it has loaded.
    """

    class Worker(process):  # type: ignore[valid-type, misc]  # a base that is only known at run time
        def make_server(self) -> ModelServer:
            return ModelServer(self.settings, ModelRepository(), Beside(board, number))

    class LateWorker(Worker):
        loading: asyncio.Task[None] | None = None

        def bind(self) -> socket.socket:
            listener: socket.socket = self.bound()
            return listener

        async def listen(self, http: uvicorn.Server, listener: socket.socket, loading: asyncio.Task[None]) -> None:
            self.loading = loading
            await asyncio.wait([loading])
            if self.server is not None and self.server.loaded:
                await super().listen(http, listener, loading)

        def leave(self) -> None:
            super().leave()
            if self.loading is not None:
                self.loading.cancel()

    return LateWorker if late else Worker


class Crew:
    """Serves with several processes.

    Args:
        process: how each of them serves.
        settings: what the user chose.
        chosen: the variants to serve with.
    """

    def __init__(self, process: type[ServerProcess], settings: Settings, chosen: Sequence[Variant] = ()) -> None:
        self.process = process
        self.settings = settings
        self.chosen = chosen
        self.board = Board(settings.workers)
        self.workers: dict[int, int] = {}
        self.mask: set[signal.Signals] = set()

    def run(self) -> int:
        """Serve until told to stop, and return the exit code."""
        logs.configure(self.settings.log_level)
        self.mask = {signal.Signals(number) for number in signal.pthread_sigmask(signal.SIG_BLOCK, AWAITED)}
        above = self.process(self.settings, self.chosen)
        try:
            held = above.bound()  # never listened on: it holds the port, also where any free one was asked for
        except OSError as error:
            return above.cannot_listen(error)
        with held:
            self.settings = dataclasses.replace(self.settings, port=held.getsockname()[1])
            for number in range(self.settings.workers):
                self.start(number)
            return self.watch()

    def start(self, number: int, *, late: bool = False) -> None:
        """Fork one worker."""
        above = os.getpid()
        pid = os.fork()
        if pid == 0:
            self.serve(number, above, late=late)
        self.workers[pid] = number

    def serve(self, number: int, above: int, *, late: bool) -> None:
        """Be a worker; does not return."""
        code = FAILED
        try:
            ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
            if os.getppid() == above:
                signal.pthread_sigmask(signal.SIG_SETMASK, self.mask)
                worker = worker_class(self.process, self.board, number, late=late)
                code = worker(self.settings, self.chosen).run()
                logs.flush()
        finally:
            os._exit(code)  # a thread may hang in foreign code: the interpreter would wait for it

    def watch(self) -> int:
        """Replace workers that end, until told to stop; return the exit code."""
        while True:
            if signal.sigwaitinfo(AWAITED).si_signo in STOP_SIGNALS:
                log.info("stopping %d workers", len(self.workers))
                return self.stop()
            for number, code in self.ended():
                if not self.board.was_ready(number):
                    log.error("worker %d ended with code %d before it was ready: stopping", number, code)
                    self.stop()
                    return FAILED
                log.warning("worker %d ended with code %d: another takes its place", number, code)
                self.board.replace(number)
                self.start(number, late=True)

    def stop(self) -> int:
        """Have all workers drain, kill those that take longer than they may, and return the exit code."""
        for pid in self.workers:
            os.kill(pid, signal.SIGTERM)  # those that have ended are not yet reaped, so nobody else is meant
        deadline = time.monotonic() + scaled(self.settings.stop_grace + SETTLE) + MARGIN
        worst = 0
        while self.workers:
            left = deadline - time.monotonic()
            if left <= 0:
                log.error("%d workers have not finished in time: killed", len(self.workers))
                for pid in self.workers:
                    os.kill(pid, signal.SIGKILL)
                deadline = float("inf")
            signal.sigtimedwait({signal.SIGCHLD}, min(max(left, 0), MARGIN))
            worst = worst or max((abs(code) for _, code in self.ended()), default=0)
        return FAILED if worst else 0

    def ended(self) -> list[tuple[int, int]]:
        """Reap the workers that have ended, and return their numbers with their exit codes."""
        found = [(pid, os.waitpid(pid, os.WNOHANG)) for pid in self.workers]
        return [(self.workers.pop(pid), os.waitstatus_to_exitcode(status)) for pid, (gone, status) in found if gone]
