"""What requests about adapters hold, and what becomes of them: `sagemaker.lora.models`."""

from pydantic import BaseModel

from seatrial.reference_server.standards.adapters.factory import AppendOperation
from seatrial.reference_server.standards.adapters.models import SageMakerRegisterLoRAAdapterRequest
from seatrial.reference_server.standards.public.api_transform import BaseTransformRequestOutput

__all__ = [
    "AppendOperation",
    "BaseLoRATransformRequestOutput",
    "SageMakerListLoRAAdaptersRequest",
    "SageMakerRegisterLoRAAdapterRequest",
    "SageMakerUpdateLoRAAdapterRequest",
]


class SageMakerUpdateLoRAAdapterRequest(BaseModel):
    """An adapter that is to be replaced; no route takes it."""

    src: str
    preload: bool | None = None
    pin: bool | None = None
    prompt_prefix: str | None = None


class SageMakerListLoRAAdaptersRequest(BaseModel):
    """Which part of a list is wanted; no route takes it."""

    limit: int = 100
    next_page_token: int | None = None


class BaseLoRATransformRequestOutput(BaseTransformRequestOutput):
    """What became of a request about an adapter, and which adapter that is."""

    adapter_name: str | None = None
