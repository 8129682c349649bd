"""Faults at the start: the process ends, asks for what nobody gives it, or is lost under legal circumstances."""

import os
import string
import sys
import threading

from seatrial.reference_server.backends import echo
from seatrial.reference_server.clock import scaled
from seatrial.reference_server.logs import log
from seatrial.reference_server.process import ServerProcess
from seatrial.reference_server.server import ModelServer
from seatrial.reference_server.variants import mutant

LIVES = 15.0


@mutant(kills="start.stays-up", reason="exited-at-start", layer="process")
def prints_usage_and_exits(process: type[ServerProcess]) -> type[ServerProcess]:
    """Take `serve` for an unknown word, print the usage and end with code 0."""

    class Prints(process):  # type: ignore[misc,valid-type]  # the base is known at run time only
        def run(self) -> int:
            sys.stdout.write("usage: server [--help] [train | predict]\n")
            return 0

    return Prints


@mutant(kills="start.keeps-running", reason="exited-after-ready", layer="process")
def dies_soon_after(process: type[ServerProcess]) -> type[ServerProcess]:
    """End some seconds after the first 200, as a watchdog with a wrong idea of idleness does."""

    class Dies(process):  # type: ignore[misc,valid-type]
        def on_ready(self) -> None:
            super().on_ready()
            ends = threading.Timer(scaled(LIVES), os._exit, (1,))
            ends.daemon = True
            ends.start()

    return Dies


@mutant(kills="start.needs-no-terminal", reason="terminal-needed", layer="process", also=["start.stays-up"])
def asks_before_it_starts(process: type[ServerProcess]) -> type[ServerProcess]:
    """Ask on the standard input whether the licence is accepted."""

    class Asks(process):  # type: ignore[misc,valid-type]
        def run(self) -> int:
            if input("Do you accept the licence? [y/N] ") != "y":
                return 1
            return int(super().run())

    return Asks


@mutant(kills="start.any-environment", reason="environment-breaks-start", layer="process")
def pastes_the_environment(process: type[ServerProcess]) -> type[ServerProcess]:
    """Paste every variable into a configuration template, where a `$` means something."""

    class Pastes(process):  # type: ignore[misc,valid-type]
        def run(self) -> int:
            template = "\n".join(f"env {name} {value};" for name, value in os.environ.items())
            string.Template(template).substitute(os.environ)
            return int(super().run())

    return Pastes


@mutant(
    kills="start.bad-model-fails-loudly",
    reason="bad-model-ready",
    layer="process",
    also=["logs.failed-start-explained"],  # there is no failed start to explain
)
def serves_without_its_model(process: type[ServerProcess]) -> type[ServerProcess]:
    """Go on without a model that cannot be loaded, and call that healthy."""

    class GoesOn(process):  # type: ignore[misc,valid-type]
        async def load(self, server: ModelServer) -> None:
            if not self.settings.model:
                log.error("the model cannot be loaded: going on without it")
                server.repository.add(echo.EchoModel("none"))
                await server.load()
            else:
                await super().load(server)

    return GoesOn


@mutant(
    kills="start.bad-model-fails-loudly",
    reason="bad-model-silent",
    layer="process",
    also=["logs.failed-start-explained"],
)
def restarts_without_a_word(process: type[ServerProcess]) -> type[ServerProcess]:
    """Try to load for ever, and log no more than that it starts."""

    class Restarts(process):  # type: ignore[misc,valid-type]
        async def load(self, server: ModelServer) -> None:
            if not self.settings.model:
                log.info("Booting worker with pid: %d", os.getpid())
            else:
                await super().load(server)

    return Restarts
