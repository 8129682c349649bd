"""Which middleware runs in which place: what a variable names, else what was decorated."""

from collections.abc import Mapping
from dataclasses import dataclass

from seatrial.reference_server.standards import environment
from seatrial.reference_server.standards.exceptions import MiddlewareConfigurationError
from seatrial.reference_server.standards.handlers import name_of
from seatrial.reference_server.standards.loading import FunctionLoader
from seatrial.reference_server.standards.logging_config import logger
from seatrial.reference_server.standards.middleware import decorators
from seatrial.reference_server.standards.middleware.decorators import ALLOWED_MIDDLEWARE_NAMES, Middleware
from seatrial.reference_server.standards.middleware.environment import MiddlewareEnvironmentLoader


@dataclass(frozen=True)
class MiddlewareInfo:
    """A middleware in its place.

    Args:
        name: the place.
        middleware: a function of `request` and `call_next`, or an ASGI class.
    """

    name: str
    middleware: Middleware


class MiddlewareRegistry:
    """The middleware of this process, one in a place."""

    def __init__(self) -> None:
        self._middlewares: dict[str, MiddlewareInfo] = {}

    def register_middleware(self, name: str, middleware: Middleware) -> None:
        """Put a middleware in a place."""
        self._middlewares[name] = MiddlewareInfo(name, middleware)

    def get_middleware(self, name: str) -> MiddlewareInfo | None:
        """Return what is in a place."""
        return self._middlewares.get(name)

    def has_middleware(self, name: str) -> bool:
        """Return whether a place is taken."""
        return name in self._middlewares

    def list_middlewares(self) -> list[str]:
        """Return the places that are taken."""
        return list(self._middlewares)

    def get_allowed_middleware_names(self) -> list[str]:
        """Return all places."""
        return list(ALLOWED_MIDDLEWARE_NAMES)

    def clear_middlewares(self) -> None:
        """Forget everything."""
        self._middlewares.clear()

    def load_middlewares(self, function_loader: FunctionLoader, environ: Mapping[str, str] | None = None) -> None:
        """Fill every place from the variables and the decorators.

        Raises:
            MiddlewareConfigurationError: a variable cannot be followed, and nothing was decorated for its place.
        """
        variables = MiddlewareEnvironmentLoader(environ)
        variables.load(function_loader)
        self.clear_middlewares()
        for place in ALLOWED_MIDDLEWARE_NAMES:
            middleware = choose(place, variables, environ)
            if middleware is not None:
                logger.info("%s middleware: %s", place, name_of(middleware))
                self.register_middleware(place, middleware)


def choose(
    place: str, variables: MiddlewareEnvironmentLoader, environ: Mapping[str, str] | None = None
) -> Middleware | None:
    """Return what runs in a place.

    Raises:
        MiddlewareConfigurationError: a variable cannot be followed, and nothing was decorated for its place.
    """
    named = variables.get_middleware(place)
    if named is not None:
        return named
    decorated = decorators.decorator_loader.get_middleware(place)
    broken = variables.error_of(place)
    if decorated is None and broken is not None:
        variable, error = broken
        raise MiddlewareConfigurationError(
            f"{variable} is {environment.value_of(variable, environ)!r}, which cannot be loaded: {error}"
        ) from error
    return decorated


middleware_registry = MiddlewareRegistry()
