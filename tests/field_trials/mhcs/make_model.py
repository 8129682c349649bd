"""Makes what the trial of the app needs: a model, a broken copy of it, and requests that are valid for it.

`python make_model.py FOLDER`, run by the environment that is on trial. The table is made up: eight numbers a row.
"""

import json
import shutil
import sys
from pathlib import Path

import joblib
import numpy as np
from sklearn.svm import SVR

ROWS, COLUMNS, SLOW_ROWS = 4000, 8, 30_000


def table(rows: int, seed: int) -> np.ndarray:
    """A table of numbers between 0 and 1 with two decimals."""
    return np.random.default_rng(seed).random((rows, COLUMNS)).round(2)


def main() -> None:
    """Write `model/`, `bad-model/` and `requests/` into the folder."""
    folder = Path(sys.argv[1])
    shutil.rmtree(folder, ignore_errors=True)
    for name in ("model", "bad-model", "requests"):
        (folder / name).mkdir(parents=True)
    known = table(ROWS, seed=1)
    # A narrow tube makes nearly every row a support vector: one row takes a millisecond, a large table seconds.
    model = SVR(epsilon=0.001)
    model.fit(known, known[:, 3] * 10 + known[:, 6] * known[:, 7] * 5)
    joblib.dump(model, folder / "model" / "model.joblib")
    whole = (folder / "model" / "model.joblib").read_bytes()
    (folder / "bad-model" / "model.joblib").write_bytes(whole[:1000])
    asked = table(3, seed=2)
    (folder / "requests" / "row.json").write_text(json.dumps({"instances": asked[:1].tolist()}))
    (folder / "requests" / "rows.json").write_text(json.dumps({"instances": asked[1:].tolist()}))
    np.savetxt(folder / "requests" / "rows.csv", asked, delimiter=",", fmt="%.2f")
    np.savetxt(folder / "requests" / "slow.csv", table(SLOW_ROWS, seed=3), delimiter=",", fmt="%.2f")


if __name__ == "__main__":
    main()
