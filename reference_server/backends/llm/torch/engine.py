"""Which rows share a step of the torch engine: those that waited together, until the last of them has ended.

An urgent row makes a batch of its own, computed in turn with the other: it waits for no one.
"""

from collections.abc import Iterable
from pathlib import Path

from seatrial.reference_server.backends.llm.engine import EngineFacts, EngineLimits, TokenDelta, limited
from seatrial.reference_server.backends.llm.stepping import Row, SteppingEngine, choose
from seatrial.reference_server.backends.llm.torch.network import Batch, LoadedAdapter, Network


class Company:
    """Rows that share a batch; those that have ended stay in it, and nobody looks at what is computed for them."""

    def __init__(self, rows: list[Row]) -> None:
        self.rows = rows
        self._batch: Batch | None = None

    @property
    def living(self) -> list[Row]:
        """The rows that go on."""
        return [row for row in self.rows if not (row.ended or row.aborted)]

    def step(self, network: Network) -> list[tuple[Row, TokenDelta]]:
        """Return the next token of every row that goes on."""
        living = self.living
        if self._batch is None:
            prompts, adapters = [row.request.prompt for row in self.rows], [row.adapter for row in self.rows]
            self._batch, logits = network.begin(prompts, adapters)
        else:
            logits = network.next(self._batch, [row.made[-1] for row in self.rows])
        return choose(living, logits[[row.place for row in living]])


class TorchEngine(SteppingEngine):
    """Serves one model directory.

    Args:
        folder: config.json and *.safetensors.
        end_tokens: the marks that end an answer.
        limits: what it may do; its slots are the most rows of a batch.
        device: as torch writes it.
        dtype: `auto`, `float32`, `float16` or `bfloat16`.
        trust_pickle: whether weights may be read that can run any code.
    """

    def __init__(
        self,
        folder: Path,
        end_tokens: frozenset[int],
        limits: EngineLimits,
        *,
        device: str,
        dtype: str,
        trust_pickle: bool,
    ) -> None:
        super().__init__(end_tokens, limits)
        self._folder = folder
        self._device = device
        self._dtype = dtype
        self._trust_pickle = trust_pickle
        self._context = limits.context
        self._companies: list[Company] = []
        self._unused: list[LoadedAdapter] = []
        self._network: Network

    @property
    def facts(self) -> EngineFacts:
        """Name, device and context."""
        return EngineFacts("transformers", self._device, self._context, self._limits.lora)

    def load(self) -> None:
        """Read the weights."""
        self._network = Network(self._folder, self._device, self._dtype, trust_pickle=self._trust_pickle)
        self._context = limited(self._limits.context, self._network.context)

    def unload_adapter(self, name: str) -> None:
        """Take an adapter out; it leaves the memory before the first step that no row of it takes part in."""
        with self._wake:
            self._unused.append(self._chosen(name))
            del self._adapters[name]

    def _read_adapter(self, name: str, folder: Path) -> LoadedAdapter:
        return self._network.load_adapter(name, folder)

    def _running(self) -> list[Row]:
        return [row for company in self._companies for row in company.living]

    def _release(self) -> None:
        self._companies = [company for company in self._companies if company.living]

    def _leave(self, row: Row) -> None:
        """Do nothing: the place of a row stays as long as its batch."""

    def _admit(self) -> None:
        urgent = [row for row in self._waiting if row.request.urgent]
        for row in urgent:
            self._waiting.remove(row)
            self._begin([row])
        if self._waiting and not self._busy():
            self._begin([self._waiting.popleft() for _ in range(min(self._limits.slots, len(self._waiting)))])

    def _begin(self, rows: list[Row]) -> None:
        for place, row in enumerate(rows):
            row.place = place
        self._companies.append(Company(rows))

    def _compute(self) -> Iterable[tuple[Row, TokenDelta]]:
        with self._wake:
            # Also of rows that have ended: their batch is computed whole.
            computed = [row for company in self._companies for row in company.rows]
            used = {row.adapter for row in (*self._waiting, *computed)}
            done = [adapter for adapter in self._unused if adapter not in used]
            self._unused = [adapter for adapter in self._unused if adapter in used]
        for adapter in done:
            self._network.unload_adapter(adapter)
        return [chosen for company in self._companies for chosen in company.step(self._network)]
