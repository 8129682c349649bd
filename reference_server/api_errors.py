"""Refusals in OpenAI's shape, which its clients turn into exceptions of their own."""

from typing import Any

import orjson

from seatrial.reference_server.errors import ServingError

TYPES = {404: "not_found_error", 503: "overloaded_error"}


class ApiError(ServingError):
    """Another refusal, told in OpenAI's shape."""

    def __init__(self, error: ServingError) -> None:
        super().__init__(error.message, code=error.code, headers=error.headers)
        self.status = error.status

    def body(self) -> bytes:
        """Return the JSON body, at most 2048 characters."""
        return orjson.dumps(described(self))


def described(error: ServingError) -> dict[str, Any]:
    """Return a refusal as an object: the body of an answer, or a record in the middle of a stream."""
    plain = orjson.loads(ServingError.body(error))["error"]
    usual = "server_error" if error.status >= 500 else "invalid_request_error"
    return {"error": {**plain, "type": TYPES.get(error.status, usual), "param": None}}
