"""The names that requests and answers about sessions use, and the one request there is."""

from enum import StrEnum
from typing import Any, Final

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from seatrial.reference_server.standards.transforms.refusals import RefusedError


class SageMakerSessionHeader:
    """Names of the headers."""

    SESSION_ID: Final = "X-Amzn-SageMaker-Session-Id"
    NEW_SESSION_ID: Final = "X-Amzn-SageMaker-New-Session-Id"
    CLOSED_SESSION_ID: Final = "X-Amzn-SageMaker-Closed-Session-Id"


class SessionRequestType(StrEnum):
    """What is asked for."""

    NEW_SESSION = "NEW_SESSION"
    CLOSE = "CLOSE"


class SessionRequest(BaseModel):
    """A request about a session itself: a body with this one key and no other."""

    model_config = ConfigDict(extra="forbid")

    requestType: SessionRequestType = Field()  # noqa: N815 - the key of the request


KEY = "requestType"
# What is answered where sessions are off: to a request about one, and to an inference that names one.
SESSION_DISABLED_ERROR_DETAIL: Final = "Invalid payload. stateful sessions not enabled"
SESSION_DISABLED_LOG_MESSAGE: Final = (
    f"{SESSION_DISABLED_ERROR_DETAIL}, {SageMakerSessionHeader.SESSION_ID} header not supported"
)


def asked(document: Any) -> SessionRequestType | None:
    """Return what a body asks for, None if it is no request about a session.

    Raises:
        RefusedError: it is meant as one and is none (400).
    """
    if not isinstance(document, dict | list | str) or KEY not in document:
        return None
    try:
        return SessionRequest.model_validate(document).requestType
    except ValidationError as error:
        raise RefusedError(400, error.json(include_url=False)) from error
