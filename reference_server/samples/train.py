"""Trains the sample model on the synthetic table and writes it with requests that fit it.

    DIR/model.skops           or .joblib, .pkl (scikit-learn); .ubj, .json (XGBoost)
    DIR/seatrial-sample.json  three rows; the server's own check and a caller's first request
    DIR/seatrial-sample.csv   the same rows

The requests lie in the model directory because the server passes over files of no known type, and a sample that
travels with its model cannot be lost. Equal seeds give equal predictions, to the byte. Under a second.

What a trial of the server wants to send lies in a folder of its own, see `write_requests`.
"""

import importlib
import pickle
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import orjson

from seatrial.reference_server.samples.abalone import Table, table
from seatrial.reference_server.settings import SettingError

DEFAULT_SUFFIX = {"sklearn": "skops", "xgboost": "ubj"}
SUFFIXES = {"sklearn": ("skops", "joblib", "pkl"), "xgboost": ("ubj", "json")}
SAMPLE_ROWS = 3
SLOW = 3.0


def train(out: Path, *, backend: str, suffix: str | None, seed: int) -> Path:
    """Train a model and write it.

    Args:
        out: the folder, made where it is missing.
        backend: `sklearn` or `xgboost`.
        suffix: the file type without a dot, None for the backend's own default.
        seed: of the table and of the training.

    Returns:
        The path of the model file.

    Raises:
        SettingError: the backend does not write this file type.
    """
    suffix = (suffix or DEFAULT_SUFFIX[backend]).lstrip(".")
    if suffix not in SUFFIXES[backend]:
        expected = ", ".join(SUFFIXES[backend])
        raise SettingError(f"--format is {suffix!r}, expected one of {expected} for {backend}")
    data = table(seed)
    out.mkdir(parents=True, exist_ok=True)
    path = out / f"model.{suffix}"
    if backend == "sklearn":
        _write_sklearn(_fit_sklearn(data, seed), path)
    else:
        _fit_xgboost(data, seed).save_model(path)
    write_samples(out, data.features[:SAMPLE_ROWS])
    return path


def write_samples(out: Path, rows: npt.NDArray[np.float64]) -> None:
    """Write the request in both media types."""
    (out / "seatrial-sample.json").write_bytes(orjson.dumps({"instances": rows.tolist()}) + b"\n")
    lines = (",".join(f"{value:g}" for value in row) for row in rows)
    (out / "seatrial-sample.csv").write_text("\n".join(lines) + "\n")


def write_requests(out: Path, seed: int) -> None:
    """Write valid requests, a slow one and a broken model: the folder that the label `org.seatrial.samples` names.

        OUT/rows-1.json … rows-4.json   different rows, so that mixed-up answers show
        OUT/rows.csv                    two rows
        OUT/slow.json                   answered after `SLOW` seconds by a server with `SEATRIAL_ALLOW_SLEEP=1`
        OUT/bad-model/model.skops       a file that no library loads

    Args:
        out: the folder, made where it is missing.
        seed: of the table.
    """
    rows = table(seed).features[SAMPLE_ROWS : SAMPLE_ROWS + 6].tolist()
    (out / "bad-model").mkdir(parents=True, exist_ok=True)
    for number, row in enumerate(rows[:4], 1):
        (out / f"rows-{number}.json").write_bytes(orjson.dumps({"instances": [row]}) + b"\n")
    (out / "rows.csv").write_text("".join(",".join(f"{value:g}" for value in row) + "\n" for row in rows[4:]))
    (out / "slow.json").write_bytes(orjson.dumps({"instances": rows[:1], "sleep": SLOW}) + b"\n")
    (out / "bad-model" / "model.skops").write_bytes(b"this is no model")


def _fit_sklearn(data: Table, seed: int) -> Any:
    ensemble = importlib.import_module("sklearn.ensemble")
    model = ensemble.GradientBoostingRegressor(n_estimators=100, max_depth=3, random_state=seed)
    return model.fit(data.features, data.rings)


def _write_sklearn(model: Any, path: Path) -> None:
    if path.suffix == ".skops":
        skops = importlib.import_module("skops.io")
        skops.dump(model, path, compression=zipfile.ZIP_DEFLATED)
    elif path.suffix == ".joblib":
        importlib.import_module("joblib").dump(model, path, compress=3)
    else:
        path.write_bytes(pickle.dumps(model))


def _fit_xgboost(data: Table, seed: int) -> Any:
    xgboost = importlib.import_module("xgboost")
    settings = {"max_depth": 4, "eta": 0.1, "seed": seed, "nthread": 1, "objective": "reg:squarederror"}
    return xgboost.train(settings, xgboost.DMatrix(data.features, label=data.rings), num_boost_round=100)
