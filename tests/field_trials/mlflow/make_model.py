"""Makes what the trial of mlflow needs: a model, a broken copy of it, and requests that are valid for it.

`python make_model.py FOLDER`, run by the mlflow that is on trial. The table is made up: eight numbers a row.
"""

import shutil
import sys
from pathlib import Path

import mlflow.sklearn
import numpy as np
import pandas as pd
from sklearn.svm import SVR

COLUMNS = ["length", "diameter", "height", "whole", "shucked", "viscera", "shell", "age"]
ROWS, SLOW_ROWS = 4000, 30_000


def table(rows: int, seed: int) -> pd.DataFrame:
    """A table of numbers between 0 and 1 with two decimals."""
    return pd.DataFrame(np.random.default_rng(seed).random((rows, len(COLUMNS))), columns=COLUMNS).round(2)


def main() -> None:
    """Write `model/`, `bad-model/` and `requests/` into the folder."""
    folder = Path(sys.argv[1])
    shutil.rmtree(folder, ignore_errors=True)
    requests = folder / "requests"
    requests.mkdir(parents=True)
    known = table(ROWS, seed=1)
    # A narrow tube makes nearly every row a support vector: one row takes a millisecond, a large table seconds.
    model = SVR(epsilon=0.001)
    model.fit(known, known["whole"] * 10 + known["shell"] * known["age"] * 5)
    mlflow.sklearn.save_model(
        model,
        folder / "model",
        serialization_format="cloudpickle",
        pip_requirements=["scikit-learn"],
        signature=mlflow.models.infer_signature(known, model.predict(known)),
    )
    shutil.copytree(folder / "model", folder / "bad-model")
    weights = folder / "bad-model" / "model.pkl"
    weights.write_bytes(weights.read_bytes()[:1000])
    asked = table(3, seed=2)
    (requests / "split.json").write_text(f'{{"dataframe_split": {asked[:1].to_json(orient="split")}}}')
    (requests / "records.json").write_text(f'{{"dataframe_records": {asked[1:].to_json(orient="records")}}}')
    asked.to_csv(requests / "rows.csv", index=False)
    table(SLOW_ROWS, seed=3).to_csv(requests / "slow.csv", index=False)


if __name__ == "__main__":
    main()
