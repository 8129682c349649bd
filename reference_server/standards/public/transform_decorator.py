"""A decorator made from a class that changes requests and answers: `common.transforms.base_factory`."""

from collections.abc import Callable
from typing import Any, TypeAlias

from starlette.requests import Request

from seatrial.reference_server.standards.public.api_transform import BaseApiTransform
from seatrial.reference_server.standards.registry import handler_registry
from seatrial.reference_server.standards.transforms.callers import Endpoint, Handler, endpoint_like
from seatrial.reference_server.standards.transforms.shapes import Shape

Decorator: TypeAlias = Callable[[Handler], Handler]


def create_transform_decorator(
    handler_type: str, transform_resolver: Callable[[str], type[BaseApiTransform]]
) -> Callable[..., Decorator]:
    """Return a decorator of a kind that takes `request_shape` and `response_shape`, and registers what it decorates.

    Args:
        handler_type: the kind of handler.
        transform_resolver: gives the class for a kind. Where neither shape is given none is asked for, and the
            handler is registered as it is.
    """

    def with_shapes(request_shape: Shape | None = None, response_shape: Shape | None = None) -> Decorator:
        def decorate(func: Handler) -> Handler:
            if request_shape is None and response_shape is None:
                handler_registry.set_handler(handler_type, func)
                return func
            transform = transform_resolver(handler_type)(request_shape or {}, response_shape or {})
            endpoint = transforming(transform, func)
            handler_registry.set_handler(handler_type, endpoint)
            return endpoint

        return decorate

    return with_shapes


def transforming(transform: BaseApiTransform, func: Handler) -> Endpoint:
    """Return an endpoint that calls a handler through a transform."""

    async def endpoint(raw_request: Request) -> Any:
        output = await transform.transform_request(raw_request)
        response = await transform.intercept(func, output)
        return transform.transform_response(response, output)

    return endpoint_like(func, endpoint)
