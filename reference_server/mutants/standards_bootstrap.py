"""Faults of when customer files are loaded, and of what becomes of the handlers that they register."""

from collections.abc import Callable
from types import ModuleType
from typing import Any

from seatrial.reference_server.mutants.standards_tools import change, part
from seatrial.reference_server.variants import mutant

Function = Callable[..., Any]


@mutant(kills="bootstrap.override-effective", reason="OVERRIDE_NOT_MOUNTED", layer="standards")
def mounts_no_override(package: ModuleType) -> ModuleType:
    """Find the customer's handlers, and let the engine's answer all the same."""

    def make(real: Function) -> Function:
        def overrides(code: object) -> dict[str, object]:
            real(code)
            return {}

        return overrides

    return change(package, "resolution", "overrides", make)


@mutant(kills="bootstrap.load-order", reason="LOAD_ORDER", layer="standards")
def loads_the_health_check_first(package: ModuleType) -> ModuleType:
    """Load the file of the health check before that of inference."""
    return change(package, "resolution", "KINDS", lambda real: tuple(reversed(real)))


@mutant(kills="bootstrap.late-registration-ignored", reason="LATE_HANDLER_MOUNTED", layer="standards")
def always_asks_the_registry(package: ModuleType) -> ModuleType:
    """Look a decorated handler up at each request, so that one that comes late replaces it."""
    from starlette.requests import Request  # noqa: PLC0415  servers without this fault need not import it

    registry = part(package, "registry").handler_registry

    def make(real: Function) -> Function:
        def from_decorator(kind: str) -> Function | None:
            if real(kind) is None:
                return None

            async def latest(request: Request) -> object:
                return await registry.get_decorator_handler(kind)(request)

            return latest

        return from_decorator

    return change(package, "resolution", "from_decorator", make)


@mutant(kills="bootstrap.late-registration-ignored", reason="LATE_REGISTRATION_FAILS", layer="standards")
def minds_late_handlers(package: ModuleType) -> ModuleType:
    """Raise where a handler is registered for a route that is answered already."""
    registry = part(package, "registry").handler_registry

    def make(real: Function) -> Function:
        def set_decorator_handler(self: object, handler_type: str, handler: Function) -> None:
            if registry.has_handler(handler_type):
                raise RuntimeError(f"{handler_type} is answered already")
            real(self, handler_type, handler)

        return set_decorator_handler

    owner = part(package, "registry").HandlerRegistry
    owner.set_decorator_handler = make(owner.set_decorator_handler)
    return package
