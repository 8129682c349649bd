"""Legal peculiarities of the process: how it binds, starts, logs, keeps connections and ends."""

import asyncio
import dataclasses
import os
import signal
import sys

from seatrial.reference_server.clock import scaled
from seatrial.reference_server.mutants.process_tools import reconfigured
from seatrial.reference_server.process import ServerProcess
from seatrial.reference_server.server import ModelServer
from seatrial.reference_server.settings import Settings
from seatrial.reference_server.variants import oddity


@oddity(layer="settings")
def gives_idle_connections_five_seconds(settings: Settings) -> Settings:
    """Close an idle connection after five seconds without a word, as uvicorn does by default."""
    return dataclasses.replace(settings, keep_alive=5.0)


@oddity(layer="settings")
def listens_on_both_families(settings: Settings) -> Settings:
    """Listen on `::`, which takes IPv4 as well."""
    return dataclasses.replace(settings, host="::")


@oddity(layer="settings")
def keeps_a_short_queue(settings: Settings) -> Settings:
    """Let eight calls wait, and answer 503 to the ninth."""
    return dataclasses.replace(settings, queue_limit=8)


@oddity(layer="process")
def loads_for_ten_seconds(process: type[ServerProcess]) -> type[ServerProcess]:
    """Take a while to load, and say so with 503."""

    class Slow(process):  # type: ignore[valid-type, misc]  # a base that is only known at run time
        async def load(self, server: ModelServer) -> None:
            await asyncio.sleep(scaled(10.0))
            await super().load(server)

    return Slow


@oddity(layer="process")
def logs_every_request(process: type[ServerProcess]) -> type[ServerProcess]:
    """Write an access log with one line a request, pings among them."""
    return reconfigured(process, access_log=True)


@oddity(layer="process")
def ends_by_the_signal(process: type[ServerProcess]) -> type[ServerProcess]:
    """Drain, then end through SIGTERM itself: exit code 143, as uvicorn does."""

    class Signalled(process):  # type: ignore[valid-type, misc]  # a base that is only known at run time
        def run(self) -> int:
            code: int = super().run()
            if code == 0:
                sys.stdout.flush()
                sys.stderr.flush()
                signal.signal(signal.SIGTERM, signal.SIG_DFL)
                os.kill(os.getpid(), signal.SIGTERM)
            return code

    return Signalled
