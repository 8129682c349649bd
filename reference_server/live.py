"""Calls that the event loop carries: models that schedule their own work, and answers that leave piece by piece.

A worker thread a call would bound such a model to a few callers. Here a call is ended from outside in one way only,
`LiveCall.end`, whether its caller has left, its time is over, or the server gives up.
"""

import asyncio
from abc import abstractmethod
from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass

from seatrial.reference_server.errors import CallTimeoutError, ServingError, UnavailableError
from seatrial.reference_server.model import InferenceRequest, InferenceResponse, Model

INVOCATION, COMPLETION, CHAT = "invocation", "completion", "chat"


@dataclass(frozen=True)
class StreamedResponse:
    """An answer whose bytes are still to be made; `chunks` must be closed, so that what makes them stops."""

    chunks: AsyncGenerator[bytes, None]
    content_type: str
    headers: tuple[tuple[str, str], ...] = ()


class CallerGoneError(UnavailableError):
    """Nobody waits for the answer any more."""

    code = "caller_left"


class LiveCall:
    """One call, and how it is ended early."""

    def __init__(self) -> None:
        self._error: ServingError | None = None
        self._enders: list[Callable[[], None]] = []

    def on_end(self, ender: Callable[[], None]) -> None:
        """Have something called when the call is ended early: it makes the call's own work stop."""
        self._enders.append(ender)

    def end(self, error: ServingError) -> None:
        """End the call: its work stops, and `check` raises the error. Only the first error counts."""
        if self._error is None:
            self._error = error
            for ender in self._enders:
                ender()

    def check(self) -> None:
        """Raise what ended the call, if anything did."""
        if self._error is not None:
            raise self._error


class LiveModel(Model):
    """A model that answers on the event loop, many callers at once, in one piece or in many."""

    @abstractmethod
    async def reply(self, request: InferenceRequest, form: str, call: LiveCall) -> InferenceResponse | StreamedResponse:
        """Answer a request; a stream is returned once its first piece is there, so that refusals keep their status.

        Args:
            request: the request.
            form: what the path says the body is: `INVOCATION`, `COMPLETION` or `CHAT`.
            call: says when to stop.
        """

    @abstractmethod
    def names(self) -> tuple[str, ...]:
        """Return the name of the model, then those of its adapters."""

    @abstractmethod
    def load_now(self) -> tuple[int, int]:
        """Return how many calls run and how many wait."""


class LiveCalls:
    """The live calls of a server, each with its limit of time.

    Args:
        timeout: seconds until an answer in one piece, or the first piece of a stream.
        stream_timeout: seconds until the end of a stream.
    """

    def __init__(self, *, timeout: float, stream_timeout: float) -> None:
        self._timeout = timeout
        self._stream_timeout = stream_timeout
        self._open: set[LiveCall] = set()

    async def answer(
        self, model: LiveModel, request: InferenceRequest, form: str, left: asyncio.Future[None] | None
    ) -> InferenceResponse | StreamedResponse:
        """Have a model answer within the limits, and stop when the caller has left."""
        call = LiveCall()
        loop = asyncio.get_running_loop()
        began = loop.time()
        timer = loop.call_later(self._timeout, call.end, _overdue(self._timeout))
        if left is not None:
            left.add_done_callback(lambda _: call.end(CallerGoneError("the caller has left")))
        self._open.add(call)
        try:
            response = await model.reply(request, form, call)
        except BaseException:
            self._open.discard(call)
            raise
        finally:
            timer.cancel()
        if isinstance(response, InferenceResponse):
            self._open.discard(call)
            return response
        timer = loop.call_at(began + self._stream_timeout, call.end, _overdue(self._stream_timeout))
        return StreamedResponse(self._streamed(response, call, timer), response.content_type, response.headers)

    def end_all(self, error: ServingError) -> None:
        """End every call that is open."""
        for call in tuple(self._open):
            call.end(error)

    async def _streamed(
        self, response: StreamedResponse, call: LiveCall, timer: asyncio.TimerHandle
    ) -> AsyncGenerator[bytes, None]:
        try:
            async for chunk in response.chunks:
                yield chunk
        finally:
            timer.cancel()
            self._open.discard(call)
            await response.chunks.aclose()


def _overdue(seconds: float) -> CallTimeoutError:
    return CallTimeoutError(f"the answer was not complete within {seconds:g} s")
