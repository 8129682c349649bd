"""Legal peculiarities of what surrounds the server: a supervisor, files, connections, the way to the end."""

import asyncio
import contextlib
import os
import socket
import threading

from seatrial.reference_server.clock import scaled
from seatrial.reference_server.mutants.network import outward_address
from seatrial.reference_server.mutants.start_children import Supervisor
from seatrial.reference_server.process import ServerProcess
from seatrial.reference_server.server import ModelServer
from seatrial.reference_server.variants import oddity

FAREWELL = 5.0
KEPT_OPEN: list[socket.socket] = []


@oddity(layer="process")
def starts_its_server_again(process: type[ServerProcess]) -> type[ServerProcess]:
    """Serve in a child of a supervisor, which starts another when it dies."""
    del process

    class Restarts(Supervisor):
        def on_death(self) -> None:
            self.child = self.start_child()

    return Restarts


@oddity(layer="process")
def ends_with_its_server(process: type[ServerProcess]) -> type[ServerProcess]:
    """Serve in a child of a supervisor, and end with code 1 when it dies."""
    del process

    class Ends(Supervisor):
        def on_death(self) -> None:
            os._exit(1)

    return Ends


@oddity(layer="process")
def takes_five_seconds_to_end(process: type[ServerProcess]) -> type[ServerProcess]:
    """Go on serving for five seconds after SIGTERM, pings included, so that nobody is refused meanwhile."""

    class Lingers(process):  # type: ignore[misc,valid-type]  # the base is known at run time only
        def stop(self) -> None:
            threading.Timer(scaled(FAREWELL), super().stop).start()

    return Lingers


@oddity(layer="process")
def leaves_bytecode_beside_the_model(process: type[ServerProcess]) -> type[ServerProcess]:
    """Import the customer's script from the model directory, as Python does: with a `__pycache__` where it may."""

    class Imports(process):  # type: ignore[misc,valid-type]
        def on_ready(self) -> None:
            super().on_ready()
            with contextlib.suppress(OSError):
                folder = self.settings.model_dir / "__pycache__"
                folder.mkdir(exist_ok=True)
                (folder / "inference.cpython-311.pyc").write_bytes(b"\xa7\r\r\n")

    return Imports


@oddity(layer="process")
def keeps_a_connection_outside(process: type[ServerProcess]) -> type[ServerProcess]:
    """Connect to a feature store when it starts, and keep that connection for all calls."""

    class Connects(process):  # type: ignore[misc,valid-type]
        async def load(self, server: ModelServer) -> None:
            with contextlib.suppress(OSError):
                store = await asyncio.start_server(lambda *_: None, outward_address())
                KEPT_OPEN.append(socket.create_connection(store.sockets[0].getsockname()[:2], timeout=5))
            await super().load(server)

    return Connects
