"""Writes the trained model in the layout of its field: what transformers, PEFT and vLLM read as well.

config.json generation_config.json model.safetensors tokenizer.json tokenizer_config.json
adapters/NAME/adapter_config.json adapter_model.safetensors
README.md (the model card)   LICENSE   SHA256SUMS
"""

import hashlib
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import orjson
from safetensors.numpy import save_file
from tokenizers import Tokenizer

from seatrial.reference_server.samples.llm_recipe import grammar, network, vocabulary
from seatrial.reference_server.samples.llm_recipe.network import Shape, Tensors

HERE = Path(__file__).resolve().parent
LICENCE = HERE.parents[2] / "LICENSE"
CARD = HERE / "card.md"
SUMS = "SHA256SUMS"


def write(
    out: Path, tokenizer: Tokenizer, shape: Shape, weights: Tensors, adapters: Mapping[str, Tensors], seed: int
) -> None:
    """Write everything into a folder, which is made where it is missing."""
    out.mkdir(parents=True, exist_ok=True)
    vocabulary.save(tokenizer, out)
    marks = {name: tokenizer.token_to_id(text) for name, text in _MARKS.items()}
    _json(out / "config.json", {**_CONFIG, **shape.as_dict(), **marks})
    _json(out / "generation_config.json", {"do_sample": False, **marks})
    _tensors(out / "model.safetensors", weights)
    for name, update in adapters.items():
        folder = out / "adapters" / name
        folder.mkdir(parents=True, exist_ok=True)
        _json(folder / "adapter_config.json", _ADAPTER)
        _tensors(folder / "adapter_model.safetensors", {f"base_model.model.{key}": update[key] for key in update})
    parameters = sum(weight.numel() for weight in weights.values())
    card = CARD.read_text().format(parameters=f"{parameters:,}", tokens=shape.vocab_size, seed=seed)
    (out / "README.md").write_text(card)
    shutil.copyfile(LICENCE, out / "LICENSE")
    _checksums(out)


def _tensors(path: Path, tensors: Mapping[str, Any]) -> None:
    save_file({name: tensors[name].numpy() for name in sorted(tensors)}, path, metadata={"format": "pt"})
    path.chmod(0o644)  # the library keeps its files to their owner


def _json(path: Path, value: object) -> None:
    path.write_bytes(orjson.dumps(value, option=orjson.OPT_INDENT_2) + b"\n")


def _checksums(out: Path) -> None:
    files = sorted(path for path in out.rglob("*") if path.is_file() and path.suffix != ".py" and path.name != SUMS)
    files = [path for path in files if "__pycache__" not in path.parts]
    lines = [f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.relative_to(out)}\n" for path in files]
    (out / SUMS).write_text("".join(lines))


_MARKS = {"bos_token_id": grammar.BEGIN, "eos_token_id": grammar.END, "pad_token_id": grammar.END}
_CONFIG: dict[str, Any] = {
    "architectures": ["LlamaForCausalLM"],
    "model_type": "llama",
    "hidden_act": "silu",
    "max_position_embeddings": vocabulary.CONTEXT,
    "attention_bias": False,
    "mlp_bias": False,
    "tie_word_embeddings": True,
    "torch_dtype": "float32",
}
_ADAPTER: dict[str, Any] = {
    "peft_type": "LORA",
    "task_type": "CAUSAL_LM",
    "base_model_name_or_path": "sample-llm",
    "r": network.RANK,
    "lora_alpha": network.LORA_ALPHA,
    "lora_dropout": 0.0,
    "bias": "none",
    "fan_in_fan_out": False,
    "inference_mode": True,
    "target_modules": list(network.PROJECTIONS),
}
