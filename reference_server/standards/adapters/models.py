"""The request to load an adapter: JSON, or else the query string."""

import json
from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, ValidationError, field_validator

from seatrial.reference_server.standards.transforms.refusals import RefusedError


class SageMakerRegisterLoRAAdapterRequest(BaseModel):
    """What is to be loaded; further fields are dropped.

    Args:
        name: what callers will call it.
        src: where it is: a path, or an address that the engine understands.
        preload: whether it is to be in memory before anybody asks for it.
        pin: whether it is to stay there.
    """

    name: str
    src: str
    preload: bool = True
    pin: bool = False

    @field_validator("name", "src")
    @classmethod
    def _not_empty(cls, value: str, info: Any) -> str:
        if not value:
            raise ValueError(f"The parameter {info.field_name} cannot be an empty string")
        return value


def load_request(body: bytes, query: Mapping[str, str]) -> SageMakerRegisterLoRAAdapterRequest:
    """Read a request to load an adapter.

    Args:
        body: JSON; only where it is none the query counts.
        query: the query string.

    Raises:
        RefusedError: the request lacks something or has it wrong (400).
    """
    return validated(_wanted(body, query))


def validated(wanted: Any) -> SageMakerRegisterLoRAAdapterRequest:
    """Return a request to load an adapter from what was sent.

    Raises:
        RefusedError: it lacks something or has it wrong (400).
    """
    try:
        return SageMakerRegisterLoRAAdapterRequest.model_validate(wanted)
    except ValidationError as error:
        raise RefusedError(400, error.json(include_url=False)) from error


def _wanted(body: bytes, query: Mapping[str, str]) -> Any:
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return dict(query)
