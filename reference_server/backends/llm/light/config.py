"""The measures of a Llama from its `config.json`, and a plain refusal of what this engine cannot compute."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import orjson

from seatrial.reference_server.backends.llm.engine import limited
from seatrial.reference_server.errors import ModelLoadError

FAMILIES = frozenset({"llama", "mistral"})
USUAL_CONTEXT = 2048


@dataclass(frozen=True)
class LlamaConfig:
    """The measures of the network."""

    vocabulary: int
    hidden: int
    inner: int
    layers: int
    heads: int
    key_heads: int
    head: int
    context: int
    norm_floor: float
    rope_base: float
    tied: bool


def read(folder: Path, context: int = 0) -> LlamaConfig:
    """Read `config.json`; `context` lowers the most tokens of prompt and answer together.

    Raises:
        ModelLoadError: it is missing or no JSON, or describes what cannot be computed here.
    """
    path = folder / "config.json"
    try:
        config = orjson.loads(path.read_bytes())
        _check(config, path)
        found = _llama(config)
    except OSError as error:
        raise ModelLoadError(f"{path} cannot be read: {error.strerror}") from None
    except orjson.JSONDecodeError as error:
        raise ModelLoadError(f"{path} is no JSON: {error}") from None
    except (KeyError, TypeError, ValueError) as error:
        raise ModelLoadError(f"{path} lacks or garbles {error}, expected the config of a Llama") from None
    return replace(found, context=limited(context, found.context))


def serves(folder: Path) -> bool:
    """Say whether the light engine can compute the model of a folder."""
    try:
        read(folder)
    except ModelLoadError:
        return False
    return True


def _llama(config: dict[str, Any]) -> LlamaConfig:
    heads = int(config["num_attention_heads"])
    hidden = int(config["hidden_size"])
    return LlamaConfig(
        vocabulary=int(config["vocab_size"]),
        hidden=hidden,
        inner=int(config["intermediate_size"]),
        layers=int(config["num_hidden_layers"]),
        heads=heads,
        key_heads=int(config.get("num_key_value_heads") or heads),
        head=int(config.get("head_dim") or hidden // heads),
        context=int(config.get("max_position_embeddings", USUAL_CONTEXT)),
        norm_floor=float(config.get("rms_norm_eps", 1e-6)),
        rope_base=float(_rope(config).get("rope_theta") or config.get("rope_theta", 10000.0)),
        tied=bool(config.get("tie_word_embeddings", False)),
    )


def _check(config: dict[str, Any], path: Path) -> None:
    family = config.get("model_type")
    rope = _rope(config).get("rope_type", _rope(config).get("type", "default"))
    refused = {
        f"model_type {family!r}": family not in FAMILIES,
        f"hidden_act {config.get('hidden_act')!r}": config.get("hidden_act", "silu") != "silu",
        f"rope_scaling {rope!r}": rope != "default",
        "biases": bool(config.get("attention_bias") or config.get("mlp_bias")),
        "quantized weights": "quantization_config" in config,
        "a sliding window": config.get("sliding_window") is not None,
    }
    found = [what for what, refuse in refused.items() if refuse]
    if found:
        raise ModelLoadError(
            f"{path} asks for {' and '.join(found)}, which the light engine does not compute: it serves plain models "
            f"of the Llama family ({', '.join(sorted(FAMILIES))})"
        )


def _rope(config: dict[str, Any]) -> dict[str, Any]:
    """Return the settings of the rotary embedding, which have had two names."""
    return config.get("rope_parameters") or config.get("rope_scaling") or {}
