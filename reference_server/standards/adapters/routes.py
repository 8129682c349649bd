"""The routes of adapters that `bootstrap` mounts in an application of FastAPI."""

from typing import NamedTuple

from seatrial.reference_server.standards.adapters.constants import LoRAHandlerType, RequestField
from seatrial.reference_server.standards.registry import handler_registry
from seatrial.reference_server.standards.transforms.callers import Endpoint

PATH = "/adapters"
ONE = f"{PATH}/{{{RequestField.ADAPTER_NAME}}}"


class AdapterRoute(NamedTuple):
    """One route.

    Args:
        path: the path, with parameters in braces.
        method: the method.
        endpoint: a coroutine function of the request.
        override: whether it replaces a route of the engine's own.
    """

    path: str
    method: str
    endpoint: Endpoint
    override: bool


def adapter_routes() -> tuple[AdapterRoute, ...]:
    """Return the routes of the handlers that were registered, and with them the list; none without a handler."""
    kinds = ((LoRAHandlerType.REGISTER_ADAPTER, PATH, "POST"), (LoRAHandlerType.UNREGISTER_ADAPTER, ONE, "DELETE"))
    found = ((path, method, handler_registry.get_handler(kind)) for kind, path, method in kinds)
    routes = tuple(AdapterRoute(path, method, handler, override=True) for path, method, handler in found if handler)
    if not routes:
        return ()
    # A handler was registered, so Starlette is here already.
    from seatrial.reference_server.standards.adapters.decorators import list_adapters  # noqa: PLC0415

    return (*routes, AdapterRoute(PATH, "GET", list_adapters, override=False))
