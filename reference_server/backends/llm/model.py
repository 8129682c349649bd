"""A language model as this server knows models: loaded, started, asked, stopped; the engine inside does the work."""

import asyncio
import contextlib
import threading
from collections.abc import AsyncGenerator, Mapping
from pathlib import Path
from typing import Any

import orjson

from seatrial.reference_server.backends.llm import generation, streams
from seatrial.reference_server.backends.llm.adapter_source import folder_of
from seatrial.reference_server.backends.llm.answers import Choice, Envelope, LmiEnvelope
from seatrial.reference_server.backends.llm.engine import AdapterError, Engine
from seatrial.reference_server.backends.llm.orders import Language, Order, Reader
from seatrial.reference_server.backends.llm.text import Piece
from seatrial.reference_server.backends.llm.vocabulary import Vocabulary
from seatrial.reference_server.background import in_own_thread
from seatrial.reference_server.errors import ModelLoadError, NotAcceptableError, ServingError
from seatrial.reference_server.live import INVOCATION, LiveCall, LiveModel, StreamedResponse
from seatrial.reference_server.logs import log
from seatrial.reference_server.media import JSON, MediaType
from seatrial.reference_server.model import InferenceRequest, InferenceResponse

ADAPTERS = "adapters"
SAMPLE = InferenceRequest(b'{"prompt": "Hello", "max_tokens": 1, "temperature": 0}', MediaType(JSON))
# Bytes of a body that are read on the event loop; longer ones would hold up everybody else.
READ_AT_ONCE = 65_536


class AdaptersFullError(ServingError):
    """As many adapters are loaded as may be."""

    status = 507
    code = "adapters_full"


class LanguageModel(LiveModel):
    """A language model with its adapters.

    Args:
        name: its own name; a request that names it, or nothing, is answered without an adapter.
        folder: its files; adapters lie in `adapters/NAME`.
        vocabulary: its tokenizer.
        engine: what generates, not loaded yet.
        most_adapters: loaded at once; those that lie beside the model are loaded however many there are.
    """

    def __init__(
        self, name: str, folder: Path, vocabulary: Vocabulary, engine: Engine, *, most_adapters: int = 4
    ) -> None:
        super().__init__(name)
        self.engine = engine
        self._folder = folder
        self._vocabulary = vocabulary
        self._most_adapters = most_adapters
        self._sources: dict[str, str] = {}
        self._changing = threading.Lock()
        self._reader: Reader

    def load(self) -> None:
        """Read the weights, and the adapters that lie beside them."""
        self.engine.load()
        self._reader = Reader(self.name, self._vocabulary, self.engine.facts.context)
        lora = self.engine.facts.lora
        found = sorted(path for path in (self._folder / ADAPTERS).glob("*") if path.is_dir() and lora)
        for folder in found:
            try:
                self.engine.load_adapter(folder.name, folder)
            except AdapterError as error:
                raise ModelLoadError(error.message) from error
            self._sources[folder.name] = str(folder)

    def start(self) -> None:
        """Start the engine."""
        self.engine.start()
        facts = self.engine.facts
        adapters = ", ".join(self.engine.adapters()) or "none"
        log.info("the %s engine runs on %s: %d tokens, adapters %s", facts.name, facts.device, facts.context, adapters)

    def stop(self) -> None:
        """Stop the engine."""
        self.engine.stop()

    def healthy(self) -> bool:
        """Say whether the engine can generate."""
        return self.engine.healthy()

    def sample(self) -> InferenceRequest:
        """Return a request for one token."""
        return SAMPLE

    def load_adapter(self, name: str, src: str) -> None:
        """Take an adapter: a folder as PEFT writes it, with its weights in safetensors.

        Raises:
            ServingError: there is nothing at its source, it cannot be used, its name is taken, or no more are taken.
        """
        folder = folder_of(src, self._folder)
        with self._changing:
            if name == self.name or name in self._sources:
                raise AdapterError(f"the name {name[:80]!r} is taken: unload that adapter first", code="adapter_exists")
            if not self._most_adapters:
                raise AdapterError("this model takes no adapters: start it with --enable-lora 1")
            if len(self._sources) >= self._most_adapters:
                raise AdaptersFullError(
                    f"{len(self._sources)} adapters are loaded, as many as --max-loras allows: unload one first"
                )
            self.engine.load_adapter(name, folder)
            self._sources[name] = src

    def unload_adapter(self, name: str) -> None:
        """Give an adapter up; answers that have begun end with it.

        Raises:
            NotFoundError: there is none of this name.
        """
        with self._changing:
            self.engine.unload_adapter(name)
            self._sources.pop(name, None)

    def adapters(self) -> Mapping[str, str]:
        """Return the names of all adapters with their sources."""
        with self._changing:
            return dict(self._sources)

    def names(self) -> tuple[str, ...]:
        """Return its own name, then those of its adapters."""
        return (self.name, *self.engine.adapters())

    def load_now(self) -> tuple[int, int]:
        """Return how many answers are made, and how many wait."""
        load = self.engine.load_now
        return load.running, load.waiting

    async def reply(self, request: InferenceRequest, form: str, call: LiveCall) -> InferenceResponse | StreamedResponse:
        """Answer a request."""
        if len(request.body) > READ_AT_ONCE:
            order = await in_own_thread(lambda: self._reader.read(request, form))
        else:
            order = self._reader.read(request, form)
        if order.stream:  # whatever is said to be accepted: OpenAI's own client asks for JSON then
            return await self._stream(order, call)
        if request.accept.choose([JSON]) is None:
            raise NotAcceptableError(f"the answer can only be {JSON}, which Accept leaves out")
        return self._written(order, await self._choices(order, call))

    def preprocess(self, request: InferenceRequest) -> Order:
        """Read a request that is answered in a worker thread: the server's own check."""
        return self._reader.read(request, INVOCATION)

    def predict(self, inputs: Any) -> tuple[Order, list[Choice]]:
        """Answer it, past the queue, on an event loop of its own."""
        order: Order = inputs
        return order, asyncio.run(self._choices(order, LiveCall(), urgent=True))

    def postprocess(self, outputs: Any, request: InferenceRequest) -> InferenceResponse:
        """Write the answer."""
        del request
        return self._written(*outputs)

    async def _choices(self, order: Order, call: LiveCall, *, urgent: bool = False) -> list[Choice]:
        choices = [Choice() for _ in range(len(order.prompts) * order.n)]
        async with contextlib.aclosing(self._pieces(order, call, urgent=urgent)) as pieces:
            async for piece in pieces:
                choices[piece.index].add(piece)
        return choices

    async def _stream(self, order: Order, call: LiveCall) -> StreamedResponse:
        pieces = self._pieces(order, call)
        first = await anext(pieces)  # what is refused is refused here, with its own status
        chunks = streams.stream(order, self._vocabulary, first, pieces)
        return StreamedResponse(chunks, streams.media_type(order))

    def _pieces(self, order: Order, call: LiveCall, *, urgent: bool = False) -> AsyncGenerator[Piece, None]:
        return generation.pieces(self.engine, self._vocabulary, order, call, urgent=urgent)

    def _written(self, order: Order, choices: list[Choice]) -> InferenceResponse:
        lmi = order.language is Language.LMI
        envelope = LmiEnvelope(order, self._vocabulary) if lmi else Envelope(order, self._vocabulary)
        return InferenceResponse(orjson.dumps(envelope.whole(choices)))
