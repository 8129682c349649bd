"""Middleware of customers: how it is registered, which one runs, and where.

This is what scripts import as `common.fastapi.middleware`.
"""

from seatrial.reference_server.standards.middleware.decorators import (
    custom_middleware,
    input_formatter,
    output_formatter,
)
from seatrial.reference_server.standards.middleware.registry import (
    MiddlewareInfo,
    MiddlewareRegistry,
    middleware_registry,
)
from seatrial.reference_server.standards.middleware.stack import create_middleware_object, load_middlewares

__all__ = [
    "MiddlewareInfo",
    "MiddlewareRegistry",
    "create_middleware_object",
    "custom_middleware",
    "input_formatter",
    "load_middlewares",
    "middleware_registry",
    "output_formatter",
]
