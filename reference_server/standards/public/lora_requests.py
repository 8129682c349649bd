"""Which adapter a request is about: `sagemaker.lora.utils`."""

from starlette.requests import Request

from seatrial.reference_server.standards.adapters.constants import RequestField, SageMakerLoRAApiHeader
from seatrial.reference_server.standards.public.lora_models import BaseLoRATransformRequestOutput


def get_adapter_alias_from_request_header(raw_request: Request) -> str | None:
    """Return the name that the caller would like to be told, None where there is none."""
    return raw_request.headers.get(SageMakerLoRAApiHeader.ADAPTER_ALIAS) or None


def get_adapter_name_from_request_path(raw_request: Request) -> str | None:
    """Return the name in the path, None where there is none."""
    return raw_request.path_params.get(RequestField.ADAPTER_NAME) or None


def get_adapter_name_from_request(transform_request_output: BaseLoRATransformRequestOutput) -> str | None:
    """Return the name in the path, else in the body, else in the header, None where there is none."""
    request = transform_request_output.raw_request
    return (
        (get_adapter_name_from_request_path(request) if request is not None else None)
        or transform_request_output.adapter_name
        or (request.headers.get(SageMakerLoRAApiHeader.ADAPTER_IDENTIFIER) if request is not None else None)
        or None
    )
