"""The decorators for adapters, for handlers of FastAPI and Starlette.

A handler that loads or unloads takes what its `request_shape` finds and the request (`data, request`), or the request
alone. Its answer counts as a success unless it is a response of another status than 200; `response_shape` is accepted
and has no use here, because callers are told one fixed text.
"""

from collections.abc import Callable
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from seatrial.reference_server.standards.adapters import answers
from seatrial.reference_server.standards.adapters.constants import (
    LoRAHandlerType,
    RequestField,
    SageMakerLoRAApiHeader,
)
from seatrial.reference_server.standards.adapters.injection import Injection
from seatrial.reference_server.standards.adapters.models import load_request
from seatrial.reference_server.standards.registry import handler_registry
from seatrial.reference_server.standards.transforms.callers import Endpoint, Handler, call, endpoint_like, positions
from seatrial.reference_server.standards.transforms.refusals import RefusedError
from seatrial.reference_server.standards.transforms.requests import as_http, document_of, replace_body, response_of
from seatrial.reference_server.standards.transforms.shapes import CompiledShape, Shape

BOTH = 2

# What handlers of this process have loaded, from names to sources.
loaded_here: dict[str, str] = {}


def inject_adapter_id(
    adapter_path: str, append: bool = False, separator: str | None = None
) -> Callable[[Handler], Endpoint]:
    """Return the decorator that puts the adapter named by a header into the body; see `Injection`.

    Raises:
        ValueError: the arguments do not go together.
    """
    injection = Injection(adapter_path, append, separator)

    def decorate(handler: Handler) -> Endpoint:
        async def with_adapter(raw_request: Request) -> Any:
            body = await raw_request.body()
            adapter = raw_request.headers.get(SageMakerLoRAApiHeader.ADAPTER_IDENTIFIER)
            try:
                changed = injection.into(body, adapter)
            except RefusedError as refused:
                raise as_http(refused) from refused
            if changed is not body:
                replace_body(raw_request, changed)
            return await call(handler, raw_request)

        return endpoint_like(handler, with_adapter)

    return decorate


def register_load_adapter_handler(
    request_shape: Shape, response_shape: Shape | None = None
) -> Callable[[Handler], Endpoint]:
    """Return the decorator that serves POST /adapters with a handler.

    Args:
        request_shape: for each field of the handler's data a JMESPath: `body.name`, `body.src`, `body.preload`,
            `body.pin`, `headers."X-Name"`, `query_params.x`.
        response_shape: has no use.

    Raises:
        ValueError: a shape cannot be read.
    """
    shape, _ = CompiledShape(request_shape), CompiledShape(response_shape)

    def decorate(handler: Handler) -> Endpoint:
        async def load(raw_request: Request) -> Any:
            try:
                wanted = load_request(await raw_request.body(), raw_request.query_params)
                data = shape.apply(document_of(raw_request, wanted.model_dump()))
            except RefusedError as refused:
                raise as_http(refused) from refused
            returned = await _called(handler, data, raw_request)
            if _is_failure(returned):
                return returned
            loaded_here[wanted.name] = wanted.src
            return response_of(answers.loaded(wanted.name, _alias(raw_request)))

        return _served(LoRAHandlerType.REGISTER_ADAPTER, endpoint_like(handler, load))

    return decorate


def register_unload_adapter_handler(
    request_shape: Shape, response_shape: Shape | None = None
) -> Callable[[Handler], Endpoint]:
    """Return the decorator that serves DELETE /adapters/{adapter_name} with a handler.

    Args:
        request_shape: for each field of the handler's data a JMESPath: `path_params.adapter_name`, `headers."X-Name"`,
            `query_params.x`.
        response_shape: has no use.

    Raises:
        ValueError: a shape cannot be read.
    """
    shape, _ = CompiledShape(request_shape), CompiledShape(response_shape)

    def decorate(handler: Handler) -> Endpoint:
        async def unload(raw_request: Request) -> Any:
            name = str(raw_request.path_params[RequestField.ADAPTER_NAME])
            try:
                data = shape.apply(document_of(raw_request, None))
            except RefusedError as refused:
                raise as_http(refused) from refused
            returned = await _called(handler, data, raw_request)
            if _is_failure(returned):
                return returned
            loaded_here.pop(name, None)
            return response_of(answers.unloaded(name, _alias(raw_request)))

        return _served(LoRAHandlerType.UNREGISTER_ADAPTER, endpoint_like(handler, unload))

    return decorate


async def list_adapters(raw_request: Request) -> Response:
    """Say which adapters the handlers of this process have loaded."""
    del raw_request
    return response_of(answers.listing(loaded_here))


def _served(kind: LoRAHandlerType, endpoint: Endpoint) -> Endpoint:
    """Register an endpoint, and with it the list of adapters."""
    handler_registry.set_handler(kind, endpoint)
    handler_registry.set_handler(LoRAHandlerType.LIST_ADAPTERS, list_adapters)
    return endpoint


async def _called(handler: Handler, data: Any, request: Request) -> Any:
    return await (call(handler, request) if positions(handler) < BOTH else call(handler, data, request))


def _is_failure(returned: Any) -> bool:
    return isinstance(returned, Response) and returned.status_code != 200


def _alias(request: Request) -> str | None:
    return request.headers.get(SageMakerLoRAApiHeader.ADAPTER_ALIAS)
