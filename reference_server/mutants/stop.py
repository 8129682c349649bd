"""Faults in what follows SIGTERM."""

import os
import signal
import subprocess
import sys
import threading
import time
from types import FrameType

from seatrial.reference_server.clock import scaled
from seatrial.reference_server.logs import log
from seatrial.reference_server.process import ServerProcess
from seatrial.reference_server.server import ModelServer
from seatrial.reference_server.variants import mutant

SLOW = 15.0
LOADS = 4.0
LINGERS = 1.0
ORPHAN = "import time; time.sleep(60)"


@mutant(kills="stop.within-30-seconds", reason="stop-timeout", layer="process")
def ignores_sigterm(process: type[ServerProcess]) -> type[ServerProcess]:
    """Take no notice of SIGTERM, as a shell does that started the server without `exec`."""

    class Ignores(process):  # type: ignore[misc,valid-type]  # the base is known at run time only
        def install_signals(self) -> None:
            signal.signal(signal.SIGTERM, signal.SIG_IGN)

    return Ignores


@mutant(kills="stop.within-30-seconds", reason="stop-killed", layer="process")
def kills_itself(process: type[ServerProcess]) -> type[ServerProcess]:
    """Answer SIGTERM with `kill -9` on the whole group."""

    class Kills(process):  # type: ignore[misc,valid-type]
        def on_signal(self, number: int, frame: FrameType | None) -> None:
            del number, frame
            os.killpg(0, signal.SIGKILL)

    return Kills


@mutant(kills="stop.prompt-when-idle", reason="stop-slow", layer="process")
def drains_nothing_for_long(process: type[ServerProcess]) -> type[ServerProcess]:
    """Wait out the grace period although nothing is in flight."""

    class Waits(process):  # type: ignore[misc,valid-type]
        def stop(self) -> None:
            threading.Timer(scaled(SLOW), super().stop).start()

    return Waits


@mutant(kills="stop.prompt-when-idle", reason="stop-exit-code", layer="process")
def fails_when_stopped(process: type[ServerProcess]) -> type[ServerProcess]:
    """Take the stop for a failure: exit code 1."""

    class Fails(process):  # type: ignore[misc,valid-type]
        def on_signal(self, number: int, frame: FrameType | None) -> None:
            self.exit_code = 1
            super().on_signal(number, frame)

    return Fails


@mutant(kills="stop.finishes-calls", reason="call-dropped", layer="process")
def drops_what_it_serves(process: type[ServerProcess]) -> type[ServerProcess]:
    """End at once, whoever still waits for an answer."""

    class Drops(process):  # type: ignore[misc,valid-type]
        def on_signal(self, number: int, frame: FrameType | None) -> None:
            del number, frame
            log.info("stopped")
            os._exit(0)

    return Drops


@mutant(
    kills="stop.finishes-calls", reason="call-outlives-server", layer="process",
    also=("stop.no-orphans", "start.dead-server-ends-container", "ping.reports-dead-model"),
)  # fmt: skip
def leaves_its_calls_to_a_child(process: type[ServerProcess]) -> type[ServerProcess]:
    """Serve from a child and do not wait for it at the end, as a launcher does that has no handler of its own."""

    class Leaves(process):  # type: ignore[misc,valid-type]
        def run(self) -> int:
            child = os.fork()
            if not child:
                return int(super().run())
            signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
            _, status = os.waitpid(child, 0)
            return abs(os.waitstatus_to_exitcode(status))

    return Leaves


@mutant(kills="stop.while-starting", reason="stop-timeout", layer="process")
def hears_sigterm_when_loaded(process: type[ServerProcess]) -> type[ServerProcess]:
    """Install the handler when the model is loaded; what comes before is lost, as it is for a process 1."""

    class HearsLate(process):  # type: ignore[misc,valid-type]
        def install_signals(self) -> None:
            signal.signal(signal.SIGTERM, signal.SIG_IGN)

        async def load(self, server: ModelServer) -> None:
            time.sleep(scaled(LOADS))  # noqa: ASYNC251  it blocks the loop on purpose: nothing answers yet
            await super().load(server)

        def on_ready(self) -> None:
            super().install_signals()

    return HearsLate


@mutant(kills="stop.no-orphans", reason="orphans-left", layer="process")
def leaves_a_helper(process: type[ServerProcess]) -> type[ServerProcess]:
    """Start a helper in a process group of its own and forget it."""

    class Leaves(process):  # type: ignore[misc,valid-type]
        def on_ready(self) -> None:
            super().on_ready()
            quiet = subprocess.DEVNULL
            subprocess.Popen(
                [sys.executable, "-S", "-c", ORPHAN], stdin=quiet, stdout=quiet, stderr=quiet, process_group=0
            )

    return Leaves


@mutant(kills="stop.twice", reason="stop-exit-code", layer="process")
def crashes_at_the_second_signal(process: type[ServerProcess]) -> type[ServerProcess]:
    """Raise in the handler when it is entered again."""

    class Crashes(process):  # type: ignore[misc,valid-type]
        def on_signal(self, number: int, frame: FrameType | None) -> None:
            if self.stopping:
                log.error("the handler was entered while it ran")
                os._exit(1)
            super().on_signal(number, frame)

        def stop(self) -> None:
            threading.Timer(scaled(LINGERS), super().stop).start()

    return Crashes
