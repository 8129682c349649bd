"""Legal peculiarities of a server that is more than one process."""

import dataclasses

from seatrial.reference_server.settings import Settings
from seatrial.reference_server.variants import oddity


@oddity(layer="settings")
def serves_with_two_workers(settings: Settings) -> Settings:
    """Serve with two processes, each with a socket of its own on the port."""
    return dataclasses.replace(settings, workers=2)
