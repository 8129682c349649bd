"""A request that cannot be used: the one way in which the parts of this package say so, whoever sends the answer."""


class RefusedError(Exception):
    """A refusal that the caller sees as `{"detail": detail}`, or as the engine words its errors.

    Args:
        status: the status code.
        detail: one text.
    """

    def __init__(self, status: int, detail: str) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail


class SettingsError(ValueError):
    """A variable has a value that cannot be used: the server must not start. The message is one sentence."""
