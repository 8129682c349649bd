"""The thread of an engine, the rows that wait for it, and the tokens that leave it.

Which rows share a step, and what a step computes, is the engine's own: `_admit`, `_release` and `_compute`.
"""

import contextlib
import threading
import time
from abc import abstractmethod
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterable
from pathlib import Path
from typing import Any

from seatrial.reference_server.backends.llm.engine import (
    BASE,
    AdapterError,
    Engine,
    EngineLimits,
    EngineLoad,
    GenerationRequest,
    QueueFullError,
    TokenDelta,
    UnknownAdapterError,
)
from seatrial.reference_server.backends.llm.stepping.rows import ABORTED, Mailbox, Row
from seatrial.reference_server.backends.llm.stepping.sampling import Sampler
from seatrial.reference_server.errors import ModelFailedError
from seatrial.reference_server.logs import log

JOIN = 5.0


class SteppingEngine(Engine):
    """An engine that computes in a thread, step by step.

    Args:
        end_tokens: the marks that end an answer.
        limits: what it may do.
    """

    def __init__(self, end_tokens: frozenset[int], limits: EngineLimits) -> None:
        self._ends = end_tokens
        self._limits = limits
        self._wake = threading.Condition()
        self._waiting: deque[Row] = deque()
        self._adapters: dict[str, Any] = {}
        self._stopping = False
        self._thread: threading.Thread | None = None
        self.steps = 0

    @abstractmethod
    def _running(self) -> Iterable[Row]:
        """Return the rows that have left the queue and not ended."""

    @abstractmethod
    def _release(self) -> None:
        """Free the places of rows that were aborted. Called with the lock held."""

    @abstractmethod
    def _admit(self) -> None:
        """Take rows from the queue as far as there is room. Called with the lock held."""

    @abstractmethod
    def _compute(self) -> Iterable[tuple[Row, TokenDelta]]:
        """Return the next token of every running row."""

    @abstractmethod
    def _leave(self, row: Row) -> None:
        """Free the place of a row that has ended. Called with the lock held."""

    @abstractmethod
    def _read_adapter(self, name: str, folder: Path) -> Any:
        """Return an adapter as this engine keeps it.

        Raises:
            AdapterError: it cannot be used.
        """

    @property
    def load_now(self) -> EngineLoad:
        """Rows that run and rows that wait."""
        with self._wake:
            return EngineLoad(self._busy(), len(self._waiting))

    def start(self) -> None:
        """Start the thread that makes tokens."""
        # A daemon: a step that never ends must not keep the process alive.
        self._thread = threading.Thread(target=self._run, name=f"{self.facts.name}-engine", daemon=True)
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
            found = [row for row in (*self._waiting, *self._running()) if row.request.id == request_id]
        for row in found:
            self._abort(row)

    def adapters(self) -> tuple[str, ...]:
        """Return the names of the loaded adapters."""
        with self._wake:
            return tuple(self._adapters)

    def load_adapter(self, name: str, folder: Path) -> None:
        """Load an adapter under a new name."""
        self._check_new(name)
        adapter = self._read_adapter(name, folder)
        with self._wake:
            self._check_new(name)
            self._adapters[name] = adapter

    def unload_adapter(self, name: str) -> None:
        """Take an adapter out; rows that use it finish with it."""
        with self._wake:
            self._chosen(name)
            del self._adapters[name]

    def _queued(self, request: GenerationRequest, mailbox: Mailbox) -> Row:
        room = min(request.sampling.max_tokens, self.facts.context - len(request.prompt))
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

    def _check_new(self, name: str) -> None:
        if not self._limits.lora:
            raise AdapterError("adapters are switched off: start the server with --enable-lora 1", code="no_adapters")
        if name in self._adapters:
            raise AdapterError(f"an adapter {name!r} is loaded already: unload it first", code="adapter_exists")

    def _busy(self) -> int:
        return sum(not row.request.urgent for row in self._running())

    def _check_room(self) -> None:
        """Refuse a row where the queue is full; those that a free place awaits do not count."""
        if len(self._waiting) >= self._limits.queue_limit + max(self._limits.slots - self._busy(), 0):
            raise QueueFullError(f"{self._limits.queue_limit} requests are waiting already: try again")

    def _chosen(self, name: str) -> Any:
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
                due = time.monotonic() + self._limits.interval
                made = self._compute()
                self.steps += 1
                self._deliver(made)
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
                busy = self._waiting or any(self._running())
                pause = due - time.monotonic()
                if busy and pause <= 0:
                    self._admit()
                    return True
                self._wake.wait(pause if busy else None)
            return False

    def _deliver(self, chosen: Iterable[tuple[Row, TokenDelta]]) -> None:
        """Send each row its token, all of an event loop at once, and free the places of those that end with it."""
        sent: dict[object, list[tuple[Row, TokenDelta]]] = {}
        for row, delta in chosen:
            finish = row.finish_of(delta.token if delta.token is not None else -1, self._ends)
            if finish:
                with self._wake:
                    row.ended = True
                    self._leave(row)
            last = TokenDelta(delta.token, delta.logprob, delta.top, finish) if finish else delta
            sent.setdefault(row.mailbox.loop, []).append((row, last))
        for posts in sent.values():
            with contextlib.suppress(RuntimeError):  # the loop has closed: nobody reads
                posts[0][0].mailbox.loop.call_soon_threadsafe(_post, posts)

    def _end_all(self, last: TokenDelta | Exception) -> None:
        with self._wake:
            rows = [*self._waiting, *self._running()]
            self._waiting.clear()
            for row in rows:
                row.ended = True
                self._leave(row)
        for row in rows:
            post: Callable[[TokenDelta | Exception], None] = row.mailbox.put
            with contextlib.suppress(RuntimeError):
                row.mailbox.loop.call_soon_threadsafe(post, last)


def _post(posts: list[tuple[Row, TokenDelta]]) -> None:
    for row, delta in posts:
        row.mailbox.put(delta)
