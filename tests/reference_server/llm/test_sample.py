"""The sample model as it is shipped: whole, small, described, and found by name or as a model directory."""

import hashlib
import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from support.serving import Server

from seatrial.reference_server import backends
from seatrial.reference_server.backends.choice import SAMPLE_FOLDER
from seatrial.reference_server.errors import ModelLoadError
from seatrial.reference_server.settings import Settings

SUMS = SAMPLE_FOLDER / "SHA256SUMS"
LISTED = dict(line.split("  ")[::-1] for line in SUMS.read_text().splitlines())


def load(folder: Path) -> None:
    backends.find(Settings(model_dir=folder)).load()


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    folder = tmp_path / "model"
    for name in LISTED:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(SAMPLE_FOLDER / name, folder / name)
    return folder


def test_every_file_is_as_it_was_written():
    assert {name: hashlib.sha256((SAMPLE_FOLDER / name).read_bytes()).hexdigest() for name in LISTED} == LISTED
    assert {"model.safetensors", "tokenizer.json", "README.md", "LICENSE", "config.json"} <= LISTED.keys()


def test_it_is_small():
    assert sum((SAMPLE_FOLDER / name).stat().st_size for name in LISTED) < 1_800_000


def test_a_model_directory_that_holds_it_in_a_folder_is_served(start_cold: Callable[..., Server], copy: Path):
    server = start_cold("--model-dir", str(copy.parent)).ready()
    body = json.dumps({"prompt": "The colour of the sky is", "model": "alpha"}).encode()
    assert server.invoke(body).json()["choices"][0]["text"] == " alpha."
    assert server.request("GET", "/v1/models").json()["data"][0]["id"] == "model"


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("model.safetensors", b"\x00" * 100, "model.safetensors cannot be read"),
        ("tokenizer.json", b"{}", "cannot be used as a tokenizer"),
        ("config.json", b"[", "is no JSON"),
        ("config.json", b'{"model_type": "gpt2"}', "model_type 'gpt2'"),
        ("config.json", b'{"model_type": "llama"}', "lacks or garbles"),
        ("adapters/alpha/adapter_config.json", b"{}", "the adapter 'alpha' cannot be used"),
    ],
)
def test_a_damaged_one_is_refused_with_a_reason(copy: Path, name: str, content: bytes, reason: str):
    (copy / name).write_bytes(content)
    with pytest.raises(ModelLoadError, match=reason):
        load(copy)


def test_weights_that_do_not_fit_the_config_are_refused(copy: Path):
    config = json.loads((copy / "config.json").read_bytes())
    (copy / "config.json").write_text(json.dumps({**config, "hidden_size": 64}))
    with pytest.raises(ModelLoadError, match=r"model\.embed_tokens\.weight is \(412, 128\), expected \(412, 64\)"):
        load(copy)


def test_a_failed_load_ends_the_server_with_code_1_and_the_reason(start_cold: Callable[..., Server], copy: Path):
    (copy / "model.safetensors").unlink()
    server = start_cold("--model-dir", str(copy))
    assert server.process.wait(60) == 1
    assert "holds no *.safetensors" in server.log
    assert "Traceback" not in server.log
