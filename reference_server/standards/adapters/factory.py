"""The decorators for adapters by their kind, as engines make them that name the kind themselves."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from starlette.requests import Request

from seatrial.reference_server.standards.adapters.constants import LoRAHandlerType
from seatrial.reference_server.standards.adapters.decorators import (
    register_load_adapter_handler,
    register_unload_adapter_handler,
)
from seatrial.reference_server.standards.adapters.injection import Injection
from seatrial.reference_server.standards.transforms.bodies import parse
from seatrial.reference_server.standards.transforms.callers import Endpoint, Handler, call, endpoint_like
from seatrial.reference_server.standards.transforms.refusals import RefusedError
from seatrial.reference_server.standards.transforms.requests import as_http, document_of, replace_body
from seatrial.reference_server.standards.transforms.shapes import Expression, Shape

Decorator = Callable[[Handler], Endpoint]


@dataclass(frozen=True)
class AppendOperation:
    """A value of a shape that is put after what stands in the body.

    Args:
        separator: what comes between the two.
        expression: a JMESPath that finds what is put there.
        operation: always `append`.
    """

    separator: str
    expression: str
    operation: str = "append"


def create_lora_transform_decorator(handler_type: str) -> Callable[..., Decorator]:
    """Return the decorator of a kind; it takes `request_shape` and `response_shape`.

    Raises:
        ValueError: there is no such kind.
    """
    makers: dict[str, Callable[..., Decorator]] = {
        LoRAHandlerType.REGISTER_ADAPTER: register_load_adapter_handler,
        LoRAHandlerType.UNREGISTER_ADAPTER: register_unload_adapter_handler,
        LoRAHandlerType.INJECT_ADAPTER_ID: inject,
    }
    if handler_type not in makers:
        raise ValueError(f"{handler_type!r} is no kind of handler, expected one of {', '.join(makers)}")
    return makers[handler_type]


def inject(request_shape: Shape, response_shape: Shape | None = None) -> Decorator:
    """Return the decorator that puts into the body what its shape finds in the request.

    Args:
        request_shape: from paths in the body to JMESPath expressions or `AppendOperation`.
        response_shape: has no use.

    Raises:
        ValueError: a path or an expression cannot be read.
    """
    del response_shape
    injector = Injector(request_shape)

    def decorate(handler: Handler) -> Endpoint:
        async def with_values(raw_request: Request) -> Any:
            try:
                await injector.apply(raw_request)
            except RefusedError as refused:
                raise as_http(refused) from refused
            return await call(handler, raw_request)

        return endpoint_like(handler, with_values)

    return decorate


class Injector:
    """Puts into the body of a request what a shape finds in it.

    Args:
        shape: from paths in the body to JMESPath expressions or `AppendOperation`.

    Raises:
        ValueError: a path or an expression cannot be read.
    """

    def __init__(self, shape: Shape) -> None:
        self._steps = tuple(_step(path, value) for path, value in shape.items())

    async def apply(self, request: Request) -> None:
        """Change a request.

        Raises:
            RefusedError: its body is no JSON object (400), or has no place for the value (500).
        """
        body = read = await request.body()
        document = document_of(request, parse(body))
        for injection, expression in self._steps:
            body = injection.into(body, expression.find(document))
        if body is not read:
            replace_body(request, body)


def _step(path: str, value: Any) -> tuple[Injection, Expression]:
    if isinstance(value, AppendOperation):
        return Injection(path, append=True, separator=value.separator), Expression(value.expression)
    return Injection(path), Expression(value)
