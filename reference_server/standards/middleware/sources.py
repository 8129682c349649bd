"""What scripts import as `common.fastapi.middleware.source`: the two sources of middleware."""

from seatrial.reference_server.standards.middleware.decorators import MiddlewareDecoratorLoader, decorator_loader
from seatrial.reference_server.standards.middleware.environment import MiddlewareEnvironmentLoader

__all__ = ["MiddlewareDecoratorLoader", "MiddlewareEnvironmentLoader", "decorator_loader"]
