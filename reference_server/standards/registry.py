"""Who has registered what: handlers by kind, with the defaults of engines and the overrides of customers apart.

Kinds are `ping`, `invoke`, and further ones that other parts bring, such as the loading of adapters (`routes.py`).
"""

from collections.abc import Callable
from typing import Any, TypeAlias

Handler: TypeAlias = Callable[..., Any]


class HandlerRegistry:
    """Three tables: what is served, what engines offer as a default, what customers decorated."""

    def __init__(self) -> None:
        self._handlers: dict[str, Handler] = {}
        self._defaults: dict[str, Handler] = {}
        self._decorated: dict[str, Handler] = {}

    def set_handler(self, name: str, handler: Handler) -> None:
        """Serve a handler; the last one wins."""
        self._handlers[name] = handler

    def set_framework_default(self, handler_type: str, handler: Handler) -> None:
        """Take the default of an engine; the last one wins."""
        self._defaults[handler_type] = handler

    def set_decorator_handler(self, handler_type: str, handler: Handler) -> None:
        """Take the override of a customer; the last one wins."""
        self._decorated[handler_type] = handler

    def get_handler(self, name: str) -> Handler | None:
        """Return what is served."""
        return self._handlers.get(name)

    def get_framework_default(self, handler_type: str) -> Handler | None:
        """Return the default of the engine."""
        return self._defaults.get(handler_type)

    def get_decorator_handler(self, handler_type: str) -> Handler | None:
        """Return what a customer decorated."""
        return self._decorated.get(handler_type)

    def has_handler(self, name: str) -> bool:
        """Return whether something is served."""
        return name in self._handlers

    def has_framework_default(self, handler_type: str) -> bool:
        """Return whether an engine offers a default."""
        return handler_type in self._defaults

    def has_decorator_handler(self, handler_type: str) -> bool:
        """Return whether a customer decorated a handler."""
        return handler_type in self._decorated

    def remove_handler(self, name: str) -> None:
        """Serve it no longer."""
        self._handlers.pop(name, None)

    def remove_framework_default(self, handler_type: str) -> None:
        """Forget the default of the engine."""
        self._defaults.pop(handler_type, None)

    def remove_decorator_handler(self, handler_type: str) -> None:
        """Forget what a customer decorated."""
        self._decorated.pop(handler_type, None)

    def list_handlers(self) -> list[str]:
        """Return the kinds that are served."""
        return list(self._handlers)

    def list_framework_defaults(self) -> list[str]:
        """Return the kinds that have a default."""
        return list(self._defaults)

    def list_decorator_handlers(self) -> list[str]:
        """Return the kinds that customers decorated."""
        return list(self._decorated)

    def clear(self) -> None:
        """Forget everything."""
        for table in (self._handlers, self._defaults, self._decorated):
            table.clear()


handler_registry = HandlerRegistry()
