"""A Llama in torch, as small as it can be written: plain tensors by their published names, and one function.

Only for training. The adapters are low-rank updates added at the seven projections (LoRA).
"""

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, TypeAlias

import torch
from torch.nn import functional

Tensors: TypeAlias = dict[str, Any]

PROJECTIONS = ("q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj")
RANK = 8
LORA_ALPHA = 16


@dataclass(frozen=True)
class Shape:
    """The measures of the network, under the names that a `config.json` has for them."""

    vocab_size: int
    hidden_size: int = 128
    intermediate_size: int = 256
    num_hidden_layers: int = 2
    num_attention_heads: int = 4
    num_key_value_heads: int = 2
    rms_norm_eps: float = 1e-5
    rope_theta: float = 10000.0

    @property
    def head(self) -> int:
        """Numbers in one head."""
        return self.hidden_size // self.num_attention_heads

    def as_dict(self) -> dict[str, Any]:
        """Return the measures by name."""
        return asdict(self)


def sizes(shape: Shape) -> dict[str, tuple[int, int]]:
    """Return (out, in) of each projection by its full name."""
    hidden, inner, narrow = shape.hidden_size, shape.intermediate_size, shape.num_key_value_heads * shape.head
    attention = {"q_proj": (hidden, hidden), "k_proj": (narrow, hidden), "v_proj": (narrow, hidden)}
    attention["o_proj"] = (hidden, hidden)
    mlp = {"gate_proj": (inner, hidden), "up_proj": (inner, hidden), "down_proj": (hidden, inner)}
    named: dict[str, tuple[int, int]] = {}
    for layer in range(shape.num_hidden_layers):
        named |= {f"model.layers.{layer}.self_attn.{name}.weight": size for name, size in attention.items()}
        named |= {f"model.layers.{layer}.mlp.{name}.weight": size for name, size in mlp.items()}
    return named


def initial(shape: Shape) -> Tensors:
    """Return random weights, ready to be trained; the output layer is the embedding itself."""
    weights = {name: torch.randn(size) * 0.5 / math.sqrt(size[1]) for name, size in sizes(shape).items()}
    weights["model.embed_tokens.weight"] = torch.randn(shape.vocab_size, shape.hidden_size) * 0.02
    for layer in range(shape.num_hidden_layers):
        for norm in ("input_layernorm", "post_attention_layernorm"):
            weights[f"model.layers.{layer}.{norm}.weight"] = torch.ones(shape.hidden_size)
    weights["model.norm.weight"] = torch.ones(shape.hidden_size)
    return _trainable(weights)


def initial_adapter(shape: Shape) -> Tensors:
    """Return a low-rank update that changes nothing yet."""
    update: Tensors = {}
    for name, (out, into) in sizes(shape).items():
        stem = name.removesuffix(".weight")
        update[f"{stem}.lora_A.weight"] = torch.randn(RANK, into) / math.sqrt(into)
        update[f"{stem}.lora_B.weight"] = torch.zeros(out, RANK)
    return _trainable(update)


def logits(shape: Shape, weights: Mapping[str, Any], tokens: Any, update: Mapping[str, Any] | None = None) -> Any:
    """Return the logits of a batch of texts, [batch, length, vocabulary]."""

    def project(inputs: Any, name: str) -> Any:
        result = inputs @ weights[f"{name}.weight"].T
        if update is not None:
            narrow = inputs @ update[f"{name}.lora_A.weight"].T
            result = result + narrow @ update[f"{name}.lora_B.weight"].T * (LORA_ALPHA / RANK)
        return result

    def norm(inputs: Any, name: str) -> Any:
        return functional.rms_norm(inputs, (shape.hidden_size,), weights[f"{name}.weight"], shape.rms_norm_eps)

    turns = _rotation(shape, tokens.shape[1])
    hidden = weights["model.embed_tokens.weight"][tokens]
    for layer in range(shape.num_hidden_layers):
        stem = f"model.layers.{layer}"
        inputs = norm(hidden, f"{stem}.input_layernorm")
        query, key, value = (project(inputs, f"{stem}.self_attn.{part}_proj") for part in "qkv")
        hidden = hidden + project(_attend(shape, query, key, value, turns), f"{stem}.self_attn.o_proj")
        inputs = norm(hidden, f"{stem}.post_attention_layernorm")
        gated = functional.silu(project(inputs, f"{stem}.mlp.gate_proj")) * project(inputs, f"{stem}.mlp.up_proj")
        hidden = hidden + project(gated, f"{stem}.mlp.down_proj")
    return norm(hidden, "model.norm") @ weights["model.embed_tokens.weight"].T


def _trainable(weights: Tensors) -> Tensors:
    return {name: weight.requires_grad_() for name, weight in weights.items()}


def _attend(shape: Shape, query: Any, key: Any, value: Any, turns: tuple[Any, Any]) -> Any:
    batch, length, _ = query.shape

    def heads(inputs: Any) -> Any:
        return inputs.view(batch, length, -1, shape.head).transpose(1, 2)

    mixed = functional.scaled_dot_product_attention(
        _rotated(heads(query), turns), _rotated(heads(key), turns), heads(value), is_causal=True, enable_gqa=True
    )
    return mixed.transpose(1, 2).reshape(batch, length, -1)


def _rotation(shape: Shape, length: int) -> tuple[Any, Any]:
    speeds = shape.rope_theta ** (-torch.arange(0, shape.head, 2) / shape.head)
    angles = torch.outer(torch.arange(length), speeds).repeat(1, 2)
    return angles.cos(), angles.sin()


def _rotated(inputs: Any, turns: tuple[Any, Any]) -> Any:
    first, second = inputs.chunk(2, dim=-1)
    return inputs * turns[0] + torch.cat((-second, first), dim=-1) * turns[1]
