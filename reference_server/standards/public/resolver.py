"""Who answers, in steps that an engine can replace: `common.handler.resolver`."""

import abc

from seatrial.reference_server.standards import registry
from seatrial.reference_server.standards.exceptions import HandlerFileNotFoundError, HandlerNotFoundError
from seatrial.reference_server.standards.registry import Handler, HandlerRegistry


class HandlerConfig(abc.ABC):
    """Where the handlers of one kind of container come from."""

    @abc.abstractmethod
    def get_env_handler(self, handler_type: str) -> Handler | str | None:
        """Return the handler that a variable names; a text is the path of a route, which answers nothing here."""

    @abc.abstractmethod
    def get_customer_script_handler(self, handler_type: str) -> Handler | None:
        """Return the handler that the customer's script defines."""


class GenericHandlerResolver:
    """Asks a variable, then what was decorated, then the script; the first that has a handler wins.

    Args:
        config: where handlers come from.
        registry: what was decorated, in this process by default.
    """

    def __init__(self, config: HandlerConfig, registry: HandlerRegistry | None = None) -> None:
        self.config = config
        self.registry = _everybodys() if registry is None else registry

    def resolve_handler(self, handler_type: str) -> Handler | None:
        """Return the handler of a kind, None where the engine's own answers.

        Raises:
            HandlerResolutionError: a variable names something that is no handler.
            Exception: whatever the customer's code raises when it is imported.
        """
        sources = (self.config.get_env_handler, self.registry.get_decorator_handler, self._from_script)
        found = (source(handler_type) for source in sources)
        return next((handler for handler in found if callable(handler)), None)

    def _from_script(self, handler_type: str) -> Handler | None:
        try:
            return self.config.get_customer_script_handler(handler_type)
        except (HandlerFileNotFoundError, HandlerNotFoundError):
            return None


def _everybodys() -> HandlerRegistry:
    return registry.handler_registry
