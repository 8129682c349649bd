"""Models from files: each type predicts what its library predicts, and what cannot be served is one clear sentence."""

import hashlib
import json
import os
import pickle
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path

import joblib
import pytest
import xgboost
from sklearn.dummy import DummyRegressor
from skops import io as skops_io
from support.serving import PATIENCE, Server

from seatrial.reference_server import backends
from seatrial.reference_server.errors import ModelLoadError, ServingError
from seatrial.reference_server.media import Accept, MediaType
from seatrial.reference_server.model import InferenceRequest, Model
from seatrial.reference_server.samples.abalone import table
from seatrial.reference_server.settings import Settings

ROWS = table(seed=99, rows=5).features
TRUST = {"SEATRIAL_TRUST_PICKLE": "1"}


def load(folder: Path, *, trust: bool = True) -> Model:
    model = backends.find(Settings(model_dir=folder, trust_pickle=trust))
    model.load()
    return model


def ask(model: Model, body: bytes, content_type: str = "application/json", accept: str = "") -> tuple[str, bytes]:
    answer = model(InferenceRequest(body, MediaType.parse(content_type), Accept.parse(accept)))
    return answer.content_type, answer.body


def expected(folder: Path) -> list[float]:
    """What the library itself predicts for ROWS."""
    path = next(folder.glob("model.*"))
    if path.suffix in {".ubj", ".json"}:
        return xgboost.Booster(model_file=path).predict(xgboost.DMatrix(ROWS)).tolist()
    if path.suffix == ".skops":
        return skops_io.load(path, trusted=["sklearn.tree._tree.Tree"]).predict(ROWS).tolist()
    read = joblib.load if path.suffix == ".joblib" else lambda file: pickle.loads(file.read_bytes())  # noqa: S301 - ours
    return read(path).predict(ROWS).tolist()


@pytest.mark.parametrize("suffix", ["skops", "joblib", "pkl", "ubj", "json"])
def test_each_file_type_predicts_what_its_library_predicts(model_dirs: Mapping[str, Path], suffix: str):
    model = load(model_dirs[suffix])
    content_type, body = ask(model, json.dumps({"instances": ROWS.tolist()}).encode())
    assert content_type == "application/json"
    assert json.loads(body)["predictions"] == pytest.approx(expected(model_dirs[suffix]), rel=1e-6)


@pytest.mark.parametrize("form", ["instances", "inputs", "bare", "one row"])
def test_every_json_shape_gives_the_same_prediction(model_dirs: Mapping[str, Path], form: str):
    row = ROWS[0].tolist()
    body = {"instances": {"instances": [row]}, "inputs": {"inputs": [row]}, "bare": [row], "one row": row}[form]
    model = load(model_dirs["ubj"])
    assert json.loads(ask(model, json.dumps(body).encode())[1])["predictions"] == pytest.approx(
        expected(model_dirs["ubj"])[:1]
    )


def test_csv_goes_in_and_comes_out(model_dirs: Mapping[str, Path]):
    model = load(model_dirs["skops"])
    body = "".join(",".join(map(str, row)) + "\r\n" for row in ROWS.tolist()).encode()
    content_type, answer = ask(model, body, "text/csv; charset=utf-8", "text/csv")
    assert content_type.startswith("text/csv")
    assert [float(line) for line in answer.split()] == pytest.approx(expected(model_dirs["skops"]))
    assert ask(model, body, "text/csv", "application/json")[0] == "application/json"
    assert ask(model, body, "text/csv")[0].startswith("text/csv")


@pytest.mark.parametrize(
    ("body", "content_type", "status", "reason"),
    [
        (b"", "application/json", 400, "empty"),
        (b"{", "application/json", 400, "no JSON"),
        (b'{"x": 1}', "application/json", 400, "no rows"),
        (b"[]", "application/json", 400, "no rows"),
        (b"[[1, 2]]", "application/json", 400, "holds 2 values, expected 8"),
        (b"[[1,2,3,4,5,6,7,8], 9]", "application/json", 400, "row 2"),
        (b'[["a",2,3,4,5,6,7,8]]', "application/json", 400, "'a'"),
        (b"[[null,2,3,4,5,6,7,8]]", "application/json", 400, "'None'"),
        (b"[[true,2,3,4,5,6,7,8]]", "application/json", 400, "'True'"),
        (b"[[1e300,2,3,4,5,6,7,8]]", "application/json", 400, "32 bits"),
        (b"[[[1],2,3,4,5,6,7,8]]", "application/json", 400, "'[1]'"),
        (b"sex,length", "text/csv", 400, "no header"),
        (b"nan,2,3,4,5,6,7,8", "text/csv", 400, "'nan'"),
        (b"\xff\xfe", "text/csv", 400, "no UTF-8"),
        (b"1", "text/html", 415, "expected application/json or text/csv"),
        (b"1", "text/csv; charset=utf-16", 415, "utf-16"),
    ],
)
def test_a_wrong_request_is_refused_with_what_is_wrong(
    model_dirs: Mapping[str, Path], body: bytes, content_type: str, status: int, reason: str
):
    with pytest.raises(ServingError, match=reason.replace("[", r"\[")) as refusal:
        ask(load(model_dirs["ubj"]), body, content_type)
    assert refusal.value.status == status


