"""What the engine sends and keeps: the seam between targets and payloads on one side and the engine on the other.

The engine knows bytes, connections and times. What the bytes mean (a signature, a route call, a token) is behind these
two protocols; `Traffic` is called while the load runs and must be quick, `Reader` is called when it is over.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

from seatrial.loadgen.fault import Fault

__all__ = ["Answer", "Authority", "Reader", "Reading", "Step", "Traffic"]


@dataclass(frozen=True)
class Authority:
    """Where a connection goes.

    Attributes:
        host: name or address, without brackets.
        port: 1 to 65535.
        tls: whether to speak TLS.
        insecure: whether a certificate that does not hold is taken (`--insecure`).
    """

    host: str
    port: int
    tls: bool = False
    insecure: bool = False

    @property
    def header(self) -> str:
        """The `Host` header: with the port only where it is not the scheme's own."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == (443 if self.tls else 80) else f"{host}:{self.port}"


class Step(NamedTuple):
    """One HTTP/1.1 request: to whom, and all its bytes, head and body."""

    authority: Authority
    data: bytes


class Traffic(Protocol):
    """Makes the bytes of each request.

    Attributes:
        authority: of the first step, so that connections can be opened ahead.
        keeps: whether bodies are kept for the `Reader`: streams, and where answers are checked.
        steps: requests in a row that make one: 1, or 2 where a router names the worker first.
    """

    authority: Authority
    keeps: bool
    steps: int

    def begin(self) -> None:
        """Called in each engine process before its first request: threads and clocks belong to a process."""

    def first(self, row: int, payload: int) -> bytes:
        """Return the whole first request of a row; microseconds count here."""

    def follow(self, row: int, payload: int, status: int, body: bytes) -> Step | Fault:
        """Return the next step after an answer, or why there is none. Called only where `steps` is 2."""


class Answer(NamedTuple):
    """A kept answer with a status of 2xx: which row, its media type, its body in the pieces in which it was read.

    Attributes:
        row: index into the records.
        payload: index of the request that it answers.
        media: the `Content-Type`, lower case, without parameters.
        chunks: pieces of the body, de-chunked.
        stamps: arrival of each piece, ns; a piece carries the stamp of the read that brought it.
        whole: False where the connection ended, or time ran out, before the body did.
    """

    row: int
    payload: int
    media: str
    chunks: list[bytes]
    stamps: list[int]
    whole: bool


@dataclass(frozen=True, slots=True)
class Reading:
    """What a `Reader` found in an answer.

    Attributes:
        fault: `NONE`, or why it is no good answer.
        example: a short text for the report where it is not, secrets masked.
        stamps: arrival of each token event, ns; that of the last byte where a whole answer counts its tokens.
        counts: tokens in each event, as many as `stamps`.
        coalesced: events that shared a read with the one before.
        streamed: whether the answer is a stream.
    """

    fault: Fault = Fault.NONE
    example: str = ""
    stamps: list[int] = field(default_factory=list)
    counts: list[int] = field(default_factory=list)
    coalesced: int = 0
    streamed: bool = False


class Reader(Protocol):
    """Reads kept answers once the run is over."""

    def read(self, answer: Answer) -> Reading:
        """Check one answer, and find its tokens."""
