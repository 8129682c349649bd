"""Which rows share a step of the light engine: each has a place in the cache, and joins and leaves between two steps.

The lowest free place is taken, so that the rows stay together at the front of the cache. One place is kept for urgent
rows: the server's own check is then answered however long the queue is.
"""

from collections.abc import Iterable
from pathlib import Path

import numpy as np

from seatrial.reference_server.backends.llm.engine import EngineFacts, EngineLimits, TokenDelta
from seatrial.reference_server.backends.llm.light import config, llama, lora
from seatrial.reference_server.backends.llm.light.lora import Adapter, Bank, MixedRows
from seatrial.reference_server.backends.llm.stepping import Row, SteppingEngine, choose
from seatrial.reference_server.backends.llm.stepping.sampling import Array

URGENT_PLACES = 1


class LightEngine(SteppingEngine):
    """Serves one model directory.

    Args:
        folder: config.json and *.safetensors.
        end_tokens: the marks that end an answer.
        limits: what it may do.
    """

    def __init__(self, folder: Path, end_tokens: frozenset[int], limits: EngineLimits) -> None:
        super().__init__(end_tokens, limits)
        self._folder = folder
        self._config = config.read(folder, limits.context)
        self._facts = EngineFacts("light", "cpu", self._config.context, limits.lora)
        self._places: list[Row | None] = [None] * (limits.slots + URGENT_PLACES)
        self._bank = Bank(self._config, ())
        self._mixed: MixedRows | None = None
        self._changed = True
        self._model: llama.Llama

    @property
    def facts(self) -> EngineFacts:
        """Name, device and context."""
        return self._facts

    def load(self) -> None:
        """Read the weights."""
        self._model = llama.Llama(self._config, llama.read(self._folder), len(self._places))

    def _read_adapter(self, name: str, folder: Path) -> Adapter:
        return lora.read(name, folder, self._config)

    def _running(self) -> list[Row]:
        return [row for row in self._places if row is not None]

    def _release(self) -> None:
        for row in self._running():
            if row.aborted:
                self._leave(row)

    def _leave(self, row: Row) -> None:
        if row.place >= 0:
            self._places[row.place] = None
            self._changed = True

    def _admit(self) -> None:
        while self._waiting:
            open_to = len(self._places) if self._waiting[0].request.urgent else self._limits.slots
            free = [place for place in range(open_to) if self._places[place] is None]
            if not free:
                return
            row = self._waiting.popleft()
            row.place = free[0]
            self._places[row.place] = row
            self._changed = True

    def _compute(self) -> Iterable[tuple[Row, TokenDelta]]:
        """Make one token for every row: the first of those that have just come, the next of all others."""
        running = self._running()
        self._mix()
        old = [row for row in running if row.made]
        chosen = [(row, row.sampler.choose(self._first(row), 0)) for row in running if not row.made]
        if old:
            logits = self._next(old)
            chosen += choose(old, logits if len(old) == len(logits) else logits[[row.place for row in old]])
        return chosen

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
