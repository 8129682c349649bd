"""An engine that is a plain ASGI application, with the customer's code around and in front of it.

    throttle --> layers of the engine --> pre- and post-processing --> the customer's handlers, else the engine

Only where there is customer code. FastAPI is imported for nothing else.
"""

import os
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from seatrial.reference_server.protocols.asgi import App, Receive, Scope, Send
from seatrial.reference_server.standards import alias, environment
from seatrial.reference_server.standards.exceptions import CustomerCodeError

Layer = Callable[[App], App]


def everything(path: str) -> bool:
    """Return that an engine has any path: it is not known which."""
    del path
    return True


def wrap(
    engine: App,
    *,
    layers: Sequence[Layer] = (),
    environ: Mapping[str, str] | None = None,
    serves: Callable[[str], bool] = everything,
) -> App:
    """Return an engine with the customer's code, or the engine itself where there is none.

    Args:
        engine: the application that answers whatever the customer's code does not.
        layers: what the engine runs around its routes, the outermost first.
        environ: the variables, those of this process by default.
        serves: whether the engine has a path. On others the methods that the customer's routes lack are refused (405).

    Raises:
        CustomerCodeError: the code cannot be used, so the server must not start; the message is one sentence.
    """
    variables = os.environ if environ is None else environ
    if not environment.has_customer_code(variables):
        return engine
    alias.install()
    try:
        return _wrapped(engine, layers, variables, serves)
    except SystemExit as error:
        raise CustomerCodeError(f"the customer's code ended the process with {error.code!r}") from error
    except Exception as error:
        reason = " ".join(f"{type(error).__name__}: {error}".split())
        raise CustomerCodeError(f"the customer's code cannot be used: {reason}") from error


def _wrapped(engine: App, layers: Sequence[Layer], environ: Mapping[str, str], serves: Callable[[str], bool]) -> App:
    from fastapi import FastAPI  # noqa: PLC0415 - it takes a third of a second

    from seatrial.reference_server.standards.bootstrap import bootstrap  # noqa: PLC0415 - it imports Starlette
    from seatrial.reference_server.standards.engine_route import EngineRoute  # noqa: PLC0415 - the same

    app: Any = FastAPI(openapi_url=None)
    app.router.routes.append(EngineRoute(engine, serves))
    for layer in reversed(layers):
        app.add_middleware(layer)
    bootstrap(app, environ)
    wrapped: App = app
    return wrapped


__all__ = ["CustomerCodeError", "Layer", "Receive", "Scope", "Send", "wrap"]
