"""The rows of an engine: what each one is at, and the mailbox through which its tokens reach the event loop."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from seatrial.reference_server.backends.llm.engine import ABORT, LENGTH, STOP, GenerationRequest, TokenDelta
from seatrial.reference_server.backends.llm.stepping.sampling import Array, Sampler


class Mailbox:
    """Deltas on their way to one reader, who awaits them on the event loop that made the mailbox."""

    def __init__(self) -> None:
        self.loop = asyncio.get_running_loop()
        self._waiting: deque[TokenDelta | Exception] = deque()
        self._more = asyncio.Event()

    def put(self, delta: TokenDelta | Exception) -> None:
        """Add a delta, or what ends them all. Only on the mailbox's own loop."""
        self._waiting.append(delta)
        self._more.set()

    async def deltas(self) -> AsyncIterator[TokenDelta]:
        """Yield deltas until the last one, or raise what came in their place."""
        while True:
            while not self._waiting:
                self._more.clear()
                await self._more.wait()
            delta = self._waiting.popleft()
            if isinstance(delta, Exception):
                raise delta
            yield delta
            if delta.finish:
                return


@dataclass(eq=False)
class Row:
    """One request in the engine; only the engine's own thread changes it once it is queued.

    Args:
        request: what is asked.
        adapter: the adapter as the engine keeps it, None for the model alone.
        mailbox: where its tokens go.
        sampler: chooses them.
        room: most tokens that it may make.
        place: where the engine keeps it.
    """

    request: GenerationRequest
    adapter: Any
    mailbox: Mailbox
    sampler: Sampler
    room: int
    place: int = -1
    made: list[int] = field(default_factory=list)
    aborted: bool = False
    ended: bool = False

    @property
    def position(self) -> int:
        """Where the last made token stands in the whole text."""
        return len(self.request.prompt) + len(self.made) - 1

    def finish_of(self, token: int, end_tokens: frozenset[int]) -> str:
        """Note a token, and return why the row ends with it, empty where it goes on."""
        self.made.append(token)
        if token in end_tokens and not self.request.sampling.ignore_eos:
            return STOP
        return LENGTH if len(self.made) >= self.room else ""


def choose(rows: Sequence[Row], logits: Array) -> list[tuple[Row, TokenDelta]]:
    """Return the next token of each of some rows, whose logits lie in the same order."""
    likeliest = logits.argmax(axis=-1).tolist()
    return [
        (row, TokenDelta(token) if row.sampler.plain else row.sampler.choose(own, len(row.made)))
        for row, own, token in zip(rows, logits, likeliest, strict=True)
    ]


ABORTED = TokenDelta(None, finish=ABORT)
