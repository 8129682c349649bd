"""Which path and method each kind of handler answers, and how it gets in front of what an application serves already.

A route of the application that answers the same request stays where it is and is never reached: this holds for plain
routes, for included routers of any FastAPI release, for mounted applications and for catch-alls alike.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from seatrial.reference_server.standards import parameters
from seatrial.reference_server.standards.handlers import name_of
from seatrial.reference_server.standards.logging_config import logger
from seatrial.reference_server.standards.registry import Handler

if TYPE_CHECKING:
    from fastapi import APIRouter, FastAPI


@dataclass
class RouteConfig:
    """Where a handler answers.

    Args:
        path: the path, with parameters in braces.
        method: the one method.
        tags: for the API's description.
        summary: for the API's description.
    """

    path: str
    method: str
    tags: list[str] | None = None
    summary: str | None = None


ROUTES: dict[str, RouteConfig] = {
    "ping": RouteConfig("/ping", "GET", ["health", "sagemaker"], "Say whether the model answers"),
    "invoke": RouteConfig("/invocations", "POST", ["inference", "sagemaker"], "Answer one request"),
    "register_adapter": RouteConfig("/adapters", "POST", ["adapters", "lora"], "Load an adapter"),
    "unregister_adapter": RouteConfig("/adapters/{adapter_name}", "DELETE", ["adapters", "lora"], "Unload an adapter"),
    "list_adapters": RouteConfig("/adapters", "GET", ["adapters", "lora"], "List the adapters that are loaded"),
}
LORA_ROUTE_REGISTRY = {kind: ROUTES[kind] for kind in ("register_adapter", "unregister_adapter")}

RouteResolver = Callable[[str], RouteConfig | None]


def get_sagemaker_route_config(handler_type: str) -> RouteConfig | None:
    """Return where a kind of handler answers."""
    return ROUTES.get(handler_type)


def get_lora_route_config(handler_type: str) -> RouteConfig | None:
    """Return where a kind of handler for adapters answers."""
    return LORA_ROUTE_REGISTRY.get(handler_type)


def mount(app: "FastAPI", handlers: Mapping[str, Handler]) -> None:
    """Put handlers in front of everything that an application serves; kinds without a route are left out."""
    routes = app.router.routes
    for kind, handler in handlers.items():
        route = ROUTES.get(kind)
        if route is not None:
            add(app.router, route, handler)
            routes.insert(0, routes.pop())


def add(router: "APIRouter", route: RouteConfig, handler: Handler) -> None:
    """Append one handler to the routes of a router."""
    endpoint = parameters.endpoint(handler)
    router.add_api_route(
        route.path,
        endpoint,
        methods=[route.method],
        tags=[*(route.tags or ())],
        summary=route.summary,
        operation_id=f"{route.method.lower()}_{name_of(handler)}_customer",
    )
    logger.info("Mounted handler: %s %s -> %s", route.method, route.path, name_of(handler))


def answers(app: "FastAPI", route: RouteConfig) -> bool:
    """Return whether an application has a route for this path and method."""
    from starlette.routing import Match  # noqa: PLC0415 - with FastAPI only where there is an application

    scope: dict[str, Any] = {
        "type": "http",
        "method": route.method,
        "path": route.path,
        "root_path": "",
        "headers": [],
        "query_string": b"",
        "app": app,
    }
    return any(candidate.matches(dict(scope))[0] is Match.FULL for candidate in app.router.routes)
