"""XGBoost models from `.json`, `.ubj` and `.model` files; the old binary format where the library still reads it.

XGBoost 3.1 dropped the old binary format. Such a file starts with `binf`; where the library refuses it, the sentence
says how to convert it.
"""

from pathlib import Path
from typing import Any

import numpy.typing as npt
import xgboost

from seatrial.reference_server.backends.tabular import Matrix, TabularModel
from seatrial.reference_server.errors import ModelLoadError
from seatrial.reference_server.model import Model
from seatrial.reference_server.settings import Settings

OLD_BINARY = b"binf"


def create(path: Path, settings: Settings) -> Model:
    """Return the model in a file, not loaded yet."""
    return XGBoostModel(path, allow_sleep=settings.allow_sleep)


class XGBoostModel(TabularModel):
    """A booster."""

    def __init__(self, path: Path, *, allow_sleep: bool = False) -> None:
        super().__init__(path, allow_sleep=allow_sleep)
        self._booster = xgboost.Booster({"nthread": 1})

    def load(self) -> None:
        """Read the file, and learn how many features it wants."""
        content = self.path.read_bytes()
        try:
            self._booster.load_model(bytearray(content))
        except xgboost.core.XGBoostError as error:
            if content.startswith(OLD_BINARY):
                raise ModelLoadError(
                    f"{self.path.name} is in XGBoost's old binary format, which XGBoost {xgboost.__version__} does not "
                    "read: load it with xgboost<3.1 and save it as .ubj or .json"
                ) from error
            reason = str(error).strip().splitlines()[-1]
            raise ModelLoadError(
                f"{self.path.name} cannot be loaded by XGBoost {xgboost.__version__}: {reason}"
            ) from error
        self._booster.set_param({"nthread": 1})
        self.features = self._booster.num_features()

    def predict_rows(self, rows: Matrix) -> npt.NDArray[Any]:
        """Return the booster's predictions."""
        predictions: npt.NDArray[Any] = self._booster.inplace_predict(rows)
        return predictions
