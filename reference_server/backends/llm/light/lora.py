"""Low-rank adapters (LoRA): reading one, and adding many of them to one batch, each to its own rows.

All adapters lie side by side in two matrices a projection. A row is multiplied into the first, what belongs to other
adapters is set to zero, and the second brings the rest back: two dense products, however the rows are mixed.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import orjson

from seatrial.reference_server.backends.llm.engine import AdapterError
from seatrial.reference_server.backends.llm.light import tensors
from seatrial.reference_server.backends.llm.light.config import LlamaConfig
from seatrial.reference_server.backends.llm.stepping.sampling import Array

# The products of a layer, and the projections that each computes at once.
GROUPS: Mapping[str, tuple[str, ...]] = {
    "qkv": ("self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj"),
    "o": ("self_attn.o_proj",),
    "gate_up": ("mlp.gate_proj", "mlp.up_proj"),
    "down": ("mlp.down_proj",),
}
PREFIX = "base_model.model.model.layers."


@dataclass(frozen=True, eq=False)
class Adapter:
    """A loaded adapter: for each projection, by layer and name, the pair [in, rank] and [rank, out], scaled."""

    name: str
    pairs: Mapping[tuple[int, str], tuple[Array, Array]]


@dataclass(frozen=True, eq=False)
class Group:
    """All adapters at one product: `owner` says for each column of `down` which adapter it belongs to."""

    down: Array
    up: Array
    owner: npt.NDArray[np.int64]


class Bank:
    """Adapters side by side, ready to be added to a batch."""

    def __init__(self, config: LlamaConfig, adapters: Sequence[Adapter]) -> None:
        self.adapters = tuple(adapters)
        self._groups = {
            (layer, group): _side_by_side(config, self.adapters, layer, parts)
            for layer in range(config.layers)
            for group, parts in GROUPS.items()
        }

    def rows(self, chosen: Sequence[Adapter | None]) -> "MixedRows":
        """Return what adds to each row of a batch the adapter chosen for it."""
        index = np.array([-1 if adapter is None else self.adapters.index(adapter) for adapter in chosen])
        return MixedRows(self._groups, index)


class MixedRows:
    """The adapters of one batch of rows."""

    def __init__(self, groups: Mapping[tuple[int, str], Group], index: npt.NDArray[np.int64]) -> None:
        self._groups = groups
        self._index = index[:, None]
        self._masks: dict[tuple[int, str], Array] = {}

    def add(self, outputs: Array, inputs: Array, layer: int, group: str) -> None:
        """Add to the outputs of a product what the adapters of the rows change in it."""
        pair = self._groups[layer, group]
        mask = self._masks.get((layer, group))
        if mask is None:
            mask = (pair.owner == self._index).astype(np.float32)
            self._masks[layer, group] = mask
        outputs += (inputs @ pair.down * mask) @ pair.up


def read(name: str, folder: Path, config: LlamaConfig) -> Adapter:
    """Read an adapter as PEFT writes it.

    Raises:
        AdapterError: files are missing or damaged, or it does not fit the model.
    """
    files = sorted(folder.glob("adapter_model.safetensors"))
    settings = folder / "adapter_config.json"
    if not (files and settings.is_file()):
        raise AdapterError(
            f"the adapter {name!r} has no adapter_config.json with adapter_model.safetensors in {str(folder)!r}"
        )
    try:
        scale = _scale(orjson.loads(settings.read_bytes()))
        found = tensors.read(files)
        pairs = {_place(key): _pair(found, key, scale) for key in found if key.endswith(".lora_A.weight")}
        odd = [key for key in found if not key.endswith((".lora_A.weight", ".lora_B.weight"))]
        _check(pairs, odd, config)
    except (OSError, KeyError, ValueError) as error:  # JSON errors are ValueErrors too
        raise AdapterError(f"the adapter {name!r} cannot be used: {error}") from error
    return Adapter(name, pairs)


def _scale(settings: dict[str, Any]) -> float:
    if settings.get("peft_type") != "LORA" or settings.get("use_dora") or settings.get("modules_to_save"):
        raise ValueError("adapter_config.json asks for more than LoRA on the projections of the layers")
    rank = int(settings["r"])
    divisor = float(rank**0.5) if settings.get("use_rslora") else float(rank)
    return float(settings["lora_alpha"]) / divisor


def _place(key: str) -> tuple[int, str]:
    if not key.startswith(PREFIX):
        raise ValueError(f"it changes {key}, expected a projection of a layer ({PREFIX}...)")
    layer, _, part = key.removeprefix(PREFIX).removesuffix(".lora_A.weight").partition(".")
    return int(layer), part


def _pair(found: Mapping[str, Array], key: str, scale: float) -> tuple[Array, Array]:
    back = found[key.replace(".lora_A.", ".lora_B.")]
    return np.ascontiguousarray(found[key].T), np.ascontiguousarray(back.T) * np.float32(scale)


def _check(pairs: Mapping[tuple[int, str], tuple[Array, Array]], odd: Sequence[str], config: LlamaConfig) -> None:
    if odd or not pairs:
        raise ValueError(f"it holds {odd[0] if odd else 'nothing'}, expected pairs of lora_A and lora_B")
    known = {part: size for parts in GROUPS.values() for part, size in zip(parts, sizes(config, parts), strict=True)}
    for (layer, part), (down, up) in pairs.items():
        if part not in known or layer >= config.layers:
            raise ValueError(f"it changes layer {layer} {part}, which the model does not have")
        if (down.shape[0], up.shape[1]) != known[part] or down.shape[1] != up.shape[0]:
            raise ValueError(f"layer {layer} {part} is {down.shape} by {up.shape}, which does not fit the model")


def sizes(config: LlamaConfig, parts: Sequence[str]) -> list[tuple[int, int]]:
    """Return (in, out) of each projection."""
    wide, narrow = config.heads * config.head, config.key_heads * config.head
    every = {
        "q_proj": (config.hidden, wide),
        "k_proj": (config.hidden, narrow),
        "v_proj": (config.hidden, narrow),
        "o_proj": (wide, config.hidden),
        "gate_proj": (config.hidden, config.inner),
        "up_proj": (config.hidden, config.inner),
        "down_proj": (config.inner, config.hidden),
    }
    return [every[part.rpartition(".")[2]] for part in parts]


def _side_by_side(config: LlamaConfig, adapters: Sequence[Adapter], layer: int, parts: Sequence[str]) -> Group:
    measures = sizes(config, parts)
    width = sum(out for _, out in measures)
    downs, ups, owner = [np.zeros((measures[0][0], 0), np.float32)], [np.zeros((0, width), np.float32)], []
    for index, adapter in enumerate(adapters):
        start = 0
        for part, (_, out) in zip(parts, measures, strict=True):
            if (layer, part) in adapter.pairs:
                down, up = adapter.pairs[layer, part]
                placed = np.zeros((up.shape[0], width), np.float32)
                placed[:, start : start + out] = up
                downs.append(down)
                ups.append(placed)
                owner += [index] * up.shape[0]
            start += out
    return Group(np.hstack(downs), np.vstack(ups), np.array(owner, dtype=np.int64))
