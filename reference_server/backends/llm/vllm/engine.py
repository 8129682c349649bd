"""vLLM's `AsyncLLM` on an event loop of its own, so that requests may come from any other.

vLLM schedules the rows. Held back here are those beyond the slots, so that a place stays free for the server's own
check, and those beyond the queue's limit.
"""

import asyncio
import contextlib
import itertools
import threading
from collections.abc import AsyncIterator, Coroutine
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from vllm.exceptions import VLLMClientError
from vllm.lora.request import LoRARequest
from vllm.platforms import current_platform
from vllm.v1.engine.async_llm import AsyncLLM

from seatrial.reference_server.backends.llm.engine import (
    BASE,
    AdapterError,
    Engine,
    EngineFacts,
    EngineLimits,
    EngineLoad,
    GenerationRequest,
    QueueFullError,
    TokenDelta,
    UnknownAdapterError,
)
from seatrial.reference_server.backends.llm.stepping import ABORTED, Mailbox
from seatrial.reference_server.backends.llm.vllm import arguments, outputs
from seatrial.reference_server.errors import InvalidRequestError, ModelFailedError, ModelLoadError
from seatrial.reference_server.logs import log
from seatrial.reference_server.settings import Settings

T = TypeVar("T")

STARTUP = 1800.0
CALL = 120.0


def create(folder: Path, end_tokens: frozenset[int], settings: Settings) -> "VllmEngine":
    """Return the engine of a model directory, not loaded yet."""
    device = current_platform.device_type
    log.info("device %s: this build of vLLM computes there", device)
    if settings.device not in {"auto", device}:
        raise ModelLoadError(
            f"--device is {settings.device!r}, but this build of vLLM computes on {device}: leave it out"
        )
    gpus = 0 if device == "cpu" else current_platform.device_count()
    limits = EngineLimits(settings.slots, settings.queue_limit, lora=settings.enable_lora)
    return VllmEngine(arguments.engine_args(folder, settings, gpus), end_tokens, limits, device)


@dataclass(eq=False)
class Row:
    """One request; `task` makes its tokens on vLLM's loop."""

    request: GenerationRequest
    adapter: LoRARequest | None
    mailbox: Mailbox
    task: Future[None] | None = None
    running: bool = False

    def post(self, delta: TokenDelta | Exception) -> None:
        """Send a delta, or what ends them all, to whoever reads."""
        with contextlib.suppress(RuntimeError):  # the loop has closed: nobody reads
            self.mailbox.loop.call_soon_threadsafe(self.mailbox.put, delta)


