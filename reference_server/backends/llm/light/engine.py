"""The scheduler of the light engine: a thread that makes one token for every row, over and over.

Before each step, rows that were aborted leave their places and rows that wait take free ones, in order. The lowest free
place is taken, so that the rows stay together at the front of the cache. One place is kept for urgent rows: the
server's own check is then answered however long the queue is.
"""

import contextlib
import threading
import time
from collections import deque
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import numpy as np

from seatrial.reference_server.backends.llm.engine import (
    BASE,
    AdapterError,
    Engine,
    EngineFacts,
    EngineLoad,
    GenerationRequest,
    QueueFullError,
    TokenDelta,
    UnknownAdapterError,
)
from seatrial.reference_server.backends.llm.light import config, llama, lora
from seatrial.reference_server.backends.llm.light.lora import Adapter, Bank, MixedRows
from seatrial.reference_server.backends.llm.light.rows import ABORTED, Mailbox, Row
from seatrial.reference_server.backends.llm.light.sampling import Sampler
from seatrial.reference_server.backends.llm.light.tensors import Array
from seatrial.reference_server.errors import ModelFailedError
from seatrial.reference_server.logs import log

URGENT_PLACES = 1
JOIN = 5.0


class LightEngine(Engine):
    """Serves one model directory.

    Args:
        folder: config.json and *.safetensors.
        end_tokens: the marks that end an answer.
        slots: rows that share a step.
        queue_limit: rows that may wait beyond those.
        interval: least seconds between two steps, 0 for as fast as it goes.
    """

    def __init__(
        self, folder: Path, end_tokens: frozenset[int], *, slots: int, queue_limit: int, interval: float = 0.0
    ) -> None:
        self._folder = folder
        self._ends = end_tokens
        self._slots = slots
        self._queue_limit = queue_limit
        self._interval = interval
        self._config = config.read(folder)
        self._wake = threading.Condition()
        self._waiting: deque[Row] = deque()
        self._places: list[Row | None] = [None] * (slots + URGENT_PLACES)
        self._adapters: dict[str, Adapter] = {}
        self._bank = Bank(self._config, ())
        self._mixed: MixedRows | None = None
        self._changed = True
        self._stopping = False
        self._thread: threading.Thread | None = None
        self._model: llama.Llama
        self.steps = 0

    @property
    def facts(self) -> EngineFacts:
        """Name, device, context and end marks."""
        return EngineFacts("light", "cpu", self._config.context, self._ends)

    @property
    def load_now(self) -> EngineLoad:
        """Rows that run and rows that wait."""
        with self._wake:
            running = sum(row is not None and not row.request.urgent for row in self._places)
            return EngineLoad(running, len(self._waiting))

    def load(self) -> None:
        """Read the weights."""
        self._model = llama.Llama(self._config, llama.read(self._folder), len(self._places))

    def start(self) -> None:
        """Start the thread that makes tokens."""
        # A daemon: a step that never ends must not keep the process alive.
        self._thread = threading.Thread(target=self._run, name="light-engine", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End the thread, and every row."""
        with self._wake:
            self._stopping = True
            self._wake.notify()
        if self._thread is not None:
            self._thread.join(JOIN)

    def healthy(self) -> bool:
        """Say whether the thread lives."""
        return self._thread is not None and self._thread.is_alive()

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
        with self._wake:
            found = [row for row in (*self._waiting, *self._places) if row and row.request.id == request_id]
        for row in found:
            self._abort(row)

    def adapters(self) -> tuple[str, ...]:
        """Return the names of the loaded adapters."""
        with self._wake:
            return tuple(self._adapters)

    def load_adapter(self, name: str, folder: Path) -> None:
        """Load an adapter under a new name."""
        adapter = lora.read(name, folder, self._config)
        with self._wake:
            if name in self._adapters:
                raise AdapterError(f"an adapter {name!r} is loaded already: unload it first", code="adapter_exists")
            self._adapters[name] = adapter

    def unload_adapter(self, name: str) -> None:
        """Take an adapter out; rows that use it finish with it."""
        with self._wake:
            self._chosen(name)
            del self._adapters[name]

    def _queued(self, request: GenerationRequest, mailbox: Mailbox) -> Row:
        room = min(request.sampling.max_tokens, self._config.context - len(request.prompt))
        sampler = Sampler(request.sampling, self._ends)
        with self._wake:
            adapter = self._chosen(request.adapter) if request.adapter != BASE else None
            row = Row(request, adapter, mailbox, sampler, room)
            if request.urgent:
                self._waiting.appendleft(row)
            else:
                self._check_room()
                self._waiting.append(row)
            self._wake.notify()
        return row

    def _check_room(self) -> None:
        """Refuse a row where the queue is full; those that a free place awaits do not count."""
        free = self._places[: self._slots].count(None)
        if len(self._waiting) >= self._queue_limit + free:
            raise QueueFullError(f"{self._queue_limit} requests are waiting already: try again")

    def _chosen(self, name: str) -> Adapter:
        try:
            return self._adapters[name]
        except KeyError:
            known = ", ".join(self._adapters) or "none"
            raise UnknownAdapterError(f"no adapter is named {name[:80]!r} (loaded: {known})") from None

    def _abort(self, row: Row) -> None:
        with self._wake:
            if row.aborted or row.ended:
                return
            row.aborted = True
            with contextlib.suppress(ValueError):
                self._waiting.remove(row)
            self._wake.notify()
        with contextlib.suppress(RuntimeError):  # the loop has closed: nobody reads
            row.mailbox.loop.call_soon_threadsafe(row.mailbox.put, ABORTED)

    def _run(self) -> None:
        due = 0.0
        try:
            while self._await_work(due):
                due = time.monotonic() + self._interval
                self._advance()
        except Exception as error:  # noqa: BLE001 - whatever it is, every caller must hear of it
            log.exception("the engine failed")
            self._end_all(ModelFailedError(f"the engine failed: {type(error).__name__}: {error}"))
        else:
            self._end_all(ABORTED)

    def _await_work(self, due: float) -> bool:
        """Wait for rows and for the time of the next step; free aborted places meanwhile. False: the end."""
        with self._wake:
            while not self._stopping:
                self._release()
                busy = self._waiting or any(self._places)
                pause = due - time.monotonic()
                if busy and pause <= 0:
                    self._admit()
                    return True
                self._wake.wait(pause if busy else None)
            return False

    def _release(self) -> None:
        for place, row in enumerate(self._places):
            if row is not None and row.aborted:
                self._leave(place)

    def _leave(self, place: int) -> None:
        self._places[place] = None
        self._changed = True

    def _admit(self) -> None:
        """Give free places to the rows that wait."""
        while self._waiting:
            open_to = len(self._places) if self._waiting[0].request.urgent else self._slots
            free = [place for place in range(open_to) if self._places[place] is None]
            if not free:
                return
            row = self._waiting.popleft()
            row.place = free[0]
            self._places[row.place] = row
            self._changed = True

    def _advance(self) -> None:
        """Make one token for every row: the first of those that have just come, the next of all others."""
        running = [row for row in self._places if row is not None]
        self._mix()
        old = [row for row in running if row.made]
        chosen = [(row, row.sampler.choose(self._first(row), 0)) for row in running if not row.made]
        if old:
            logits = self._next(old)
            chosen += [(row, row.sampler.choose(logits[row.place], len(row.made))) for row in old]
        self.steps += 1
        self._deliver(chosen)

    def _mix(self) -> None:
        """Prepare the adapters of the rows, where rows have come or gone."""
        if not self._changed:
            return
        self._changed = False
        wanted = [row.adapter if row else None for row in self._places]
        used = {adapter for adapter in wanted if adapter is not None}
        if not used <= set(self._bank.adapters):
            with self._wake:
                loaded = tuple(self._adapters.values())
            self._bank = Bank(self._config, tuple(dict.fromkeys((*loaded, *used))))
        reach = max((row.place + 1 for row in self._places if row), default=0)
        self._mixed = self._bank.rows(wanted[:reach]) if used else None

    def _first(self, row: Row) -> Array:
        tokens = np.array(row.request.prompt, dtype=np.int64)
        alone = None if row.adapter is None else self._bank.rows([row.adapter])
        return self._model.prefill(row.place, tokens, alone)

    def _next(self, rows: list[Row]) -> Array:
        # As many as the adapters were prepared for: also places whose row has only now read its prompt.
        reach = max(row.place + 1 for row in self._places if row)
        tokens, positions = np.zeros(reach, np.int64), np.zeros(reach, np.int64)
        for row in self._places[:reach]:
            if row is not None:
                # A new row is computed along too; it writes where its first token will be written again.
                positions[row.place] = min(row.position + (not row.made), self._config.context - 1)
        for row in rows:
            tokens[row.place] = row.made[-1]
        return self._model.step(tokens, positions, self._mixed)

    def _deliver(self, chosen: list[tuple[Row, TokenDelta]]) -> None:
        """Send each row its token, all of an event loop at once, and free the places of those that end with it."""
        sent: dict[object, list[tuple[Row, TokenDelta]]] = {}
        for row, delta in chosen:
            finish = row.finish_of(delta.token if delta.token is not None else -1, self._ends)
            if finish:
                with self._wake:
                    row.ended = True
                    self._leave(row.place)
            last = TokenDelta(delta.token, delta.logprob, delta.top, finish) if finish else delta
            sent.setdefault(row.mailbox.loop, []).append((row, last))
        for posts in sent.values():
            with contextlib.suppress(RuntimeError):  # the loop has closed: nobody reads
                posts[0][0].mailbox.loop.call_soon_threadsafe(_post, posts)

    def _end_all(self, last: TokenDelta | Exception) -> None:
        with self._wake:
            rows = [*self._waiting, *(row for row in self._places if row)]
            self._waiting.clear()
            self._places = [None] * len(self._places)
        for row in rows:
            post: Callable[[TokenDelta | Exception], None] = row.mailbox.put
            with contextlib.suppress(RuntimeError):
                row.mailbox.loop.call_soon_threadsafe(post, last)


def _post(posts: list[tuple[Row, TokenDelta]]) -> None:
    for row, delta in posts:
        row.mailbox.put(delta)
