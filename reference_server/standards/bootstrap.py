"""A FastAPI application, once its engine has finished it, gets the customer's code.

0. the variables of sessions and transforms are checked
1. the customer's script is imported
2. middleware: variables throttle, pre_post_process, pre, post are imported; then what was decorated
3. handlers: invocations, then ping
4. routes: overrides in front of the engine's own, and what was registered and has no route yet
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING
from weakref import WeakSet

from seatrial.reference_server.standards import registry, resolution, routes
from seatrial.reference_server.standards.customer_code import CustomerCode
from seatrial.reference_server.standards.logging_config import logger
from seatrial.reference_server.standards.middleware import stack
from seatrial.reference_server.standards.registry import Handler
from seatrial.reference_server.standards.sessions import manager as sessions

if TYPE_CHECKING:
    from fastapi import FastAPI

_done: "WeakSet[FastAPI]" = WeakSet()


def bootstrap(app: "FastAPI", environ: Mapping[str, str] | None = None) -> "FastAPI":
    """Load the customer's code into an application and return it. Call it last; a second call does nothing.

    Args:
        app: the application of the engine.
        environ: the variables, those of this process by default.

    Raises:
        HandlerResolutionError: a variable or the script names something that is no handler.
        MiddlewareError: a variable names something that is no middleware.
        SettingsError: a variable of sessions or transforms cannot be used.
        Exception: whatever the customer's code raises when it is imported.
    """
    if app in _done:
        logger.warning("bootstrap was called again for the same application: it has no effect")
        return app
    _done.add(app)
    sessions.start(environ)
    code = CustomerCode(environ)
    code.load_script()
    stack.load_middlewares(app, code.loader, environ)
    overrides = resolution.overrides(code)
    routes.mount(app, {**unserved(app), **served(), **overrides})
    for kind, handler in overrides.items():
        registry.handler_registry.set_handler(kind, handler)
    return app


def served() -> dict[str, Handler]:
    """Return the handlers that were registered to be served, such as those of adapters."""
    found = {kind: registry.handler_registry.get_handler(kind) for kind in registry.handler_registry.list_handlers()}
    return {kind: handler for kind, handler in found.items() if handler is not None and kind not in resolution.KINDS}


def unserved(app: "FastAPI") -> dict[str, Handler]:
    """Return the engine's defaults that its application has no route for."""
    found = {kind: registry.handler_registry.get_framework_default(kind) for kind in resolution.KINDS}
    return {
        kind: handler
        for kind, handler in found.items()
        if handler is not None and not routes.answers(app, routes.ROUTES[kind])
    }