def test_pickles_are_refused_until_they_are_trusted(model_dirs: Mapping[str, Path]):
    for suffix in ("pkl", "joblib"):
        with pytest.raises(ModelLoadError, match="set SEATRIAL_TRUST_PICKLE=1"):
            load(model_dirs[suffix], trust=False)


def test_a_skops_file_with_unreviewed_types_is_refused_by_their_names(tmp_path: Path):
    class Stranger:
        pass

    skops_io.dump({"model": Stranger()}, tmp_path / "model.skops")
    with pytest.raises(ModelLoadError, match="Stranger"):
        load(tmp_path)


def test_the_old_binary_format_is_refused_with_the_way_to_convert_it(tmp_path: Path):
    (tmp_path / "old.model").write_bytes(b"binf" + bytes(200))
    with pytest.raises(ModelLoadError, match=r"xgboost<3\.1"):
        load(tmp_path)


@pytest.mark.parametrize(("name", "content"), [("m.skops", b"junk"), ("m.pkl", b"junk"), ("m.ubj", b"{junk")])
def test_a_corrupt_file_is_refused_by_name(tmp_path: Path, name: str, content: bytes):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(ModelLoadError, match=f"{name} cannot be loaded"):
        load(tmp_path)


def test_a_pickle_of_a_module_that_is_gone_says_that_releases_differ(tmp_path: Path):
    (tmp_path / "old.pkl").write_bytes(b"c_loss\nCyHalfSquaredError\n.")
    with pytest.raises(ModelLoadError, match=r"No module named '_loss'.*another release"):
        load(tmp_path)


def test_a_model_of_another_scikit_learn_release_is_said_in_the_log(tmp_path: Path, caplog: pytest.LogCaptureFixture):
    model = DummyRegressor().fit([[0.0]], [1.0])
    model.n_features_in_ = 1
    content = pickle.dumps(model)
    (tmp_path / "old.pkl").write_bytes(content.replace(model.__getstate__()["_sklearn_version"].encode(), b"0.0.1"))
    load(tmp_path)
    assert "from version 0.0.1" in caplog.text


def test_two_models_none_or_a_wrong_path_are_each_one_sentence(model_dirs: Mapping[str, Path], tmp_path: Path):
    with pytest.raises(ModelLoadError, match="it holds: nothing"):
        load(tmp_path)
    (tmp_path / "notes.txt").write_text("no model")
    with pytest.raises(ModelLoadError, match=r"it holds: notes\.txt"):
        load(tmp_path)
    for suffix in ("ubj", "skops"):
        shutil.copy(model_dirs[suffix] / f"model.{suffix}", tmp_path)
    with pytest.raises(ModelLoadError, match="holds 2 models"):
        load(tmp_path)
    with pytest.raises(ModelLoadError, match="does not exist"):
        load(tmp_path / "nowhere")
    with pytest.raises(ModelLoadError, match="of no type served here"):
        backends.find(Settings(model=str(tmp_path / "notes.txt")))


def test_a_nested_tree_with_odd_modes_and_times_is_served_and_left_as_it_was(
    start_cold: Callable[..., Server], model_dirs: Mapping[str, Path], tmp_path: Path
):
    root = tmp_path / "model"
    shutil.copytree(model_dirs["skops"], root / "deep" / "er")
    for path in (root / "deep" / "er").iterdir():
        path.chmod(0o444)
        os.utime(path, (0, 0))
    before = fingerprint(root)
    server = start_cold("--model-dir", str(root)).ready()
    sample = (root / "deep" / "er" / "seatrial-sample.json").read_bytes()
    answers = {server.invoke(sample).content for _ in range(3)}
    assert len(answers) == 1
    assert len(json.loads(answers.pop())["predictions"]) == 3
    assert server.stop() == 0
    assert fingerprint(root) == before


def fingerprint(root: Path) -> dict[str, tuple[str, int, float]]:
    return {
        str(path): (hashlib.sha256(path.read_bytes()).hexdigest(), path.stat().st_mode, path.stat().st_mtime)
        for path in root.rglob("*")
        if path.is_file()
    }


def test_ping_is_503_while_a_model_loads_and_never_200_when_it_cannot(
    start_cold: Callable[..., Server], tmp_path: Path
):
    (tmp_path / "m.pkl").write_bytes(b"junk")
    server = start_cold("--model-dir", str(tmp_path), env=TRUST)
    seen = set()
    while server.process.poll() is None:
        seen.add(server.ping())
    assert seen <= {503, 0}
    assert server.process.wait(PATIENCE) == 1
    assert "cannot serve: m.pkl cannot be loaded: UnpicklingError" in server.log


def test_serving_an_echo_brings_in_no_library_of_models(start_cold: Callable[..., Server]):
    server = start_cold("--model", "echo").ready()
    mapped = Path(f"/proc/{server.process.pid}/maps").read_text()
    for library in ("numpy", "sklearn", "scipy", "xgboost"):
        assert f"/{library}" not in mapped
    assert "uvloop" in mapped
