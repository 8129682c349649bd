"""The classes behind the decorators of adapters: `sagemaker.lora.transforms` and `.base_lora_api_transform`."""

from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from seatrial.reference_server.standards.adapters import answers
from seatrial.reference_server.standards.adapters.constants import LoRAHandlerType, RequestField
from seatrial.reference_server.standards.adapters.factory import Injector
from seatrial.reference_server.standards.adapters.models import (
    SageMakerRegisterLoRAAdapterRequest,
    load_request,
    validated,
)
from seatrial.reference_server.standards.public.api_transform import BaseApiTransform
from seatrial.reference_server.standards.public.lora_models import BaseLoRATransformRequestOutput
from seatrial.reference_server.standards.public.lora_requests import (
    get_adapter_alias_from_request_header,
    get_adapter_name_from_request,
    get_adapter_name_from_request_path,
)
from seatrial.reference_server.standards.transforms.refusals import RefusedError
from seatrial.reference_server.standards.transforms.requests import as_http, response_of
from seatrial.reference_server.standards.transforms.shapes import Shape


class BaseLoRAApiTransform(BaseApiTransform):
    """Changes requests about adapters; an answer of status 200 counts as a success."""

    def transform_response(self, response: Any, transform_request_output: BaseLoRATransformRequestOutput) -> Any:
        """Return what becomes of an answer, by its status."""
        change = self._transform_ok_response if response.status_code == 200 else self._transform_error_response
        request = transform_request_output.raw_request
        return change(
            response,
            adapter_name=get_adapter_name_from_request(transform_request_output),
            adapter_alias=None if request is None else get_adapter_alias_from_request_header(request),
        )


class _OneText(BaseLoRAApiTransform):
    """Tells callers one fixed text where the handler succeeded, and its own answer where it did not."""

    def _transform_error_response(self, response: Response, **kwargs: Any) -> Response:
        del kwargs
        return response


class RegisterLoRAApiTransform(_OneText):
    """Loads an adapter."""

    async def transform_request(self, raw_request: Request) -> BaseLoRATransformRequestOutput:
        """Read the request.

        Raises:
            HTTPException: it lacks something or has it wrong (400).
        """
        try:
            wanted = load_request(await raw_request.body(), raw_request.query_params)
        except RefusedError as refused:
            raise as_http(refused) from refused
        return BaseLoRATransformRequestOutput(
            request=self._transform_request(wanted, raw_request), raw_request=raw_request, adapter_name=wanted.name
        )

    def _transform_ok_response(self, response: Response, **kwargs: Any) -> Response:
        del response
        return response_of(answers.loaded(str(kwargs["adapter_name"]), kwargs["adapter_alias"]))


class UnregisterLoRAApiTransform(_OneText):
    """Unloads an adapter."""

    async def transform_request(self, raw_request: Request) -> BaseLoRATransformRequestOutput:
        """Read the path.

        Raises:
            HTTPException: it has no name (424).
        """
        name = validate_sagemaker_unregister_request(raw_request)
        data = self._transform_request(None, raw_request)
        return BaseLoRATransformRequestOutput(request=data, raw_request=raw_request, adapter_name=name)

    def _transform_ok_response(self, response: Response, **kwargs: Any) -> Response:
        del response
        return response_of(answers.unloaded(str(kwargs["adapter_name"]), kwargs["adapter_alias"]))


class InjectToBodyApiTransform(BaseLoRAApiTransform):
    """Puts into the body what a shape finds in the request; answers stay as they are."""

    def __init__(self, request_shape: Shape, response_shape: Shape | None = None) -> None:
        del response_shape
        super().__init__({})
        self._injector = Injector(request_shape)

    async def transform_request(self, raw_request: Request) -> BaseLoRATransformRequestOutput:
        """Change the body.

        Raises:
            HTTPException: it is no JSON object (400), or has no place for the value (500).
        """
        try:
            await self._injector.apply(raw_request)
        except RefusedError as refused:
            raise as_http(refused) from refused
        return BaseLoRATransformRequestOutput(raw_request=raw_request)

    def transform_response(self, response: Any, transform_request_output: Any) -> Any:
        """Return the answer."""
        del transform_request_output
        return response


def resolve_lora_transform(handler_type: str) -> type[BaseLoRAApiTransform]:
    """Return the class of a kind of handler.

    Raises:
        ValueError: there is no such kind.
    """
    classes: dict[str, type[BaseLoRAApiTransform]] = {
        LoRAHandlerType.REGISTER_ADAPTER: RegisterLoRAApiTransform,
        LoRAHandlerType.UNREGISTER_ADAPTER: UnregisterLoRAApiTransform,
        LoRAHandlerType.INJECT_ADAPTER_ID: InjectToBodyApiTransform,
    }
    if handler_type not in classes:
        raise ValueError(f"{handler_type!r} is no kind of handler, expected one of {', '.join(classes)}")
    return classes[handler_type]


def validate_sagemaker_register_request(request_data: Any) -> SageMakerRegisterLoRAAdapterRequest:
    """Return a request to load an adapter.

    Raises:
        HTTPException: it lacks something or has it wrong (400).
    """
    try:
        return validated(request_data)
    except RefusedError as refused:
        raise as_http(refused) from refused


def validate_sagemaker_unregister_request(raw_request: Request) -> str:
    """Return the name of the adapter that is to be unloaded.

    Raises:
        HTTPException: the path has none (424).
    """
    name = get_adapter_name_from_request_path(raw_request)
    if not name:
        raise as_http(RefusedError(424, f"the path has no {RequestField.ADAPTER_NAME.value}"))
    return name
