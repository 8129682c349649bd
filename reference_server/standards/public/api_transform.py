"""The class from which changes of requests and answers are derived: `common.transforms.base_api_transform`."""

import abc
from collections.abc import Callable, Mapping
from types import SimpleNamespace
from typing import Any

from pydantic import BaseModel
from starlette.requests import Request
from starlette.responses import Response

from seatrial.reference_server.standards.public.serialize import serialize_request, serialize_response
from seatrial.reference_server.standards.transforms.callers import call
from seatrial.reference_server.standards.transforms.shapes import CompiledShape, Shape


class BaseTransformRequestOutput(BaseModel):
    """What became of a request.

    Args:
        request: what the handler gets beside the request itself, nothing where it is empty.
        raw_request: the request.
        intercept_func: what is called in place of the handler, if anything is.
    """

    request: Any | None = None
    raw_request: Any | None = None
    intercept_func: Callable[..., Any] | None = None


class BaseApiTransform(abc.ABC):
    """Changes requests on their way to a handler, and its answers on their way out.

    Args:
        request_shape: from fields of the handler's data to JMESPath expressions.
        response_shape: the same for answers.

    Raises:
        ValueError: an expression cannot be read.
    """

    def __init__(self, request_shape: Shape, response_shape: Shape | None = None) -> None:
        self._request_shape = CompiledShape(request_shape)
        self._response_shape = CompiledShape(response_shape)

    @abc.abstractmethod
    async def transform_request(self, raw_request: Request) -> Any:
        """Return what becomes of a request, a `BaseTransformRequestOutput`."""

    @abc.abstractmethod
    def transform_response(self, response: Any, transform_request_output: Any) -> Any:
        """Return what becomes of an answer."""

    async def intercept(self, func: Callable[..., Any], transform_request_output: BaseTransformRequestOutput) -> Any:
        """Call the handler, or what takes its place, with what became of the request."""
        output = transform_request_output
        handler = output.intercept_func or func
        if not output.request:
            return await call(handler, output.raw_request)
        data = SimpleNamespace(**output.request) if isinstance(output.request, dict) else output.request
        return await call(handler, data, output.raw_request)

    def _transform(self, source_data: Mapping[str, Any], target_shape: CompiledShape) -> dict[str, Any]:
        return vars(target_shape.apply(source_data))

    def _transform_request(self, request: BaseModel | dict[str, Any] | None, raw_request: Request) -> dict[str, Any]:
        return self._transform(serialize_request(request, raw_request), self._request_shape)

    def _transform_response(self, response: Response) -> dict[str, Any]:
        return self._transform(serialize_response(response), self._response_shape)

    def _transform_ok_response(self, response: Response, **kwargs: Any) -> Any:
        raise NotImplementedError

    def _transform_error_response(self, response: Response, **kwargs: Any) -> Any:
        raise NotImplementedError
