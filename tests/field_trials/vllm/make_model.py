"""Makes what the trials of vLLM need: the sample model with its adapters, other copies of it, and valid requests.

`python make_model.py FOLDER`, run by the vLLM that is on trial. Nothing is trained: the model is the one of the
reference server, Llama's layout in safetensors. One copy is broken, one has a customer's code beside it.
"""

import json
import shutil
import sys
from pathlib import Path

import rename

SAMPLE = Path(__file__).resolve().parents[3] / "reference_server" / "samples" / "llm"
CUSTOM = Path(__file__).resolve().parents[1] / "vllm_custom" / "model.py"
PLAIN = {
    "sky.json": {"prompt": "The colour of the sky is", "temperature": 0},
    "count.json": {"messages": [{"role": "user", "content": "Count from 3"}], "temperature": 0},
}
LONG = {"prompt": "Count from 1:", "max_tokens": 1500, "ignore_eos": True, "temperature": 0}
REQUESTS = {**PLAIN, "slow.json": LONG, "stream.json": {**LONG, "max_tokens": 60, "stream": True}}


def main() -> None:
    """Write `model/`, `bad-model/`, `custom-model/`, `adapters/` and `requests/` into the folder."""
    rename.main()
    folder = Path(sys.argv[1])
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(SAMPLE, folder / "model", ignore=shutil.ignore_patterns("adapters", "__*"))
    shutil.copytree(SAMPLE / "adapters", folder / "adapters")
    shutil.copytree(folder / "model", folder / "bad-model")
    weights = folder / "bad-model" / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:1000])
    shutil.copytree(folder / "model", folder / "custom-model")
    shutil.copy(CUSTOM, folder / "custom-model")
    requests = folder / "requests"
    requests.mkdir()
    for name, body in REQUESTS.items():
        (requests / name).write_text(json.dumps(body))


if __name__ == "__main__":
    main()
