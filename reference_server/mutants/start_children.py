"""Faults of a supervisor: it outlives its server, hides its death, or never believes in its return.

The supervisor is the first process, the server that does the work its child, on a port of its own where a front stands
before it.
"""

import contextlib
import dataclasses
import os
import signal
import socket
import threading
from types import FrameType

from seatrial.reference_server.clock import scaled
from seatrial.reference_server.process import ServerProcess
from seatrial.reference_server.variants import mutant

LOOK_EVERY = 0.2
CHUNK = 65_536
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
UNAVAILABLE = b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
BAD_GATEWAY = b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"


class Supervisor(ServerProcess):
    """Serves in a child, and waits for it."""

    def run(self) -> int:
        """Start the child and stay until told to stop."""
        self.child = self.start_child()
        signal.signal(signal.SIGTERM, self.end)
        while True:
            if self.child_is_gone():
                self.on_death()
            threading.Event().wait(scaled(LOOK_EVERY))

    def start_child(self) -> int:
        """Fork a server."""
        pid = os.fork()
        if pid == 0:
            os._exit(ServerProcess(self.settings, self.chosen).run())
        return pid

    def child_is_gone(self) -> bool:
        """Whether the child has ended; it is reaped then."""
        with contextlib.suppress(ChildProcessError):
            return os.waitpid(self.child, os.WNOHANG)[0] != 0
        return False

    def on_death(self) -> None:
        """The child has ended by itself."""

    def end(self, number: int, frame: FrameType | None) -> None:
        """End the child, then this process."""
        del number, frame
        with contextlib.suppress(ProcessLookupError, ChildProcessError):
            os.kill(self.child, signal.SIGTERM)
            os.waitpid(self.child, 0)
        os._exit(0)


class Front(Supervisor):
    """A supervisor that listens itself, answers /ping itself, and hands everything else on to the child."""

    def run(self) -> int:
        """Listen, and serve from a thread while the child is watched."""
        with socket.create_server(("127.0.0.1", 0)) as probe:
            inner = probe.getsockname()[1]
        listener = self.bind()
        self.settings = dataclasses.replace(self.settings, host="127.0.0.1", port=inner)
        threading.Thread(target=self.accept, args=(listener,), daemon=True).start()
        return super().run()

    def ping(self) -> bytes:
        """The answer to /ping."""
        return OK if self.alive() else UNAVAILABLE

    def alive(self) -> bool:
        """Whether the child answers /ping with 200."""
        with contextlib.suppress(OSError), self.dial() as inner:
            inner.sendall(b"GET /ping HTTP/1.1\r\nHost: inner\r\nConnection: close\r\n\r\n")
            return inner.recv(64).startswith(b"HTTP/1.1 200")
        return False

    def dial(self) -> socket.socket:
        """Connect to the child."""
        return socket.create_connection(("127.0.0.1", self.settings.port), timeout=scaled(60))

    def accept(self, listener: socket.socket) -> None:
        """Take connections for ever."""
        while True:
            outer, _ = listener.accept()
            threading.Thread(target=self.serve_one, args=(outer,), daemon=True).start()

    def serve_one(self, outer: socket.socket) -> None:
        """Answer one connection: the first request says where it goes."""
        with outer, contextlib.suppress(OSError):
            first = outer.recv(CHUNK)
            if first.startswith(b"GET /ping "):
                outer.sendall(self.ping())
                return
            try:
                inner = self.dial()
            except OSError:
                outer.sendall(BAD_GATEWAY)
                return
            with inner:
                inner.sendall(first)
                back = threading.Thread(target=_pump, args=(inner, outer), daemon=True)
                back.start()
                _pump(outer, inner)
                back.join()


def _pump(source: socket.socket, target: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while data := source.recv(CHUNK):
            target.sendall(data)
    for end in (target, source):
        with contextlib.suppress(OSError):
            end.shutdown(socket.SHUT_WR)


@mutant(
    kills="start.dead-server-ends-container",
    reason="dead-server-lives-on",
    layer="process",
    also=["ping.reports-dead-model"],  # it does: the other servers have no child to lose
)
def outlives_its_server(process: type[ServerProcess]) -> type[ServerProcess]:
    """Stay when the server has died, as `tail -f /dev/null` at the end of an entrypoint does."""
    del process
    return Supervisor


@mutant(
    kills="start.dead-server-ends-container",
    reason="dead-server-exits-zero",
    layer="process",
    also=["ping.reports-dead-model"],
)
def ends_well_with_a_dead_server(process: type[ServerProcess]) -> type[ServerProcess]:
    """End with code 0 when the server has died, as a script does whose last command is an echo."""
    del process

    class EndsWell(Supervisor):
        def on_death(self) -> None:
            os._exit(0)

    return EndsWell


@mutant(
    kills="ping.reports-dead-model",
    reason="ping-lies",
    layer="process",
    also=["start.dead-server-ends-container"],
)
def pings_for_a_dead_server(process: type[ServerProcess]) -> type[ServerProcess]:
    """Answer /ping in the front whatever has become of the server behind it."""
    del process

    class Lies(Front):
        started = False

        def ping(self) -> bytes:
            self.started = self.started or self.alive()
            return OK if self.started else UNAVAILABLE

    return Lies


@mutant(
    kills="ping.recovers",
    reason="ping-sticks",
    layer="process",
    also=["ping.reports-dead-model", "start.dead-server-ends-container"],
)
def never_forgets_a_death(process: type[ServerProcess]) -> type[ServerProcess]:
    """Start the server again, and call it unhealthy for ever."""
    del process

    class Sticks(Front):
        died = False

        def ping(self) -> bytes:
            return UNAVAILABLE if self.died else super().ping()

        def on_death(self) -> None:
            self.died = True
            self.child = self.start_child()

    return Sticks
