"""Why a request did not succeed: one name a kind, told apart where a user would act differently."""

from __future__ import annotations

from enum import IntEnum, unique

__all__ = ["Fault"]


@unique
class Fault(IntEnum):
    """The error taxonomy; `NONE` is a good answer. The numbers are what a record's column holds."""

    NONE = 0
    UNSENT = 1
    """Due, and not sent within the run: shed by the client, for want of a connection or of time."""
    REFUSED = 2
    """Nothing listens there."""
    UNREACHABLE = 3
    """No way to the address, or the name does not resolve."""
    CONNECT_TIMEOUT = 4
    """No connection within the time limit."""
    TLS = 5
    """The handshake failed, or the certificate does not hold."""
    RESET_ON_REUSE = 6
    """A kept connection was closed by the server before any byte of the answer: its keep-alive ran out."""
    RESET = 7
    """Closed or reset on a fresh connection before any byte of the answer."""
    TIMEOUT = 8
    """No whole answer within the time limit."""
    REDIRECT = 9
    """An answer that is neither 2xx nor an error: it is not followed."""
    CLIENT_ERROR = 10
    """4xx."""
    SERVER_ERROR = 11
    """5xx."""
    BAD_HTTP = 12
    """What came back is not HTTP."""
    TRUNCATED = 13
    """The connection ended inside the body, or a stream ended without its end mark."""
    BAD_BODY = 14
    """A 2xx whose body is not what the check asks for: a fast wrong answer is an error."""
    STREAM_ERROR = 15
    """An error inside a stream that began with 2xx."""
    INTERRUPTED = 16
    """Still under way when the run was interrupted."""
    NO_WORKER = 17
    """The router answered 2xx and named no worker: none is ready."""

    @property
    def title(self) -> str:
        """The name in reports: `reset on reuse`."""
        return self.name.lower().replace("_", " ")
