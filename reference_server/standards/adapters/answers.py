"""What callers are told about adapters. No HTTP library."""

from collections.abc import Mapping

from seatrial.reference_server.standards.adapters.constants import ResponseMessage
from seatrial.reference_server.standards.transforms.asgi import JSON, Reply
from seatrial.reference_server.standards.transforms.bodies import dump


def loaded(name: str, alias: str | None) -> Reply:
    """Return the answer to a load; the alias, where there is one, stands for the name."""
    return Reply(200, ResponseMessage.ADAPTER_REGISTERED.format(alias=alias or name).encode())


def unloaded(name: str, alias: str | None) -> Reply:
    """Return the answer to an unload; the alias, where there is one, stands for the name."""
    return Reply(200, ResponseMessage.ADAPTER_UNREGISTERED.format(alias=alias or name).encode())


def listing(adapters: Mapping[str, str]) -> Reply:
    """Return the list of what is loaded, by name."""
    listed = [{"name": name, "src": src} for name, src in sorted(adapters.items())]
    return Reply(200, dump({"adapters": listed}), JSON)
