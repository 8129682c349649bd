"""The decorators with which a customer registers middleware, and what they have registered."""

from collections.abc import Callable
from typing import Any, Final, TypeVar

from seatrial.reference_server.standards.exceptions import FormatterRegistrationError, MiddlewareRegistrationError
from seatrial.reference_server.standards.handlers import name_of
from seatrial.reference_server.standards.logging_config import logger
from seatrial.reference_server.standards.middleware import formatters

THROTTLE: Final = "throttle"
PRE_POST_PROCESS: Final = "pre_post_process"
ALLOWED_MIDDLEWARE_NAMES: Final = [THROTTLE, PRE_POST_PROCESS]

Middleware = Callable[..., Any]
T = TypeVar("T", bound=Callable[..., Any])


class MiddlewareDecoratorLoader:
    """What was decorated in this process."""

    def __init__(self) -> None:
        self.middlewares: dict[str, Middleware] = {}
        self.input_formatter: Middleware | None = None
        self.output_formatter: Middleware | None = None

    def set_middleware(self, name: str, middleware: Middleware) -> None:
        """Take a middleware.

        Raises:
            MiddlewareRegistrationError: there is no such place, or it is taken.
        """
        _check_name(name)
        if name in self.middlewares:
            raise MiddlewareRegistrationError(
                f"a second {name} middleware, {name_of(middleware)}, is registered after "
                f"{name_of(self.middlewares[name])}: keep one of them"
            )
        self.middlewares[name] = middleware

    def set_input_formatter(self, formatter: Middleware) -> None:
        """Take the function that sees each request.

        Raises:
            FormatterRegistrationError: there is one already.
        """
        self._check_free("input", self.input_formatter, formatter)
        self.input_formatter = formatter

    def set_output_formatter(self, formatter: Middleware) -> None:
        """Take the function that sees each response.

        Raises:
            FormatterRegistrationError: there is one already.
        """
        self._check_free("output", self.output_formatter, formatter)
        self.output_formatter = formatter

    def get_middleware(self, middleware_name: str) -> Middleware | None:
        """Return what runs in a place: a middleware before formatters."""
        if middleware_name in self.middlewares:
            return self.middlewares[middleware_name]
        if middleware_name == PRE_POST_PROCESS and (self.input_formatter or self.output_formatter):
            return formatters.combined(self.input_formatter, self.output_formatter)
        return None

    def has_middlewares(self) -> bool:
        """Return whether anything was decorated."""
        return any(self.get_middleware(name) is not None for name in ALLOWED_MIDDLEWARE_NAMES)

    def load(self) -> None:
        """Do nothing: decorators register at once."""

    def clear(self) -> None:
        """Forget everything."""
        self.middlewares.clear()
        self.input_formatter = self.output_formatter = None

    def _check_free(self, kind: str, present: Middleware | None, formatter: Middleware) -> None:
        if present is not None:
            raise FormatterRegistrationError(
                f"a second {kind} formatter, {name_of(formatter)}, is registered after {name_of(present)}: keep one"
            )


decorator_loader = MiddlewareDecoratorLoader()


def custom_middleware(name: str) -> Callable[[T], T]:
    """Return the decorator that registers a function or an ASGI class as a middleware.

    Args:
        name: `throttle`, outside everything else, or `pre_post_process`, directly around the handlers.

    Raises:
        MiddlewareRegistrationError: the name is another one.
    """
    _check_name(name)

    def decorate(middleware: T) -> T:
        decorator_loader.set_middleware(name, middleware)
        logger.debug("a decorator registered %s as the %s middleware", name_of(middleware), name)
        return middleware

    return decorate


def input_formatter(func: T) -> T:
    """Register a function that sees each request before its handler."""
    decorator_loader.set_input_formatter(func)
    return func


def output_formatter(func: T) -> T:
    """Register a function that sees each response after its handler."""
    decorator_loader.set_output_formatter(func)
    return func


def _check_name(name: str) -> None:
    if name not in ALLOWED_MIDDLEWARE_NAMES:
        names = " or ".join(ALLOWED_MIDDLEWARE_NAMES)
        raise MiddlewareRegistrationError(f"there is no place {name!r} for a middleware, expected {names}")
