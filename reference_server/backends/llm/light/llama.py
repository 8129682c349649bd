"""The network itself: a Llama over numpy arrays, with a place in a common cache for each row.

Two ways through it. `prefill` reads a prompt into one place. `step` takes one token for each of the first places at
once: a place that holds no row is computed along, since a slice of the cache costs nothing and a selection would copy.
"""

from pathlib import Path

import numpy as np
import numpy.typing as npt

from seatrial.reference_server.backends.llm.light import tensors
from seatrial.reference_server.backends.llm.light.config import LlamaConfig
from seatrial.reference_server.backends.llm.light.lora import GROUPS, MixedRows, sizes
from seatrial.reference_server.backends.llm.stepping.sampling import Array
from seatrial.reference_server.errors import ModelLoadError

Ids = npt.NDArray[np.int64]

HIDDEN = np.float32(-1e30)


class Llama:
    """A model with room for some rows.

    Args:
        config: its measures.
        weights: its tensors by their published names.
        places: how many rows it has room for.

    Raises:
        ModelLoadError: a tensor is missing or has another shape.
    """

    def __init__(self, config: LlamaConfig, weights: dict[str, Array], places: int) -> None:
        self.config = config
        self.places = places
        self._embedding = _tensor(weights, "model.embed_tokens.weight", (config.vocabulary, config.hidden))
        head = "model.embed_tokens.weight" if config.tied else "lm_head.weight"
        self._output = np.ascontiguousarray(_tensor(weights, head, (config.vocabulary, config.hidden)).T)
        # The mean of squares is their sum over `hidden`: the division is in the weights and in the floor already.
        self._floor = np.float32(config.norm_floor * config.hidden)
        self._norm = _norm(config, weights, "model.norm.weight")
        self._norms = [_layer_norms(config, weights, layer) for layer in range(config.layers)]
        self._products = [_layer_products(config, weights, layer) for layer in range(config.layers)]
        self._cos, self._sin = _rotation(config)
        room = (config.layers, places, config.key_heads, config.context, config.head)
        self._keys = np.zeros(room, np.float32)  # pages are taken only when they are written
        self._values = np.zeros(room, np.float32)

    def prefill(self, place: int, tokens: Ids, adapters: MixedRows | None) -> Array:
        """Read a prompt into a place, and return the logits after its last token."""
        length = len(tokens)
        mask = np.triu(np.full((length, length), HIDDEN), 1)
        hidden = self._embedding[tokens]
        cos, sin = self._cos[:length, None], self._sin[:length, None]
        for layer in range(self.config.layers):
            query, key, value = self._project(hidden, layer, cos, sin, adapters)
            self._keys[layer, place, :, :length] = key.swapaxes(0, 1)
            self._values[layer, place, :, :length] = value.swapaxes(0, 1)
            grouped = self._grouped(query).transpose(1, 2, 0, 3)  # key head, query head of it, position, number
            scores = grouped @ key.transpose(1, 2, 0)[:, None] + mask
            mixed = _softmax(scores) @ value.swapaxes(0, 1)[:, None]
            mixed = mixed.transpose(2, 0, 1, 3).reshape(length, -1)
            hidden = self._finish(hidden, mixed, layer, adapters)
        last: Array = self._logits(hidden[-1:])[0]
        return last

    def step(self, tokens: Ids, positions: Ids, adapters: MixedRows | None) -> Array:
        """Take one token for each of the first `len(tokens)` places, and return the logits after it, one row each."""
        rows, reach = len(tokens), int(positions.max()) + 1
        every = np.arange(rows)
        mask = np.where(np.arange(reach) <= positions[:, None], np.float32(0), HIDDEN)[:, None, None, :]
        hidden = self._embedding[tokens]
        cos, sin = self._cos[positions][:, None], self._sin[positions][:, None]
        for layer in range(self.config.layers):
            query, key, value = self._project(hidden, layer, cos, sin, adapters)
            self._keys[layer, every, :, positions] = key
            self._values[layer, every, :, positions] = value
            known = self._keys[layer, :rows, :, :reach]
            scores = self._grouped(query) @ known.swapaxes(-1, -2) + mask
            mixed = (_softmax(scores) @ self._values[layer, :rows, :, :reach]).reshape(rows, -1)
            hidden = self._finish(hidden, mixed, layer, adapters)
        return self._logits(hidden)

    def _project(
        self, hidden: Array, layer: int, cos: Array, sin: Array, adapters: MixedRows | None
    ) -> tuple[Array, Array, Array]:
        """Return query, key and value, [rows, heads, numbers]; the query is scaled already."""
        config = self.config
        inputs = self._normed(hidden, self._norms[layer][0])
        joined = self._product(inputs, layer, "qkv", adapters).reshape(len(hidden), -1, config.head)
        turned = config.heads + config.key_heads
        rotated = _rotate(joined[:, :turned], cos, sin)
        rotated[:, : config.heads] *= np.float32(config.head**-0.5)
        return rotated[:, : config.heads], rotated[:, config.heads :], joined[:, turned:]

    def _grouped(self, query: Array) -> Array:
        """Return the query with its heads sorted under the key heads that they share."""
        rows, heads, head = query.shape
        return query.reshape(rows, self.config.key_heads, heads // self.config.key_heads, head)

    def _finish(self, hidden: Array, mixed: Array, layer: int, adapters: MixedRows | None) -> Array:
        hidden += self._product(mixed, layer, "o", adapters)
        inputs = self._normed(hidden, self._norms[layer][1])
        joined = self._product(inputs, layer, "gate_up", adapters)
        gate, up = joined[:, : self.config.inner], joined[:, self.config.inner :]
        hidden += self._product(gate / (1 + np.exp(-gate)) * up, layer, "down", adapters)
        return hidden

    def _product(self, inputs: Array, layer: int, group: str, adapters: MixedRows | None) -> Array:
        outputs: Array = inputs @ self._products[layer][group]
        if adapters is not None:
            adapters.add(outputs, inputs, layer, group)
        return outputs

    def _normed(self, hidden: Array, weight: Array) -> Array:
        power = np.vecdot(hidden, hidden)
        power += self._floor
        np.sqrt(power, out=power)
        normed: Array = hidden / power[:, None]
        normed *= weight
        return normed

    def _logits(self, hidden: Array) -> Array:
        logits: Array = self._normed(hidden, self._norm) @ self._output
        return logits


def read(folder: Path) -> dict[str, Array]:
    """Return the tensors of every safetensors file of a folder.

    Raises:
        ModelLoadError: there is none, or one cannot be read.
    """
    paths = sorted(folder.glob("*.safetensors"))
    if not paths:
        raise ModelLoadError(f"{folder} holds no *.safetensors, expected the weights of the model there")
    try:
        return tensors.read(paths)
    except (OSError, ValueError) as error:
        raise ModelLoadError(f"the weights in {folder} cannot be used: {error}") from error


def _tensor(weights: dict[str, Array], name: str, shape: tuple[int, ...]) -> Array:
    found = weights.get(name)
    if found is None or found.shape != shape:
        what = "is missing" if found is None else f"is {found.shape}"
        raise ModelLoadError(f"the weight {name} {what}, expected {shape} as config.json says")
    return found


def _norm(config: LlamaConfig, weights: dict[str, Array], name: str) -> Array:
    return _tensor(weights, name, (config.hidden,)) * np.float32(config.hidden**0.5)


def _layer_norms(config: LlamaConfig, weights: dict[str, Array], layer: int) -> tuple[Array, Array]:
    stem = f"model.layers.{layer}"
    before = _norm(config, weights, f"{stem}.input_layernorm.weight")
    return before, _norm(config, weights, f"{stem}.post_attention_layernorm.weight")


def _layer_products(config: LlamaConfig, weights: dict[str, Array], layer: int) -> dict[str, Array]:
    def joined(parts: tuple[str, ...]) -> Array:
        named = zip(parts, sizes(config, parts), strict=True)
        found = [_tensor(weights, f"model.layers.{layer}.{part}.weight", size[::-1]).T for part, size in named]
        return np.ascontiguousarray(np.hstack(found))

    return {group: joined(parts) for group, parts in GROUPS.items()}


def _rotation(config: LlamaConfig) -> tuple[Array, Array]:
    speeds = config.rope_base ** (-np.arange(0, config.head, 2) / config.head)
    angles = np.outer(np.arange(config.context), speeds)
    sines = np.sin(angles)
    cosines = np.tile(np.cos(angles), 2)
    # The first half of a head is turned against the second: the sign is in the sines.
    return cosines.astype(np.float32), np.hstack((-sines, sines)).astype(np.float32)


def _rotate(inputs: Array, cos: Array, sin: Array) -> Array:
    rows, heads, head = inputs.shape
    swapped = inputs.reshape(rows, heads, 2, head // 2)[:, :, ::-1].reshape(inputs.shape)
    rotated: Array = inputs * cos
    rotated += swapped * sin
    return rotated


def _softmax(scores: Array) -> Array:
    shares: Array = scores - np.maximum.reduce(scores, axis=-1, keepdims=True)
    np.exp(shares, out=shares)
    shares /= np.add.reduce(shares, axis=-1, keepdims=True)
    return shares
