"""The refusals of this server: each is one status, one permanent code and one sentence for the caller.

    ServingError
    +-- InvalidRequestError           400
    +-- NotFoundError                 404
    +-- MethodNotAllowedError         405
    +-- NotAcceptableError            406
    +-- PayloadTooLargeError          413
    +-- UnsupportedMediaTypeError     415
    +-- UpgradeRequiredError          426
    +-- ModelFailedError              500
    +-- UnavailableError              503   loading, unhealthy, overloaded or stopping
    +-- CallTimeoutError              504
    ModelLoadError                          never sent: it ends the process

What the sender of a request did wrong is 4xx; the platform passes the body on to the caller, cut at 2048 characters
(`aws:api-invoke`), so bodies stay below that.
"""

import orjson

# Longest message in characters: escaped six to one it still keeps the body under 2048 characters.
LONGEST_MESSAGE = 300


class ServingError(Exception):
    """A refusal that the caller sees."""

    status = 500
    code = "internal_error"

    def __init__(self, message: str, *, code: str | None = None, headers: tuple[tuple[str, str], ...] = ()) -> None:
        super().__init__(message)
        self.message = message
        self.code = code or self.code
        self.headers = headers

    def body(self) -> bytes:
        """Return the JSON body, at most 2048 characters."""
        text = self.message.encode("utf-8", "replace").decode()
        if len(text) > LONGEST_MESSAGE:
            text = text[: LONGEST_MESSAGE - 1] + "…"
        return orjson.dumps({"error": {"code": self.code, "message": text}})


class InvalidRequestError(ServingError):
    """The body or a header cannot be used."""

    status = 400
    code = "invalid_request"


class NotFoundError(ServingError):
    """Nothing is served at this path, or no model has this name."""

    status = 404
    code = "not_found"


class MethodNotAllowedError(ServingError):
    """The path is served, the method is not."""

    status = 405
    code = "method_not_allowed"


class NotAcceptableError(ServingError):
    """No media type that the caller accepts can be made."""

    status = 406
    code = "not_acceptable"


class PayloadTooLargeError(ServingError):
    """The body is longer than the server's limit."""

    status = 413
    code = "payload_too_large"


class UnsupportedMediaTypeError(ServingError):
    """The model does not read this Content-Type."""

    status = 415
    code = "unsupported_media_type"


class UpgradeRequiredError(ServingError):
    """The path speaks another protocol than HTTP."""

    status = 426
    code = "upgrade_required"

    def __init__(self, message: str) -> None:
        super().__init__(message, headers=(("upgrade", "websocket"), ("connection", "upgrade")))


class ModelFailedError(ServingError):
    """The model raised."""

    status = 500
    code = "model_failed"


class UnavailableError(ServingError):
    """Not now: the model loads or does not answer, the queue is full, or the server stops."""

    status = 503
    code = "unavailable"


class CallTimeoutError(ServingError):
    """The model did not answer within the server's own limit."""

    status = 504
    code = "call_timeout"


class ModelLoadError(Exception):
    """The model cannot be served; the message is one sentence that says why and what to do."""
