"""What faults of the process are made of: another configuration of uvicorn. Nothing here is a mutant."""

import dataclasses
from typing import Any

import uvicorn

from seatrial.reference_server.process import ServerProcess
from seatrial.reference_server.protocols.asgi import App
from seatrial.reference_server.settings import Settings


def reconfigured(process: type[ServerProcess], *, backlog: int = 0, **changed: Any) -> type[ServerProcess]:
    """Return a process whose uvicorn is configured otherwise.

    Args:
        process: the one to change.
        backlog: of the listening socket; 0 leaves it as it is.
        changed: attributes of `uvicorn.Config`.
    """

    class Reconfigured(process):  # type: ignore[valid-type, misc]  # a base that is only known at run time
        def __init__(self, settings: Settings, chosen: Any = ()) -> None:
            super().__init__(dataclasses.replace(settings, backlog=backlog or settings.backlog), chosen)

        def http_config(self, app: App) -> uvicorn.Config:
            config: uvicorn.Config = super().http_config(app)
            for name, value in changed.items():
                setattr(config, name, value)
            return config

    return Reconfigured
