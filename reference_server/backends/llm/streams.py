"""An order's pieces as the bytes of a stream: server-sent events for OpenAI's languages, lines of JSON for LMI.

A failure in the middle is a record of its own, and nothing after it says that all went well.
"""

from collections.abc import AsyncGenerator

import orjson

from seatrial.reference_server.api_errors import described
from seatrial.reference_server.backends.llm.answers import Choice, Envelope, LmiEnvelope, prompt_text
from seatrial.reference_server.backends.llm.orders import Language, Order
from seatrial.reference_server.backends.llm.text import Piece
from seatrial.reference_server.backends.llm.vocabulary import Vocabulary
from seatrial.reference_server.errors import ServingError
from seatrial.reference_server.live import CallerGoneError
from seatrial.reference_server.logs import log

EVENTS = "text/event-stream; charset=utf-8"
LINES = "application/jsonlines"
DONE = b"data: [DONE]\n\n"


def media_type(order: Order) -> str:
    """Return the Content-Type of the stream."""
    return LINES if order.language is Language.LMI else EVENTS


async def stream(
    order: Order, vocabulary: Vocabulary, first: Piece, rest: AsyncGenerator[Piece, None]
) -> AsyncGenerator[bytes, None]:
    """Yield the records of a stream as their pieces come; closing it closes the pieces."""
    records = _Lines(order, vocabulary) if order.language is Language.LMI else _Events(order, vocabulary)
    try:
        yield records.of(first)
        async for piece in rest:
            record = records.of(piece)
            if record:
                yield record
        end = records.end()
        if end:
            yield end
    except CallerGoneError:
        return
    except ServingError as error:
        log.warning("a stream ended with %s: %s", error.code, error.message)
        yield records.failure(error)
    finally:
        await rest.aclose()


class _Events:
    """Server-sent events."""

    def __init__(self, order: Order, vocabulary: Vocabulary) -> None:
        self._order = order
        self._envelope = Envelope(order, vocabulary)
        self._offsets: dict[int, int] = {}
        self._made = 0

    def of(self, piece: Piece) -> bytes:
        """Return the events of a piece, none where it has nothing to tell."""
        events = []
        self._made += len(piece.tokens)
        chat = self._order.language is Language.CHAT
        if piece.index not in self._offsets:
            before = prompt_text(self._order, piece.index)
            self._offsets[piece.index] = len(before)
            if chat:
                events.append(self._envelope.opening(piece.index))
            elif before:
                events.append(self._envelope.chunk(Piece(piece.index, before, ()), 0))
        if piece.text or piece.finish or self._order.sampling.logprobs is not None:
            events.append(self._envelope.chunk(piece, self._offsets[piece.index]))
        self._offsets[piece.index] += len(piece.text)
        return b"".join(_event(event) for event in events)

    def end(self) -> bytes:
        """Return what stands after the last piece."""
        return (_event(self._envelope.closing(self._made)) if self._order.usage else b"") + DONE

    def failure(self, error: ServingError) -> bytes:
        """Return the event of a failure."""
        return _event(described(error))


class _Lines:
    """Lines of JSON."""

    def __init__(self, order: Order, vocabulary: Vocabulary) -> None:
        self._envelope = LmiEnvelope(order, vocabulary)
        self._choices: dict[int, Choice] = {}

    def of(self, piece: Piece) -> bytes:
        """Return the line of a piece."""
        choice = self._choices.setdefault(piece.index, Choice())
        choice.add(piece)
        return orjson.dumps(self._envelope.line(piece, choice)) + b"\n"

    def end(self) -> bytes:
        """Return nothing: the last line of each answer says that it is the last."""
        return b""

    def failure(self, error: ServingError) -> bytes:
        """Return the line of a failure."""
        return orjson.dumps(described(error)) + b"\n"


def _event(value: object) -> bytes:
    return b"data: " + orjson.dumps(value) + b"\n\n"
