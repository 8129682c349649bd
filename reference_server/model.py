"""What a model is to this server, and the two values that pass through it.

The lifecycle is that of the KServe serving framework: `load` once, `start`, then for each request `preprocess`,
`predict` (or `explain`), `postprocess`; `healthy` at any time; `stop` at the end. All of it runs in worker threads:
a model may block, it is never called on the event loop. A model knows nothing of HTTP beyond headers and media types.
"""

import threading
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol, runtime_checkable

from seatrial.reference_server.errors import ServingError
from seatrial.reference_server.media import JSON, Accept, MediaType


class ExplanationUnavailableError(ServingError):
    """The model has no explanations."""

    status = 501
    code = "no_explanations"


@dataclass(frozen=True)
class InferenceRequest:
    """One request to a model.

    Args:
        body: the bytes as they came.
        content_type: what the sender says they are, None where nothing was said.
        accept: what the sender takes as an answer.
        headers: all headers, names in lower case.
        gone: set when nobody waits for the answer any more; long work should look at it.
    """

    body: bytes
    content_type: MediaType | None = None
    accept: Accept = field(default_factory=Accept)
    headers: Mapping[str, str] = field(default_factory=dict)
    gone: threading.Event = field(default_factory=threading.Event)


@dataclass(frozen=True)
class InferenceResponse:
    """The answer of a model: bytes, the value of Content-Type, and headers that the model itself sets."""

    body: bytes
    content_type: str = JSON
    headers: tuple[tuple[str, str], ...] = ()


class Model(ABC):
    """A model that can be served under a name."""

    def __init__(self, name: str = "model") -> None:
        self.name = name

    def load(self) -> None:  # noqa: B027 - a model may have nothing to load
        """Read the weights.

        Raises:
            ModelLoadError: it can never be served; the message says why and what to do.
        """

    def start(self) -> None:  # noqa: B027 - most models do no work of their own
        """Begin work that outlives a request, such as an engine's own threads."""

    def stop(self) -> None:  # noqa: B027 - see start
        """End what `start` began. Called once, also where `start` was not."""

    def healthy(self) -> bool:
        """Say whether the model can answer. Cheap: no inference here, the server runs `sample` for that."""
        return True

    def sample(self) -> InferenceRequest | None:
        """Return a request that this model must be able to answer, or None if it knows none."""
        return None

    @abstractmethod
    def preprocess(self, request: InferenceRequest) -> Any:
        """Turn a request into what `predict` takes; raises `ServingError` where the request is wrong."""

    @abstractmethod
    def predict(self, inputs: Any) -> Any:
        """Answer the inputs."""

    @abstractmethod
    def postprocess(self, outputs: Any, request: InferenceRequest) -> InferenceResponse:
        """Turn what `predict` gave into an answer that the request accepts."""

    def explain(self, inputs: Any) -> Any:
        """Say why `predict` would answer as it does; by default, refused."""
        del inputs
        raise ExplanationUnavailableError(f"the model {self.name!r} has no explanations: ask for a prediction")

    def __call__(self, request: InferenceRequest) -> InferenceResponse:
        """Answer one request from end to end."""
        return self.postprocess(self.predict(self.preprocess(request)), request)


@runtime_checkable
class AdapterModel(Protocol):
    """A model that takes adapters while it is served. Called in threads, one call at a time or several."""

    def load_adapter(self, name: str, src: str) -> None:
        """Take an adapter.

        Raises:
            ServingError: there is nothing at its source, or it cannot be used.
        """

    def unload_adapter(self, name: str) -> None:
        """Give an adapter up.

        Raises:
            NotFoundError: there is none of this name.
        """

    def adapters(self) -> Mapping[str, str]:
        """Return the names of all adapters with their sources."""
