"""Where middleware goes in an application: the throttle outside all of the engine's own layers, the other inside."""

import inspect
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from starlette.middleware import Middleware

from seatrial.reference_server.standards.loading import FunctionLoader
from seatrial.reference_server.standards.middleware import registry
from seatrial.reference_server.standards.middleware.decorators import PRE_POST_PROCESS, THROTTLE
from seatrial.reference_server.standards.middleware.function import FunctionMiddleware
from seatrial.reference_server.standards.middleware.registry import MiddlewareInfo

if TYPE_CHECKING:
    from fastapi import FastAPI


def load_middlewares(app: "FastAPI", function_loader: FunctionLoader, environ: Mapping[str, str] | None = None) -> None:
    """Find the middleware and add it to an application.

    Raises:
        MiddlewareConfigurationError: a variable cannot be followed.
        Exception: the constructor of a class refuses.
    """
    registry.middleware_registry.load_middlewares(function_loader, environ)
    install(app, registry.middleware_registry.get_middleware)


def install(app: "FastAPI", find: Any) -> None:
    """Add the middleware of both places to an application, and build its layers anew."""
    throttle, pre_post = find(THROTTLE), find(PRE_POST_PROCESS)
    # The first one is the outermost.
    if throttle is not None:
        app.user_middleware.insert(0, create_middleware_object(throttle))
    if pre_post is not None:
        app.user_middleware.append(create_middleware_object(pre_post))
    if throttle is not None or pre_post is not None:
        app.middleware_stack = app.build_middleware_stack()


def create_middleware_object(middleware_info: MiddlewareInfo) -> Middleware:
    """Return what Starlette builds a layer from: a class as it is, a function within `FunctionMiddleware`."""
    middleware = middleware_info.middleware
    if inspect.isclass(middleware):
        layer: Any = middleware  # a customer's class: whether it takes the application shows when it is built
        return Middleware(layer)
    return Middleware(FunctionMiddleware, dispatch=middleware)
