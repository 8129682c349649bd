"""What an engine is to the rest of the server: tokens in, tokens out, one at a time.

How steps are scheduled, where weights lie and how rows are batched stays inside each engine. What every engine shares
stands outside: chat templates, text, stop strings, the shapes of requests and answers.
"""

from abc import ABC, abstractmethod
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

from seatrial.reference_server.errors import InvalidRequestError, ModelLoadError, NotFoundError, UnavailableError

BASE = ""
STOP, LENGTH, ABORT = "stop", "length", "abort"


@dataclass(frozen=True)
class Sampling:
    """How tokens are chosen.

    Args:
        max_tokens: most tokens of the answer.
        min_tokens: the end mark is not chosen before that many.
        temperature: 0 takes the likeliest token always.
        top_p: the share of probability that is chosen from.
        top_k: how many of the likeliest tokens are chosen from, 0 for all.
        seed: of this row; None for a different answer each time.
        ignore_eos: whether to go on after the end mark.
        logprobs: how many alternatives to report a token, None to report nothing.
    """

    max_tokens: int = 16
    min_tokens: int = 0
    temperature: float = 0.0
    top_p: float = 1.0
    top_k: int = 0
    seed: int | None = None
    ignore_eos: bool = False
    logprobs: int | None = None


@dataclass(frozen=True)
class GenerationRequest:
    """One row to generate.

    Args:
        id: unique while it runs; `abort` takes it.
        prompt: token ids.
        sampling: how tokens are chosen.
        adapter: the name of a loaded adapter, `BASE` for none.
        urgent: passes the queue and its limit; the server's own check does.
    """

    id: str
    prompt: tuple[int, ...]
    sampling: Sampling = Sampling()
    adapter: str = BASE
    urgent: bool = False


@dataclass(frozen=True)
class TokenDelta:
    """One step of one row.

    Args:
        token: the id, None where the row ended without one.
        logprob: natural logarithm of the token's probability before temperature; None where it was not asked for.
        top: (id, logprob) of the likeliest tokens, the likeliest first.
        finish: `STOP`, `LENGTH` or `ABORT` on the last delta, else empty.
    """

    token: int | None
    logprob: float | None = None
    top: tuple[tuple[int, float], ...] = ()
    finish: str = ""


@dataclass(frozen=True)
class EngineLimits:
    """What an engine may do.

    Args:
        slots: rows that are generated side by side.
        queue_limit: rows that may wait beyond those.
        interval: least seconds between two tokens of a row, 0 for as fast as it goes.
        context: most tokens of prompt and answer together, 0 for what the model can read.
        lora: whether adapters may be loaded.
    """

    slots: int
    queue_limit: int
    interval: float = 0.0
    context: int = 0
    lora: bool = True


@dataclass(frozen=True)
class EngineFacts:
    """What an engine is: `context` is the most tokens of prompt and answer, `lora` says whether it takes adapters."""

    name: str
    device: str
    context: int
    lora: bool


@dataclass(frozen=True)
class EngineLoad:
    """How busy an engine is: rows that run, and rows that wait."""

    running: int
    waiting: int


class UnknownAdapterError(NotFoundError):
    """No adapter has this name."""

    code = "no_such_adapter"


class AdapterError(InvalidRequestError):
    """An adapter cannot be loaded; the message says why."""

    code = "bad_adapter"


class QueueFullError(UnavailableError):
    """As many rows wait as may."""

    code = "overloaded"


class Engine(ABC):
    """Generates tokens. `load` is called once, then `start`; `generate` on any running event loop."""

    @property
    @abstractmethod
    def facts(self) -> EngineFacts:
        """What is known once the engine is loaded."""

    @property
    @abstractmethod
    def load_now(self) -> EngineLoad:
        """How busy it is."""

    @abstractmethod
    def load(self) -> None:
        """Read the weights.

        Raises:
            ModelLoadError: they cannot be served.
        """

    @abstractmethod
    def start(self) -> None:
        """Begin to take requests."""

    @abstractmethod
    def stop(self) -> None:
        """End what `start` began; what is running ends with `ABORT`."""

    @abstractmethod
    def healthy(self) -> bool:
        """Say whether it can still generate."""

    @abstractmethod
    def generate(self, request: GenerationRequest) -> AsyncIterator[TokenDelta]:
        """Yield the tokens of one row as they are made; the last delta has `finish` set. Closing it early aborts.

        Raises:
            UnknownAdapterError: no adapter has that name.
            QueueFullError: as many rows wait as may.
        """

    @abstractmethod
    def abort(self, request_id: str) -> None:
        """End a row: its place is free by the next step. An unknown id is nothing to do."""

    @abstractmethod
    def adapters(self) -> tuple[str, ...]:
        """Return the names of the loaded adapters."""

    @abstractmethod
    def load_adapter(self, name: str, folder: Path) -> None:
        """Load an adapter under a name, which none has yet.

        Raises:
            AdapterError: it cannot be used.
        """

    @abstractmethod
    def unload_adapter(self, name: str) -> None:
        """Take an adapter out; rows that use it finish with it.

        Raises:
            UnknownAdapterError: there is none of that name.
        """


def limited(wanted: int, able: int) -> int:
    """Return the context that is wanted, 0 for all that the model is able to read.

    Raises:
        ModelLoadError: more is wanted.
    """
    if wanted > able:
        raise ModelLoadError(f"max_model_len is {wanted}, but the model reads {able} tokens at most: ask for less")
    return wanted or able
