"""The names that requests and answers about adapters use."""

from enum import StrEnum
from typing import Final

PATH: Final = "/adapters"


class SageMakerLoRAApiHeader:
    """Names of the headers."""

    ADAPTER_IDENTIFIER: Final = "X-Amzn-SageMaker-Adapter-Identifier"
    ADAPTER_ALIAS: Final = "X-Amzn-SageMaker-Adapter-Alias"


class LoRAHandlerType(StrEnum):
    """The kinds under which handlers are registered."""

    REGISTER_ADAPTER = "register_adapter"
    UNREGISTER_ADAPTER = "unregister_adapter"
    INJECT_ADAPTER_ID = "inject_adapter_id"
    LIST_ADAPTERS = "list_adapters"


class RequestField(StrEnum):
    """Names of parts of a path."""

    ADAPTER_NAME = "adapter_name"


class ResponseMessage(StrEnum):
    """What a caller is told."""

    ADAPTER_REGISTERED = "Adapter {alias} registered"
    ADAPTER_UNREGISTERED = "Adapter {alias} unregistered"
    ADAPTER_UPDATED = "Adapter {alias} updated"
    ADAPTER_NOT_FOUND = "The adapter {alias} was not found"
    ADAPTER_INVALID_WEIGHTS = "doesn't contain tensors"
    ADAPTER_MAX_LORA_RANK = "greater than max_lora_rank"
