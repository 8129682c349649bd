"""The sample model: synthetic, seeded, small, and the same every time."""

import json
import time
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest

from seatrial.reference_server import backends, cli
from seatrial.reference_server.errors import ModelLoadError
from seatrial.reference_server.media import CSV, JSON, MediaType
from seatrial.reference_server.model import InferenceRequest
from seatrial.reference_server.samples import train
from seatrial.reference_server.samples.abalone import FEATURES, ROWS, table
from seatrial.reference_server.settings import Settings


def predictions(folder: Path) -> bytes:
    model = backends.find(Settings(model_dir=folder, trust_pickle=True))
    model.load()
    sample = model.sample()
    assert sample is not None
    return model(sample).body


def test_one_seed_gives_one_table_and_another_seed_another():
    assert np.array_equal(table(7).features, table(7).features)
    assert not np.array_equal(table(7).features, table(8).features)


def test_the_table_looks_like_shells():
    data = table(20)
    assert data.features.shape == (ROWS, len(FEATURES)) == (4177, 8)
    assert set(data.features[:, 0]) == {0.0, 1.0, 2.0}
    assert data.features[:, 1].max() <= 0.815
    assert (data.features[:, 1:] > 0).all()
    assert 1 <= data.rings.min() <= data.rings.max() <= 29


@pytest.mark.parametrize(("backend", "suffix"), [("sklearn", "skops"), ("xgboost", "ubj")])
def test_training_twice_predicts_the_same_bytes(
    model_dirs: Mapping[str, Path], tmp_path: Path, backend: str, suffix: str
):
    assert cli.main(["train-sample", "--out", str(tmp_path), "--backend", backend]) == 0
    assert predictions(tmp_path) == predictions(model_dirs[suffix])


def test_the_model_has_learnt_something(model_dirs: Mapping[str, Path]):
    data = table(seed=4, rows=500)
    model = backends.find(Settings(model_dir=model_dirs["skops"]))
    model.load()
    error = np.abs(model.predict(data.features) - data.rings).mean()
    assert error < 0.7 * np.abs(data.rings - data.rings.mean()).mean()


def test_the_files_are_small_and_carry_samples(model_dirs: Mapping[str, Path]):
    folder = model_dirs["skops"]
    assert sum(path.stat().st_size for path in folder.iterdir()) < 1_000_000
    rows = json.loads((folder / "seatrial-sample.json").read_text())["instances"]
    lines = (folder / "seatrial-sample.csv").read_text().splitlines()
    assert [[float(field) for field in line.split(",")] for line in lines] == rows


def test_a_file_type_of_the_other_backend_is_one_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    assert cli.main(["train-sample", "--out", str(tmp_path), "--backend", "xgboost", "--format", "pkl"]) == 2
    assert "--format is 'pkl', expected one of ubj, json for xgboost" in capsys.readouterr().err


def test_the_requests_of_a_trial_are_valid_and_the_slow_one_sleeps(tmp_path: Path):
    requests = tmp_path / "requests"
    assert cli.main(["train-sample", "--out", str(tmp_path / "model"), "--requests", str(requests)]) == 0
    model = backends.find(Settings(model_dir=tmp_path / "model", allow_sleep=True))
    model.load()
    for number in range(1, 5):
        body = (requests / f"rows-{number}.json").read_bytes()
        assert len(json.loads(model(InferenceRequest(body, MediaType(JSON))).body)["predictions"]) == 1
    csv = model(InferenceRequest((requests / "rows.csv").read_bytes(), MediaType(CSV)))
    assert len(csv.body.splitlines()) == 2
    began = time.monotonic()
    model(InferenceRequest(b'{"instances": [[0,0,0,0,0,0,0,0]], "sleep": 0.2}', MediaType(JSON)))
    assert time.monotonic() - began >= 0.2
    assert json.loads((requests / "slow.json").read_bytes())["sleep"] == train.SLOW


def test_nobody_sleeps_unless_it_is_allowed(model_dirs: Mapping[str, Path]):
    model = backends.find(Settings(model_dir=model_dirs["skops"]))
    model.load()
    began = time.monotonic()
    model(InferenceRequest(b'{"instances": [[0,0,0,0,0,0,0,0]], "sleep": 60}', MediaType(JSON)))
    assert time.monotonic() - began < 30


def test_the_broken_model_of_a_trial_does_not_load(tmp_path: Path):
    train.write_requests(tmp_path, 20)
    with pytest.raises(ModelLoadError):
        backends.find(Settings(model_dir=tmp_path / "bad-model")).load()


def test_the_sample_language_model_is_written_with_its_adapters_and_requests(tmp_path: Path):
    model, requests = tmp_path / "model", tmp_path / "requests"
    arguments = ["train-sample", "--backend", "llm", "--out", str(model), "--requests", str(requests)]
    assert cli.main(arguments) == 0
    served = backends.find(Settings(model_dir=model))
    served.load()
    assert served.names()[1:] == ("alpha", "beta")
    assert not list(model.rglob("*.py"))
    for path in requests.glob("*.json"):
        assert served.preprocess(InferenceRequest(path.read_bytes(), MediaType(JSON))).stream is path.name.startswith(
            "stream"
        )


def test_the_broken_language_model_is_refused_with_a_sentence(tmp_path: Path):
    model, requests = tmp_path / "model", tmp_path / "requests"
    arguments = ["train-sample", "--backend", "llm", "--out", str(model), "--requests", str(requests)]
    assert cli.main(arguments) == 0
    with pytest.raises(ModelLoadError, match="tokenizer"):
        backends.find(Settings(model_dir=requests / "bad-model")).load()


def test_a_language_model_has_no_other_file_type(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    assert cli.main(["train-sample", "--backend", "llm", "--format", "onnx", "--out", str(tmp_path)]) == 2
    assert "safetensors" in capsys.readouterr().err
