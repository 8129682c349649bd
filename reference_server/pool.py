"""Worker threads for models, with a queue limit, a deadline a call, and threads that can be given up.

`concurrent.futures` falls short in three ways that the hosting contract cares about: its queue has no limit, a call
that never returns holds its thread for ever, and the interpreter waits for such a thread at exit. Here a thread whose
call is overdue is written off and replaced, up to a bound; when the bound is reached the pool is `stuck`, and says so.
The event loop alone submits and expires calls; threads only run them.
"""

import asyncio
import contextlib
import functools
import threading
from collections import deque
from collections.abc import Callable

from seatrial.reference_server.errors import CallTimeoutError, ServingError, UnavailableError
from seatrial.reference_server.model import InferenceResponse

# Threads written off before the pool stops replacing them, as a multiple of its size.
WRITE_OFFS = 3


class Call:
    """One call: its future answer, and an event that tells the model when nobody waits any more."""

    def __init__(self, work: Callable[["Call"], InferenceResponse], future: asyncio.Future[InferenceResponse]) -> None:
        self.work = work
        self.future = future
        self.gone = threading.Event()
        self.running = False
        self.overdue = False
        self.replaced = False
        self.timer: asyncio.TimerHandle | None = None


class CallPool:
    """Threads that run calls in order.

    Args:
        threads: calls that run side by side.
        queue_limit: calls that may wait beyond those that run.
        timeout: seconds from submission until a call fails, waiting included.
    """

    def __init__(self, *, threads: int, queue_limit: int, timeout: float) -> None:
        self.threads = threads
        self.queue_limit = queue_limit
        self.timeout = timeout
        self._loop = asyncio.get_running_loop()
        self._wake = threading.Condition()
        self._waiting: deque[Call] = deque()
        self._open: set[Call] = set()
        self._alive = 0
        self._overdue = 0
        for _ in range(threads):
            self._add_thread()

    @property
    def waiting(self) -> int:
        """Calls that no thread has taken yet."""
        return len(self._waiting)

    @property
    def running(self) -> int:
        """Calls that a thread has taken and somebody still waits for."""
        return max(len(self._open) - len(self._waiting), 0)

    @property
    def stuck(self) -> bool:
        """Whether every thread hangs in an overdue call, so that nothing can run."""
        with self._wake:
            return self._alive == self._overdue

    def submit(self, work: Callable[[Call], InferenceResponse], *, first: bool = False) -> Call:
        """Queue a call; `first` passes the queue and its limit (the server's own check does).

        Raises:
            UnavailableError: the queue is full, or every thread hangs.
        """
        call = Call(work, self._loop.create_future())
        with self._wake:
            if not first and len(self._waiting) >= self.queue_limit:
                raise UnavailableError(f"{self.queue_limit} requests are waiting already: try again", code="overloaded")
            if not first and self._alive == self._overdue:
                raise UnavailableError("every worker hangs in a call that never ended: try again", code="workers_stuck")
            (self._waiting.appendleft if first else self._waiting.append)(call)
            self._wake.notify()
        self._open.add(call)
        call.timer = self._loop.call_later(self.timeout, self._expire, call)
        return call

    def forget(self, call: Call) -> None:
        """Tell a call that nobody waits for it: a waiting one never runs, a running one sees `gone`."""
        call.gone.set()
        with self._wake, contextlib.suppress(ValueError):
            self._waiting.remove(call)
            self._fail(call, UnavailableError("the caller has left", code="caller_left"))

    def close(self, error: ServingError) -> None:
        """Fail every call that has no answer yet. Threads end with the process."""
        with self._wake:
            self._waiting.clear()
        for call in tuple(self._open):
            call.gone.set()
            self._fail(call, error)

    def _expire(self, call: Call) -> None:
        call.gone.set()
        with self._wake:
            running = call.running
            if running:
                call.overdue = True
                self._overdue += 1
                call.replaced = self._alive < self.threads * (1 + WRITE_OFFS)
            else:
                with contextlib.suppress(ValueError):
                    self._waiting.remove(call)
        if call.replaced:
            self._add_thread()
        if running:
            self._fail(call, CallTimeoutError(f"no answer from the model within {self.timeout:g} s"))
        else:
            message = f"no worker was free within {self.timeout:g} s: try again"
            self._fail(call, UnavailableError(message, code="overloaded"))

    def _deliver(self, call: Call, answer: InferenceResponse) -> None:
        if self._settle(call):
            call.future.set_result(answer)

    def _fail(self, call: Call, error: BaseException) -> None:
        if self._settle(call):
            call.future.set_exception(error)
            call.future.exception()  # whoever has left never asks for it; that is no news

    def _settle(self, call: Call) -> bool:
        self._open.discard(call)
        if call.timer is not None:
            call.timer.cancel()
        return not call.future.done()

    def _add_thread(self) -> None:
        with self._wake:
            self._alive += 1
        # Daemons: a call that never returns must not keep the process alive.
        threading.Thread(target=self._work, name="model-worker", daemon=True).start()

    def _work(self) -> None:
        while True:
            with self._wake:
                while not self._waiting:
                    self._wake.wait()
                call = self._waiting.popleft()
                call.running = True
            settle = self._run(call)
            with contextlib.suppress(RuntimeError):  # the loop has closed: the process is ending
                self._loop.call_soon_threadsafe(settle)
            with self._wake:
                call.running = False
                if call.overdue:
                    self._overdue -= 1
                if call.replaced:
                    self._alive -= 1
                    return

    def _run(self, call: Call) -> Callable[[], None]:
        try:
            return functools.partial(self._deliver, call, call.work(call))
        except StopIteration as error:
            return functools.partial(self._fail, call, RuntimeError(f"the model raised {error!r}"))
        except BaseException as error:  # noqa: BLE001 - also SystemExit: a model must not end a worker
            return functools.partial(self._fail, call, error)
