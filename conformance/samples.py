"""Requests that are valid for the model on trial: given by the user, or discovered from well-known shapes."""

from __future__ import annotations

from dataclasses import dataclass

from seatrial.conformance.wire.exchange import Exchange
from seatrial.conformance.wire.request import RawRequest

__all__ = ["BUILT_IN", "Sample", "SampleSeen", "SamplesSeen"]


@dataclass(frozen=True)
class Sample:
    """A request body that the model on trial should accept.

    Attributes:
        name: how reports call it: the file's name, or the built-in shape.
        content_type: sent as Content-Type.
        body: the bytes.
        slow: whether the user gave it as one that takes seconds (`--trial-slow-sample`).
        given: whether the user gave it; else it was discovered.
    """

    name: str
    content_type: str
    body: bytes
    slow: bool = False
    given: bool = False

    def request(self, *headers: tuple[str, str]) -> RawRequest:
        """POST /invocations with this body as the platform does, whose HTTP client adds `Accept: */*` by itself."""
        accept = () if any(name.lower() == "accept" for name, _ in headers) else (("Accept", "*/*"),)
        return RawRequest(
            "POST", "/invocations", (("Content-Type", self.content_type), *accept, *headers), body=self.body
        )


@dataclass(frozen=True)
class SampleSeen:
    """What the subject did with one candidate.

    Attributes:
        name: of the sample.
        content_type: of the sample.
        given: whether the user gave it.
        slow: whether it was given as slow.
        accepted: whether it was answered with 2xx, at a later try where the first came too late or was answered 503.
        repeats: whether a second call gave the same bytes: the basis of every comparison.
        first: the first exchange.
    """

    name: str
    content_type: str
    given: bool
    slow: bool
    accepted: bool
    repeats: bool
    first: Exchange


@dataclass(frozen=True)
class SamplesSeen:
    """Every candidate that was tried on the ready main instance, in order."""

    tried: tuple[SampleSeen, ...]

    @property
    def accepted(self) -> tuple[SampleSeen, ...]:
        """Those that were answered with 2xx."""
        return tuple(s for s in self.tried if s.accepted)


def _rows(columns: int) -> str:
    return "[" + ",".join(str(round(0.1 + 0.1 * i, 1)) for i in range(columns)) + "]"


BUILT_IN: tuple[Sample, ...] = (
    Sample("json-instances-8", "application/json", f'{{"instances": [{_rows(8)}]}}'.encode()),
    Sample("json-prompt", "application/json", b'{"prompt": "the colour of the sky is", "max_tokens": 4}'),
    Sample("json-messages", "application/json", b'{"messages": [{"role": "user", "content": "Hi"}], "max_tokens": 4}'),
    Sample(
        "json-inputs",
        "application/json",
        b'{"inputs": "the colour of the sky is", "parameters": {"max_new_tokens": 4}}',
    ),
    Sample("json-instances-4", "application/json", f'{{"instances": [{_rows(4)}]}}'.encode()),
    Sample("json-rows-8", "application/json", f"[{_rows(8)}]".encode()),
    Sample("csv-8", "text/csv", _rows(8)[1:-1].encode() + b"\n"),
    Sample("csv-4", "text/csv", _rows(4)[1:-1].encode() + b"\n"),
    Sample("json-object", "application/json", b"{}"),
)
"""Shapes that are tried where the user gave no sample: tables of 8 or 4 numbers, and the usual prompts."""
