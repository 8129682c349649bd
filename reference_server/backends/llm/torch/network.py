"""A model of transformers with its PEFT adapters: batches go in, logits come out.

Weights are read from safetensors only and no code of a model's folder runs, unless its pickles are trusted.
"""

import contextlib
import itertools
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import peft
import torch
import transformers

from seatrial.reference_server.backends.llm.engine import AdapterError
from seatrial.reference_server.backends.llm.stepping.sampling import Array
from seatrial.reference_server.errors import ModelLoadError

# PEFT's word for a row without an adapter.
NO_ADAPTER = "__base__"


@dataclass(frozen=True, eq=False)
class LoadedAdapter:
    """An adapter; `key` is what PEFT knows it by, never used twice."""

    name: str
    key: str


@dataclass
class Batch:
    """Rows that are computed together, each with its text so far on the right end of its line."""

    mask: torch.Tensor
    names: list[str]
    cache: Any = None


class Network:
    """One model.

    Args:
        folder: config.json and *.safetensors.
        device: as torch writes it.
        dtype: `float32`, `float16`, `bfloat16`, or `auto`: 32 bits on the processor, elsewhere what the files hold.
        trust_pickle: whether weights that are no safetensors may be read, which can run any code.

    Raises:
        ModelLoadError: transformers cannot use it.
    """

    def __init__(self, folder: Path, device: str, dtype: str, *, trust_pickle: bool) -> None:
        wanted = "float32" if dtype == "auto" and device == "cpu" else dtype
        if not trust_pickle and not any(folder.glob("*.safetensors")):
            raise ModelLoadError(f"{folder} holds no *.safetensors, expected the weights of the model there")
        try:
            model = transformers.AutoModelForCausalLM.from_pretrained(
                folder,
                dtype=wanted if wanted == "auto" else getattr(torch, wanted),
                use_safetensors=None if trust_pickle else True,
                trust_remote_code=False,
                local_files_only=True,
            )
        except (OSError, ValueError, RuntimeError, KeyError) as error:
            raise ModelLoadError(f"transformers cannot use the model in {folder}: {error}") from error
        self._model = model.to(device).eval()
        self._device = device
        self._adapters: Any = None
        self._numbers = itertools.count(1)
        self._lock = threading.Lock()

    @property
    def context(self) -> int:
        """The most tokens that the model can read."""
        return int(self._model.config.get_text_config().max_position_embeddings)

    def load_adapter(self, name: str, folder: Path) -> LoadedAdapter:
        """Read an adapter.

        Raises:
            AdapterError: PEFT cannot use it.
        """
        if not (folder / "adapter_config.json").is_file() or not (folder / "adapter_model.safetensors").is_file():
            raise AdapterError(
                f"the adapter {name!r} has no adapter_config.json with adapter_model.safetensors in {str(folder)!r}"
            )
        found = LoadedAdapter(name, str(next(self._numbers)))
        with self._lock:
            try:
                self._add(found.key, folder)
            except Exception as error:  # a damaged file can make these libraries raise anything
                self._forget(found.key)
                raise AdapterError(f"the adapter {name!r} cannot be used: {error}") from error
        return found

    def _add(self, key: str, folder: Path) -> None:
        config = peft.PeftConfig.from_pretrained(folder)
        config.inference_mode = True
        weights = peft.load_peft_weights(str(folder), device=self._device)
        if self._adapters is None:
            self._adapters = peft.PeftModel(self._model, config, adapter_name=key)
        else:
            self._adapters.add_adapter(key, config)
        unknown = peft.set_peft_model_state_dict(self._adapters, weights, adapter_name=key).unexpected_keys
        if unknown:
            raise ValueError(f"it changes {unknown[0]}, which the model does not have")
        self._adapters.eval()

    def unload_adapter(self, adapter: LoadedAdapter) -> None:
        """Take an adapter out of the model."""
        with self._lock:
            self._forget(adapter.key)

    def begin(self, prompts: Sequence[Sequence[int]], adapters: Sequence[LoadedAdapter | None]) -> tuple[Batch, Array]:
        """Read the prompts of a new batch, and return the logits after each."""
        longest = max(map(len, prompts))
        tokens = torch.tensor([[0] * (longest - len(prompt)) + list(prompt) for prompt in prompts])
        mask = torch.tensor([[0] * (longest - len(prompt)) + [1] * len(prompt) for prompt in prompts])
        names = [adapter.key if adapter else NO_ADAPTER for adapter in adapters]
        batch = Batch(mask.to(self._device), names)
        return batch, self._logits(batch, tokens)

    def next(self, batch: Batch, tokens: Sequence[int]) -> Array:
        """Take one token for each row of a batch, and return the logits after it."""
        batch.mask = torch.cat([batch.mask, batch.mask.new_ones((len(tokens), 1))], dim=1)
        return self._logits(batch, torch.tensor(tokens)[:, None])

    def _logits(self, batch: Batch, tokens: torch.Tensor) -> Array:
        positions = (batch.mask.cumsum(dim=1) - 1).clamp(min=0)[:, -tokens.shape[1] :]
        with self._lock, torch.inference_mode():
            out = (self._adapters or self._model)(
                input_ids=tokens.to(self._device),
                attention_mask=batch.mask,
                position_ids=positions,
                past_key_values=batch.cache,
                use_cache=True,
                logits_to_keep=1,
                **({"adapter_names": batch.names} if self._adapters is not None else {}),
            )
        batch.cache = out.past_key_values
        logits: Array = out.logits[:, -1].float().cpu().numpy()
        return logits

    def _forget(self, key: str) -> None:
        if self._adapters is None:
            return
        with contextlib.suppress(ValueError, KeyError):
            self._adapters.delete_adapter(key)
        if not self._adapters.peft_config:
            self._model, self._adapters = self._adapters.unload(), None