class VllmEngine(Engine):
    """Serves one model directory.

    Args:
        engine_args: what vLLM is started with.
        end_tokens: the marks that end an answer.
        limits: what it may do.
        device: where this build of vLLM computes.
    """

    def __init__(self, engine_args: Any, end_tokens: frozenset[int], limits: EngineLimits, device: str) -> None:
        self._args = engine_args
        self._ends = sorted(end_tokens)
        self._limits = limits
        self._device = device
        self._loop = asyncio.new_event_loop()
        self._places = asyncio.Semaphore(limits.slots)
        self._numbers = itertools.count(1)
        self._lock = threading.Lock()
        self._rows: set[Row] = set()
        self._adapters: dict[str, LoRARequest] = {}
        self._llm: AsyncLLM

    @property
    def facts(self) -> EngineFacts:
        """Name, device and context."""
        return EngineFacts("vllm", self._device, self._llm.model_config.max_model_len, self._limits.lora)

    @property
    def load_now(self) -> EngineLoad:
        """Rows that run and rows that wait."""
        with self._lock:
            rows = [row for row in self._rows if not row.request.urgent]
        running = sum(row.running for row in rows)
        return EngineLoad(running, len(rows) - running)

    def load(self) -> None:
        """Start vLLM's processes, which read the weights."""
        threading.Thread(target=self._loop.run_forever, name="vllm-engine", daemon=True).start()
        try:
            self._llm = self._call(self._started(), STARTUP)
        except Exception as error:  # it raises what it likes, and has said more in its own log
            raise ModelLoadError(f"vLLM cannot serve this model: {error}") from error

    def start(self) -> None:
        """Do nothing: vLLM runs since it was loaded."""

    def stop(self) -> None:
        """End every row, and vLLM's processes."""
        with self._lock:
            rows = tuple(self._rows)
        for row in rows:
            self._abort(row)
        if hasattr(self, "_llm"):
            self._llm.shutdown()
        self._loop.call_soon_threadsafe(self._loop.stop)

    def healthy(self) -> bool:
        """Say whether vLLM's processes live."""
        return not self._llm.errored

    async def generate(self, request: GenerationRequest) -> AsyncIterator[TokenDelta]:
        """Yield the tokens of one row."""
        row = self._queued(request, Mailbox())
        try:
            async for delta in row.mailbox.deltas():
                yield delta
        finally:
            self._abort(row)

    def abort(self, request_id: str) -> None:
        """End a row."""
        with self._lock:
            found = [row for row in self._rows if row.request.id == request_id]
        for row in found:
            self._abort(row)

    def adapters(self) -> tuple[str, ...]:
        """Return the names of the loaded adapters."""
        with self._lock:
            return tuple(self._adapters)

    def load_adapter(self, name: str, folder: Path) -> None:
        """Load an adapter under a new name."""
        self._check_new(name)
        if not (folder / "adapter_config.json").is_file():
            raise AdapterError(f"the adapter {name!r} has no adapter_config.json in {str(folder)!r}")
        adapter = LoRARequest(name, next(self._numbers), str(folder))
        try:
            self._call(self._llm.add_lora(adapter), CALL)
        except Exception as error:  # whatever vLLM dislikes about it
            raise AdapterError(f"the adapter {name!r} cannot be used: {error}") from error
        with self._lock:
            self._check_new(name)
            self._adapters[name] = adapter

    def unload_adapter(self, name: str) -> None:
        """Take an adapter out; rows that use it finish with it, for which vLLM reads it again."""
        with self._lock:
            adapter = self._chosen(name)
            del self._adapters[name]
        self._call(self._llm.remove_lora(adapter.lora_int_id), CALL)

    async def _started(self) -> AsyncLLM:
        return AsyncLLM.from_engine_args(self._args)

    def _call(self, work: Coroutine[Any, Any, T], timeout: float) -> T:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(timeout)

    def _check_new(self, name: str) -> None:
        if not self._limits.lora:
            raise AdapterError("adapters are switched off: start the server with --enable-lora 1", code="no_adapters")
        if name in self._adapters:
            raise AdapterError(f"an adapter {name!r} is loaded already: unload it first", code="adapter_exists")

    def _chosen(self, name: str) -> LoRARequest:
        try:
            return self._adapters[name]
        except KeyError:
            known = ", ".join(self._adapters) or "none"
            raise UnknownAdapterError(f"no adapter is named {name[:80]!r} (loaded: {known})") from None

    def _queued(self, request: GenerationRequest, mailbox: Mailbox) -> Row:
        with self._lock:
            adapter = self._chosen(request.adapter) if request.adapter != BASE else None
            row = Row(request, adapter, mailbox)
            open_rows = sum(not other.request.urgent for other in self._rows)
            if not request.urgent and open_rows >= self._limits.slots + self._limits.queue_limit:
                raise QueueFullError(f"{self._limits.queue_limit} requests are waiting already: try again")
            self._rows.add(row)
            row.task = asyncio.run_coroutine_threadsafe(self._make(row), self._loop)
        return row

    def _abort(self, row: Row) -> None:
        with self._lock:
            if row not in self._rows:
                return
            self._rows.discard(row)
        row.post(ABORTED)
        if row.task is not None:
            row.task.cancel()

    async def _make(self, row: Row) -> None:
        place = contextlib.nullcontext() if row.request.urgent else self._places
        try:
            async with place:
                row.running = True
                await self._generate(row)
        except VLLMClientError as error:
            row.post(InvalidRequestError(f"vLLM refuses the request: {error}"))
        except Exception as error:  # noqa: BLE001 - whatever it is, the caller must hear of it
            row.post(ModelFailedError(f"the engine failed: {type(error).__name__}: {error}"))
        finally:
            with self._lock:
                self._rows.discard(row)

    async def _generate(self, row: Row) -> None:
        room = self.facts.context - len(row.request.prompt)
        made = self._llm.generate(
            {"prompt_token_ids": list(row.request.prompt)},
            outputs.sampling_params(row.request.sampling, room, self._ends),
            f"{row.request.id}-{next(self._numbers)}",
            lora_request=row.adapter,
        )
        async with contextlib.aclosing(made):
            async for output in made:
                for delta in outputs.deltas(output.outputs[0], row.request.sampling.logprobs):
                    row.post(delta)
