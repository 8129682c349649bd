"""Writes the sample language model and requests that fit it: what its image serves, and what a trial of it sends.

Nothing is trained here: the model ships with the package, adapters and all (`samples/llm`, made by `llm_recipe`).
The pace of these requests fits a server that makes a token every five milliseconds (`SEATRIAL_TOKEN_INTERVAL=5`).
"""

import shutil
from pathlib import Path
from typing import Any

import orjson

from seatrial.reference_server.backends.choice import SAMPLE_FOLDER
from seatrial.reference_server.settings import SettingError

LEFT_OUT = shutil.ignore_patterns("__init__.py", "__pycache__")
COUNT = "Count from 1:"
REQUESTS: dict[str, dict[str, Any]] = {
    "sky": {"inputs": "The colour of the sky is"},
    "grass": {"inputs": "The colour of the grass is"},
    "count": {"inputs": "Count from 3:"},
    "slow": {"inputs": COUNT, "parameters": {"max_new_tokens": 500, "ignore_eos": True}},
    "stream-events": {"prompt": COUNT, "max_tokens": 100, "ignore_eos": True, "stream": True},
    "stream-lines": {"inputs": COUNT, "parameters": {"max_new_tokens": 40}, "stream": True},
    "stream-large": {
        "messages": [{"role": "user", "content": COUNT}],
        "max_tokens": 40,
        "ignore_eos": True,
        "n": 8,
        "logprobs": True,
        "top_logprobs": 20,
        "stream": True,
    },
    "bidi": {"inputs": "The colour of the sky is"},
    "bidi-count": {"inputs": "Count from 3:", "parameters": {"max_new_tokens": 4}},
    "bidi-long": {"inputs": COUNT, "parameters": {"max_new_tokens": 200, "ignore_eos": True}},
}
BROKEN = {"config.json": '{"architectures": ["LlamaForCausalLM"]}', "tokenizer.json": "this is no tokenizer"}


def train(out: Path, *, backend: str, suffix: str | None, seed: int) -> Path:
    """Copy the model, which does not depend on the seed.

    Args:
        out: the folder, made where it is missing.
        backend: `llm`.
        suffix: must be None: there is one file type.
        seed: not used.

    Returns:
        The path of the weights.

    Raises:
        SettingError: a file type was asked for.
    """
    del seed
    if suffix:
        raise SettingError(f"--format is {suffix!r}, expected none for {backend}: its weights are safetensors")
    shutil.copytree(SAMPLE_FOLDER, out, ignore=LEFT_OUT, dirs_exist_ok=True)
    return out / "model.safetensors"


def write_requests(out: Path, seed: int) -> None:
    """Write requests, streams, messages and a broken model: the folder that the label `org.seatrial.samples` names.

        OUT/sky.json, …     answered with the same bytes each time
        OUT/slow.json       answered after some seconds
        OUT/stream*.json    answered by a stream: events, lines, and one that outruns the buffers of sockets
        OUT/bidi*.json      messages for a bidirectional stream
        OUT/bad-model/      a tokenizer that is none

    Args:
        out: the folder, made where it is missing.
        seed: not used.
    """
    del seed
    (out / "bad-model").mkdir(parents=True, exist_ok=True)
    for name, body in REQUESTS.items():
        (out / f"{name}.json").write_bytes(orjson.dumps(body) + b"\n")
    for name, text in BROKEN.items():
        (out / "bad-model" / name).write_text(text)
