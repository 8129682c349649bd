"""The decorators with which engines offer a default and customers override it."""

from collections.abc import Callable
from typing import overload

from seatrial.reference_server.standards import registry
from seatrial.reference_server.standards.logging_config import logger
from seatrial.reference_server.standards.registry import Handler, HandlerRegistry, handler_registry

__all__ = [
    "HandlerRegistry",
    "RegisterDecorator",
    "create_override_decorator",
    "create_register_decorator",
    "handler_registry",
    "override_handler",
    "register_handler",
]

OverrideDecorator = Callable[[Handler], Handler]


class RegisterDecorator:
    """Offers an engine's function as the default of a kind; `@decorator` and `@decorator()` both do.

    Args:
        kind: the kind of handler.
        into: where to register it.
    """

    def __init__(self, kind: str, into: HandlerRegistry) -> None:
        self.kind = kind
        self.registry = into

    @overload
    def __call__(self, func: Handler) -> Handler: ...

    @overload
    def __call__(self, func: None = None) -> "RegisterDecorator": ...

    def __call__(self, func: Handler | None = None) -> "Handler | RegisterDecorator":
        """Register a function and return it as it is."""
        if func is None:
            return self
        logger.debug("registered %s as the engine's %s handler", name_of(func), self.kind)
        self.registry.set_framework_default(self.kind, func)
        return func


def create_register_decorator(handler_type: str, handler_registry: HandlerRegistry) -> RegisterDecorator:
    """Return the decorator with which an engine offers its default."""
    return RegisterDecorator(handler_type, handler_registry)


def create_override_decorator(handler_type: str, handler_registry: HandlerRegistry) -> OverrideDecorator:
    """Return the decorator with which a customer overrides a kind of handler; it takes no parentheses."""

    def decorate(func: Handler) -> Handler:
        logger.debug("a decorator overrides the %s handler with %s", handler_type, name_of(func))
        handler_registry.set_decorator_handler(handler_type, func)
        return func

    return decorate


def register_handler(name: str) -> RegisterDecorator:
    """Return the decorator with which an engine offers its default."""
    return create_register_decorator(name, registry.handler_registry)


def override_handler(name: str) -> OverrideDecorator:
    """Return the decorator with which a customer overrides a kind of handler."""
    return create_override_decorator(name, registry.handler_registry)


def name_of(func: Handler) -> str:
    """Return the name of a function for a log line."""
    return str(getattr(func, "__name__", type(func).__name__))
