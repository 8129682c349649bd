"""The answers of one order as one stream of pieces, whichever engine makes them, and however many there are."""

import asyncio
import contextlib
import functools
import itertools
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from dataclasses import replace

from seatrial.reference_server.backends.llm.engine import ABORT, Engine, GenerationRequest
from seatrial.reference_server.backends.llm.orders import Order
from seatrial.reference_server.backends.llm.text import Piece, Writer
from seatrial.reference_server.backends.llm.vocabulary import Vocabulary
from seatrial.reference_server.errors import UnavailableError
from seatrial.reference_server.live import LiveCall

_numbers = itertools.count(1)


def requests_of(order: Order, *, urgent: bool = False) -> list[GenerationRequest]:
    """Return what an engine is asked for: `n` rows a prompt, each with a seed of its own."""
    number = next(_numbers)
    rows = [(prompt, choice) for prompt in order.prompts for choice in range(order.n)]
    seed = order.sampling.seed
    return [
        GenerationRequest(
            f"{number}-{index}",
            prompt.tokens,
            order.sampling if seed is None else replace(order.sampling, seed=seed + choice),
            prompt.adapter,
            urgent,
        )
        for index, (prompt, choice) in enumerate(rows)
    ]


async def pieces(
    engine: Engine, vocabulary: Vocabulary, order: Order, call: LiveCall, *, urgent: bool = False
) -> AsyncGenerator[Piece, None]:
    """Yield the pieces of every answer of an order, each answer's in order. Closing it early aborts what runs.

    Raises:
        ServingError: the engine refuses a row, or the call was ended.
    """
    rows = requests_of(order, urgent=urgent)
    answers = [_answer(engine, row, Writer(vocabulary, index, order.stops), call) for index, row in enumerate(rows)]
    async with contextlib.aclosing(answers[0] if len(answers) == 1 else _merged(answers)) as merged:
        async for piece in merged:
            yield piece


async def _answer(
    engine: Engine, request: GenerationRequest, writer: Writer, call: LiveCall
) -> AsyncGenerator[Piece, None]:
    call.check()
    call.on_end(functools.partial(engine.abort, request.id))
    deltas = engine.generate(request)
    try:
        async for delta in deltas:
            if delta.finish == ABORT:
                call.check()
                raise UnavailableError("the server is stopping", code="stopping")
            piece = writer.write(delta)
            yield piece
            if piece.finish:
                return
    finally:
        await _close(deltas)


async def _close(deltas: AsyncIterator[object]) -> None:
    if isinstance(deltas, AsyncGenerator):
        await deltas.aclose()


async def _merged(answers: Sequence[AsyncGenerator[Piece, None]]) -> AsyncGenerator[Piece, None]:
    """Yield pieces of several answers as they come; the first error ends them all."""
    arrived: asyncio.Queue[Piece | Exception | None] = asyncio.Queue()

    async def pump(answer: AsyncGenerator[Piece, None]) -> None:
        try:
            async with contextlib.aclosing(answer):
                async for piece in answer:
                    arrived.put_nowait(piece)
        except Exception as error:  # noqa: BLE001 - raised again by the reader
            arrived.put_nowait(error)
        else:
            arrived.put_nowait(None)

    tasks = [asyncio.create_task(pump(answer)) for answer in answers]
    try:
        open_answers = len(tasks)
        while open_answers:
            piece = await arrived.get()
            if isinstance(piece, Exception):
                raise piece
            if piece is None:
                open_answers -= 1
            else:
                yield piece
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
