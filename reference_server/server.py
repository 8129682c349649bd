"""The server without its protocols: models, workers, health, and the states a server passes through.

    loading --> serving --> stopping
       `--> failed (the process ends, exit code 1)

Protocols (`protocols/`) turn what comes over the wire into calls of `infer`; `process.py` gives it a socket and
signals. Neither is known here.
"""

import asyncio
import dataclasses
import gc
from collections import Counter
from collections.abc import Awaitable, Callable
from typing import TypeAlias

from seatrial.reference_server.background import in_own_thread
from seatrial.reference_server.clock import scaled
from seatrial.reference_server.errors import (
    CallTimeoutError,
    ModelFailedError,
    ModelLoadError,
    ServingError,
    UnavailableError,
)
from seatrial.reference_server.health import Alone, HealthMonitor
from seatrial.reference_server.live import INVOCATION, LiveCalls, LiveModel, StreamedResponse
from seatrial.reference_server.logs import log
from seatrial.reference_server.model import InferenceRequest, InferenceResponse, Model
from seatrial.reference_server.pool import Call, CallPool
from seatrial.reference_server.repository import ModelRepository
from seatrial.reference_server.settings import Settings

Step: TypeAlias = Callable[[], Awaitable[None]]


class ModelServer:
    """Serves the models of one repository. Create it on a running event loop.

    Args:
        settings: what the user chose.
        repository: the models; the default one decides what `/ping` says.
        others: the other workers that serve the same port.
    """

    def __init__(self, settings: Settings, repository: ModelRepository, others: Alone | None = None) -> None:
        self.settings = settings
        self.others = others or Alone()
        self.repository = repository
        self.pool = CallPool(
            threads=settings.threads, queue_limit=settings.queue_limit, timeout=scaled(settings.call_timeout)
        )
        self.live = LiveCalls(timeout=scaled(settings.call_timeout), stream_timeout=scaled(settings.stream_timeout))
        self.health = HealthMonitor(self._answer_sample, lambda: self.pool.stuck, settings.check_interval, self.others)
        self.answers: Counter[int] = Counter()
        self.loaded = False
        self.stopping = False
        self.before_ready: list[Step] = []
        self.at_drain: list[Callable[[], None]] = []
        self._watching: asyncio.Task[None] | None = None

    @property
    def ready(self) -> bool:
        """Whether `/ping` is 200: loaded, answering its own sample, and not about to stop."""
        return self.loaded and self.health.healthy and not self.stopping

    @property
    def speaks_openai(self) -> bool:
        """Whether a language model is served, whose callers expect OpenAI's shapes."""
        return self.language_model is not None

    @property
    def language_model(self) -> LiveModel | None:
        """The language model that is served, if there is one."""
        found = map(self.repository.get, self.repository.list())
        return next((model for model in found if isinstance(model, LiveModel)), None)

    @property
    def calls(self) -> tuple[int, int]:
        """How many calls run and how many wait, in the workers and in models that schedule their own."""
        running, waiting = self.pool.running, self.pool.waiting
        for model in map(self.repository.get, self.repository.list()):
            if isinstance(model, LiveModel):
                more_running, more_waiting = model.load_now()
                running, waiting = running + more_running, waiting + more_waiting
        return running, waiting

    async def load(self) -> None:
        """Load and start every model in a thread of its own, then what comes with them; then try the default one.

        Raises:
            ModelLoadError: a model cannot be loaded, or cannot answer its own sample.
        """
        for name in self.repository.list():
            model = self.repository.get(name)
            log.info("loading the model %r (%s)", name, type(model).__name__)
            await in_own_thread(model.load)
            await in_own_thread(model.start)
        for step in self.before_ready:
            await step()
        gc.collect()
        gc.freeze()  # what was loaded stays: a full collection over it would stall the event loop for 50 ms
        try:
            await self._answer_sample()
        except Exception as error:
            raise ModelLoadError(f"the model was loaded but cannot answer its own sample: {error}") from error
        self.loaded = True
        self.health.found(healthy=True)
        self._watching = asyncio.create_task(self.health.watch())

    async def infer(
        self,
        request: InferenceRequest,
        *,
        model: str | None = None,
        left: asyncio.Future[None] | None = None,
        form: str = INVOCATION,
    ) -> InferenceResponse | StreamedResponse:
        """Answer one request.

        Args:
            request: the request; its `gone` event is replaced by the call's own.
            model: a model's name, None for the default one.
            left: done when the caller has left.
            form: what the path says the body is, for a model that knows several.

        Raises:
            ServingError: the request is wrong, the model raised, or there is no room or time for it.
        """
        if not self.loaded:
            raise UnavailableError("the model is still loading: try again", code="loading")
        chosen = self.repository.get(model)
        try:
            if isinstance(chosen, LiveModel):
                return await self.live.answer(chosen, request, form, left)
            return await self._in_worker(chosen, request, left)
        except CallTimeoutError:
            self.health.doubt()
            raise
        except ServingError:
            raise
        except Exception as error:
            self.health.doubt()
            log.exception("the model raised on a request")
            raise ModelFailedError(f"the model raised {type(error).__name__}: {error}") from error

    async def _in_worker(
        self, model: Model, request: InferenceRequest, left: asyncio.Future[None] | None
    ) -> InferenceResponse:
        call = self.pool.submit(lambda call: model(dataclasses.replace(request, gone=call.gone)))
        if left is not None:
            left.add_done_callback(lambda _: self.pool.forget(call))
        return await call.future

    def drain(self) -> None:
        """Take no new work; what has begun may finish."""
        self.stopping = True
        for told in self.at_drain:
            told()

    def give_up(self) -> None:
        """Fail what has not finished: the time to drain is over."""
        error = UnavailableError("the server is stopping", code="stopping")
        self.pool.close(error)
        self.live.end_all(error)

    def close(self) -> None:
        """Stop watching, and stop the models."""
        if self._watching is not None:
            self._watching.cancel()
        self.repository.close()

    async def _answer_sample(self) -> None:
        model = self.repository.get()

        def check(call: Call) -> InferenceResponse:
            if not model.healthy():
                raise ModelFailedError("the model calls itself unhealthy")
            sample = model.sample()
            return InferenceResponse(b"") if sample is None else model(dataclasses.replace(sample, gone=call.gone))

        await self.pool.submit(check, first=True).future
