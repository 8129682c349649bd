"""A model that gives back what it gets: the same bytes and Content-Type, deterministic, no library needed.

It is what the mutants are made of, so it can be asked to misbehave. In a JSON body (or, for other types, in a header):

    {"sleep": 2.5}   X-Seatrial-Sleep: 2.5   answer after that many seconds; given up when the caller leaves
    {"stick": 90}    -                       the same, but nothing wakes it: a call that hangs
    {"fail": "why"}  X-Seatrial-Fail: why    raise, as a model with a defect would
    {"break": 3}     -                       answer nothing at all, not even its own sample, for that many seconds

Durations are as asked, never scaled. JSON must be an array or an object with one of `KEYS`, so that there is such a
thing as a wrong shape; other types pass unread. Custom attributes come back as they came.

Adapters are names that it keeps, whatever lies at their source: only a source that begins with `/missing` is refused.
"""

import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from seatrial.reference_server.errors import (
    InvalidRequestError,
    NotAcceptableError,
    NotFoundError,
    UnsupportedMediaTypeError,
)
from seatrial.reference_server.media import BINARY, CSV, JSON, MediaType
from seatrial.reference_server.model import InferenceRequest, InferenceResponse, Model
from seatrial.reference_server.settings import Settings

KEYS = frozenset({"instances", "inputs", "prompt", "messages", "echo", "sleep", "stick", "fail", "break"})
TYPES = frozenset({JSON, CSV, BINARY, "text/plain", "application/x-npy", "image/png", "image/jpeg"})
CUSTOM_ATTRIBUTES = "X-Amzn-SageMaker-Custom-Attributes"
LONGEST_WAIT = 3600.0
MISSING = "/missing"
SAMPLE = InferenceRequest(b'{"echo": "are you there?"}', MediaType(JSON))


@dataclass(frozen=True)
class Order:
    """A request as this model understands it: what to give back, and how to misbehave before."""

    request: InferenceRequest
    content_type: str
    sleep: float = 0.0
    stick: float = 0.0
    fail: str = ""
    broken: float = 0.0


def create(path: Path, settings: Settings) -> Model:
    """Return the model; it needs no file and no setting."""
    del path, settings
    return EchoModel("echo")


class EchoModel(Model):
    """Gives back what it gets."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self._broken_until = 0.0
        self._lock = threading.Lock()
        self._adapters: dict[str, str] = {}

    def sample(self) -> InferenceRequest:
        """Return a small JSON request."""
        return SAMPLE

    def preprocess(self, request: InferenceRequest) -> Order:
        """Check type and shape, and read what the caller orders."""
        if not request.body:
            raise InvalidRequestError("the body is empty, expected something to give back", code="empty_body")
        name = request.content_type.name if request.content_type else JSON
        if name not in TYPES:
            known = ", ".join(sorted(TYPES))
            raise UnsupportedMediaTypeError(f"Content-Type is {name[:80]!r}, expected one of {known}")
        if request.accept.choose([name]) is None:
            raise NotAcceptableError(f"an echo of {name} can only be {name}, which Accept leaves out")
        stated = request.headers.get("content-type", name)
        if name == JSON:
            return _json_order(request, stated)
        sleep = _seconds("X-Seatrial-Sleep", request.headers.get("x-seatrial-sleep", 0))
        return Order(request, stated, sleep=sleep, fail=request.headers.get("x-seatrial-fail", ""))

    def predict(self, inputs: Order) -> Order:
        """Wait, hang or raise, as ordered."""
        if inputs.broken:
            self._broken_until = time.monotonic() + inputs.broken
        if time.monotonic() < self._broken_until:
            raise RuntimeError("broken on demand")
        if inputs.fail:
            raise RuntimeError(inputs.fail)
        inputs.request.gone.wait(inputs.sleep)
        time.sleep(inputs.stick)
        return inputs

    def postprocess(self, outputs: Order, request: InferenceRequest) -> InferenceResponse:
        """Give back the bytes, and the custom attributes where there were any."""
        attributes = request.headers.get(CUSTOM_ATTRIBUTES.lower())
        headers = ((CUSTOM_ATTRIBUTES, attributes),) if attributes else ()
        return InferenceResponse(request.body, outputs.content_type, headers)

    def load_adapter(self, name: str, src: str) -> None:
        """Keep a name.

        Raises:
            NotFoundError: the source says that it is missing.
            InvalidRequestError: the name is taken.
        """
        if src.startswith(MISSING):
            raise NotFoundError(f"there is no adapter at {src[:200]!r}")
        with self._lock:
            if name in self._adapters:
                raise InvalidRequestError(f"an adapter named {name[:80]!r} is loaded already: unload it first")
            self._adapters[name] = src

    def unload_adapter(self, name: str) -> None:
        """Forget a name.

        Raises:
            NotFoundError: it was not kept.
        """
        with self._lock:
            if self._adapters.pop(name, None) is None:
                raise NotFoundError(f"no adapter named {name[:80]!r} is loaded")

    def adapters(self) -> Mapping[str, str]:
        """Return the names that are kept."""
        with self._lock:
            return dict(self._adapters)


def _json_order(request: InferenceRequest, stated: str) -> Order:
    if request.content_type is not None and request.content_type.charset not in {"utf-8", "utf8", "us-ascii"}:
        raise UnsupportedMediaTypeError(f"JSON comes in {request.content_type.charset[:40]!r}, expected utf-8")
    try:
        value = orjson.loads(request.body)
    except orjson.JSONDecodeError as error:
        raise InvalidRequestError(f"the body is no JSON: {error}", code="invalid_json") from error
    if isinstance(value, list) and value:
        return Order(request, stated)
    if not (isinstance(value, dict) and KEYS & value.keys()):
        known = ", ".join(sorted(KEYS))
        raise InvalidRequestError(f"expected a filled array or an object with one of {known}", code="wrong_shape")
    return Order(
        request,
        stated,
        sleep=_seconds("sleep", value.get("sleep", 0)),
        stick=_seconds("stick", value.get("stick", 0)),
        fail=str(value.get("fail", "")),
        broken=_seconds("break", value.get("break", 0)),
    )


def _seconds(name: str, value: Any) -> float:
    try:
        seconds = float(value)
    except (TypeError, ValueError):
        seconds = -1.0
    if not 0 <= seconds <= LONGEST_WAIT:
        raise InvalidRequestError(f"{name} is {str(value)[:40]!r}, expected seconds from 0 to 3600", code="wrong_shape")
    return seconds
