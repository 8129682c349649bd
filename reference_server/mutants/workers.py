"""A fault of a server of several workers, told by callers who meet any of them."""

import dataclasses
import time

from seatrial.reference_server.clock import scaled
from seatrial.reference_server.process import ServerProcess
from seatrial.reference_server.server import ModelServer
from seatrial.reference_server.variants import mutant
from seatrial.reference_server.workers import Crew

# Contract seconds by which one worker is ready after the other.
LATER = 20.0


@mutant(kills="ping.stays-200", reason="ping-flaps", layer="process", also=("ping.means-ready",))
def has_workers_that_are_ready_one_by_one(process: type[ServerProcess]) -> type[ServerProcess]:
    """Answer 200 in one worker, while the other is not ready."""

    class Unpunctual(process):  # type: ignore[valid-type, misc]  # a base that is only known at run time
        async def load(self, server: ModelServer) -> None:
            due = time.monotonic() + scaled(LATER) * int(server.others.label)
            server.others.all_well = lambda: time.monotonic() >= due  # type: ignore[method-assign]  # that is the fault
            await super().load(server)

    class Crewed(process):  # type: ignore[valid-type, misc]  # the same
        def run(self) -> int:
            return Crew(Unpunctual, dataclasses.replace(self.settings, workers=2), self.chosen).run()

    return Crewed
