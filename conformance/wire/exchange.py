"""A request and its answer, as plain values: what every verdict on HTTP behaviour is judged from.

Times are seconds. `started` counts from the launch of the instance; the other times count from `started`.
Bodies are never kept whole: an untrusted subject may send ten gigabytes. What is kept is the length, the digest and a
capped head, and `cut` says so.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

__all__ = ["Answer", "Body", "Exchange", "Request", "Trouble"]


class Trouble(StrEnum):
    """How an exchange went wrong on the wire, where it did."""

    REFUSED = "refused"
    UNREACHABLE = "unreachable"
    CONNECT_TIMEOUT = "connect-timeout"
    RESET = "reset"
    TIMEOUT = "timeout"
    CLOSED_EARLY = "closed-early"
    """The peer closed before the answer was complete."""
    NO_ANSWER = "no-answer"
    """The peer closed without sending a single byte."""
    GARBAGE = "garbage"
    """The bytes are not HTTP/1.x."""
    TOO_LARGE = "too-large"
    """More header or body bytes than the harness accepts."""
    SEND_FAILED = "send-failed"
    """Sending broke off and no answer could be read."""
    ABORTED = "aborted"
    """The harness itself broke off, because the request said so; no answer had come by then."""


@dataclass(frozen=True)
class Body:
    """What is kept of a body.

    Attributes:
        length: bytes sent or received.
        sha256: hex digest of all those bytes.
        head: the first bytes (at most 4096, or what `Client.keeping` says).
        cut: whether `head` is not all of it.
        json: whether the whole body parses as JSON; None where it was not tried (empty, or over 32 MiB).
    """

    length: int = 0
    sha256: str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    head: bytes = b""
    cut: bool = False
    json: bool | None = None

    @property
    def text(self) -> str:
        """The kept head as text, undecodable bytes replaced."""
        return self.head.decode("utf-8", "replace")


@dataclass(frozen=True)
class Request:
    """What was sent. Headers keep their order and spelling; secret values are already masked."""

    method: str
    target: str
    headers: tuple[tuple[str, str], ...] = ()
    body: Body = Body()
    version: str = "1.1"

    def header(self, name: str) -> str | None:
        """The first value of a header, whatever its case; None where absent."""
        return next((v for k, v in self.headers if k.lower() == name.lower()), None)


@dataclass(frozen=True)
class Answer:
    """What came back.

    Attributes:
        status: the status code.
        version: "1.0" or "1.1".
        headers: in order, with the subject's own spelling; capped, see `headers_cut`.
        body: what is kept of the body, after removing chunked framing.
        complete: whether the message ended as its own framing promises.
        chunked: whether it came with `Transfer-Encoding: chunked`.
        headers_cut: whether header lines were dropped from this record.
    """

    status: int
    version: str = "1.1"
    headers: tuple[tuple[str, str], ...] = ()
    body: Body = Body()
    complete: bool = True
    chunked: bool = False
    headers_cut: bool = False

    def header(self, name: str) -> str | None:
        """The first value of a header, whatever its case; None where absent."""
        return next((v for k, v in self.headers if k.lower() == name.lower()), None)

    @property
    def ok(self) -> bool:
        """Whether the status is 2xx."""
        return 200 <= self.status < 300


@dataclass(frozen=True)
class Exchange:
    """One request and what became of it.

    Attributes:
        request: what was sent.
        answer: what came back; None where no complete status line and header block did.
        trouble: what went wrong on the wire; None for a complete exchange.
        detail: the trouble in the system's own words.
        started: seconds from the launch to the first connect or write of this exchange.
        connected: seconds until the TCP connect returned; None on a reused connection or where it failed.
        sent: seconds until the last byte of the request was handed to the kernel.
        first_byte: seconds until the first byte of the answer.
        done: seconds until the exchange ended, however it did.
        reused: whether the connection had carried an exchange before.
        closed: whether the peer closed the connection at the end of this exchange.
        interim: the 1xx answers that came before the final one: status and seconds, at most sixteen.
    """

    request: Request
    answer: Answer | None = None
    trouble: Trouble | None = None
    detail: str = ""
    started: float = 0.0
    connected: float | None = None
    sent: float | None = None
    first_byte: float | None = None
    done: float = 0.0
    reused: bool = False
    closed: bool = False
    interim: tuple[tuple[int, float], ...] = ()

    @property
    def status(self) -> int | None:
        """The status code; None where no answer came."""
        return self.answer.status if self.answer else None

    @property
    def ok(self) -> bool:
        """Whether a complete 2xx answer came."""
        return self.trouble is None and self.answer is not None and self.answer.ok

    @property
    def summary(self) -> str:
        """What happened, in a few words: `200 in 0.004 s`, `connection refused`."""
        if self.answer is None:
            return f"{self.trouble or 'no answer'}{f' ({self.detail})' if self.detail else ''} after {self.done:.3f} s"
        end = f", then {self.trouble}" if self.trouble else ""
        return f"{self.answer.status} in {self.done:.3f} s{end}"
