"""Who answers a route: the variable, else the decorator, else the function in the script, else the engine.

Each route is decided for itself. A source that is there and broken ends the start: it never falls to the next one.
"""

from collections.abc import Mapping
from enum import StrEnum
from types import ModuleType
from typing import Final

from seatrial.reference_server.standards import loading, registry
from seatrial.reference_server.standards.customer_code import CustomerCode
from seatrial.reference_server.standards.environment import FastAPIEnvVars
from seatrial.reference_server.standards.handlers import name_of
from seatrial.reference_server.standards.logging_config import logger
from seatrial.reference_server.standards.registry import Handler

PING: Final = "ping"
INVOKE: Final = "invoke"


class Source(StrEnum):
    """Where a customer's handler may come from."""

    ENVIRONMENT = "environment variable"
    DECORATOR = "decorator"
    SCRIPT = "script function"


ORDER: tuple[Source, ...] = (Source.ENVIRONMENT, Source.DECORATOR, Source.SCRIPT)
# In this order: what the first one imports may bring decorators for the second.
KINDS: tuple[str, ...] = (INVOKE, PING)
VARIABLES: Mapping[str, str] = {
    PING: FastAPIEnvVars.CUSTOM_FASTAPI_PING_HANDLER,
    INVOKE: FastAPIEnvVars.CUSTOM_FASTAPI_INVOCATION_HANDLER,
}
FUNCTIONS: Mapping[str, str] = {
    PING: "custom_sagemaker_ping_handler",
    INVOKE: "custom_sagemaker_invocation_handler",
}
# Names that people expect to be found, and are not.
LOOKALIKES: Mapping[str, tuple[str, ...]] = {
    PING: ("ping", "ping_handler", "custom_ping_handler"),
    INVOKE: ("invoke", "invocations", "invocation_handler", "invocations_handler", "custom_invocation_handler"),
}


def overrides(code: CustomerCode) -> dict[str, Handler]:
    """Return the customer's handlers by kind; a kind without one is the engine's.

    Raises:
        HandlerResolutionError: a source names code that cannot be found or called.
        Exception: whatever that code raises when it is imported.
    """
    found = {kind: resolve(kind, code) for kind in KINDS}
    return {kind: handler for kind, handler in found.items() if handler is not None}


def resolve(kind: str, code: CustomerCode) -> Handler | None:
    """Return the customer's handler of one kind."""
    for source in ORDER:
        handler = find(source, kind, code)
        if handler is not None:
            logger.info("Found %s %s handler: %s", source.value, kind, name_of(handler))
            return handler
    return None


def find(source: Source, kind: str, code: CustomerCode) -> Handler | None:
    """Return the handler that one source gives."""
    match source:
        case Source.ENVIRONMENT:
            return from_environment(kind, code)
        case Source.DECORATOR:
            return from_decorator(kind)
        case Source.SCRIPT:
            return from_script(kind, code.script)


def from_environment(kind: str, code: CustomerCode) -> Handler | None:
    """Return the handler that a variable names."""
    return code.handler_of(VARIABLES[kind])


def from_decorator(kind: str) -> Handler | None:
    """Return the handler that a customer decorated."""
    return registry.handler_registry.get_decorator_handler(kind)


def from_script(kind: str, script: ModuleType | None) -> Handler | None:
    """Return the function of the script that has the one name that counts."""
    if script is None:
        return None
    name = FUNCTIONS[kind]
    if hasattr(script, name):
        return loading.checked(getattr(script, name), name)
    for lookalike in LOOKALIKES[kind]:
        if getattr(getattr(script, lookalike, None), "__module__", None) == script.__name__:
            logger.info("%s in the script answers nothing: name it %s to have it answer", lookalike, name)
    return None
