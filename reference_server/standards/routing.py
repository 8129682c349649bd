"""What scripts import as `common.fastapi.routing` and `sagemaker.sagemaker_router`: routers made from the registry."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from seatrial.reference_server.standards import registry, routes
from seatrial.reference_server.standards.bootstrap import bootstrap
from seatrial.reference_server.standards.routes import (
    ROUTES,
    RouteConfig,
    RouteResolver,
    get_lora_route_config,
    get_sagemaker_route_config,
)

if TYPE_CHECKING:
    from fastapi import APIRouter, FastAPI

__all__ = [
    "ROUTES",
    "RouteConfig",
    "check_route_conflicts",
    "create_router",
    "create_sagemaker_router",
    "get_lora_route_config",
    "get_sagemaker_route_config",
    "mount_handlers",
    "normalize_prefix",
    "safe_include_router",
    "setup_ping_invoke_routes",
]

# The name by which the README's last step is known.
setup_ping_invoke_routes = bootstrap


def normalize_prefix(prefix: str) -> str:
    """Return a prefix with one slash before it and none behind it."""
    bare = prefix.strip("/")
    return f"/{bare}" if bare else ""


def mount_handlers(
    router: "APIRouter", handler_names: Sequence[str] | None = None, route_resolver: RouteResolver | None = None
) -> None:
    """Append registered handlers to a router, all of them by default."""
    resolve = route_resolver or get_sagemaker_route_config
    for name in registry.handler_registry.list_handlers() if handler_names is None else handler_names:
        handler, route = registry.handler_registry.get_handler(name), resolve(name)
        if handler is not None and route is not None:
            routes.add(router, route, handler)


def create_router(prefix: str = "", route_resolver: RouteResolver | None = None, **router_kwargs: Any) -> "APIRouter":
    """Return a router with all registered handlers."""
    from fastapi import APIRouter  # noqa: PLC0415 - scripts may import this module without FastAPI

    router = APIRouter(prefix=normalize_prefix(prefix), **router_kwargs)
    mount_handlers(router, route_resolver=route_resolver)
    return router


def create_sagemaker_router() -> "APIRouter":
    """Return a router with all registered handlers."""
    return create_router(route_resolver=get_sagemaker_route_config)


def check_route_conflicts(app: "FastAPI", router: "APIRouter", prefix: str = "") -> list[str]:
    """Return the routes of a router, `GET /ping`, that an application answers already."""
    from starlette.routing import Route  # noqa: PLC0415 - scripts may import this module without FastAPI

    wanted = (
        RouteConfig(normalize_prefix(prefix) + route.path, method)
        for route in router.routes
        if isinstance(route, Route)
        for method in sorted(route.methods or ())
    )
    return [f"{route.method} {route.path}" for route in wanted if routes.answers(app, route)]


def safe_include_router(app: "FastAPI", router: "APIRouter") -> None:
    """Put the routes of a router in front of everything that an application serves."""
    present = list(app.router.routes)
    app.include_router(router)
    added = app.router.routes[len(present) :]
    app.router.routes[:] = [*added, *present]
