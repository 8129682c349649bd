"""The middleware that variables name.

CUSTOM_FASTAPI_MIDDLEWARE_THROTTLE            throttle
CUSTOM_FASTAPI_MIDDLEWARE_PRE_POST_PROCESS    pre_post_process, before the two below
CUSTOM_PRE_PROCESS, CUSTOM_POST_PROCESS       pre_post_process, combined into one
"""

from collections.abc import Mapping

from seatrial.reference_server.standards import environment
from seatrial.reference_server.standards.environment import FastAPIEnvVars
from seatrial.reference_server.standards.loading import FunctionLoader
from seatrial.reference_server.standards.logging_config import logger
from seatrial.reference_server.standards.middleware import formatters
from seatrial.reference_server.standards.middleware.decorators import PRE_POST_PROCESS, THROTTLE, Middleware

# In the order in which they are imported.
VARIABLES: Mapping[str, str] = {
    FastAPIEnvVars.CUSTOM_FASTAPI_MIDDLEWARE_THROTTLE: THROTTLE,
    FastAPIEnvVars.CUSTOM_FASTAPI_MIDDLEWARE_PRE_POST_PROCESS: PRE_POST_PROCESS,
    FastAPIEnvVars.CUSTOM_PRE_PROCESS: PRE_POST_PROCESS,
    FastAPIEnvVars.CUSTOM_POST_PROCESS: PRE_POST_PROCESS,
}


class MiddlewareEnvironmentLoader:
    """What the variables of one environment name.

    Args:
        environ: the variables, those of this process by default.
    """

    def __init__(self, environ: Mapping[str, str] | None = None) -> None:
        self.environ = environ
        self.found: dict[str, Middleware] = {}
        self.errors: dict[str, Exception] = {}

    def load(self, function_loader: FunctionLoader) -> None:
        """Import what the variables name; a variable that cannot be followed is kept in `errors`."""
        for variable in VARIABLES:
            self.load_middleware(variable, function_loader)

    def load_middleware(self, name: str, function_loader: FunctionLoader) -> None:
        """Import what one variable names."""
        spec = environment.value_of(name, self.environ)
        if not spec:
            return
        try:
            self.found[name] = function_loader.load_function(spec)
        except Exception as error:  # noqa: BLE001 - foreign code may raise anything, and the start says so
            self.errors[name] = error
            logger.error("[MIDDLEWARE_ENV] Failed to load %s=%s: %s", name, spec, error)

    def get_middleware(self, middleware_name: str) -> Middleware | None:
        """Return what runs in a place, None where a variable of it is broken or none is set."""
        if middleware_name == THROTTLE:
            return self.found.get(FastAPIEnvVars.CUSTOM_FASTAPI_MIDDLEWARE_THROTTLE)
        whole = self.found.get(FastAPIEnvVars.CUSTOM_FASTAPI_MIDDLEWARE_PRE_POST_PROCESS)
        if whole is not None or self.error_of(middleware_name) is not None:
            return whole
        pre = self.found.get(FastAPIEnvVars.CUSTOM_PRE_PROCESS)
        post = self.found.get(FastAPIEnvVars.CUSTOM_POST_PROCESS)
        return formatters.combined(pre, post) if pre or post else None

    def has_middlewares(self) -> bool:
        """Return whether any variable names a middleware."""
        return bool(self.found)

    def error_of(self, middleware_name: str) -> tuple[str, Exception] | None:
        """Return the first variable of a place that cannot be followed, with the reason."""
        broken = ((name, error) for name, error in self.errors.items() if VARIABLES[name] == middleware_name)
        return next(broken, None)
