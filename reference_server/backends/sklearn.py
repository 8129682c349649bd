"""scikit-learn models from `.skops`, `.joblib` and `.pkl` files.

A pickle runs whatever code its author put in, so `.pkl` and `.joblib` need `SEATRIAL_TRUST_PICKLE=1`. A `.skops` file
is data: it loads where every type in it is scikit-learn's own or one of `REVIEWED`.
A file of another scikit-learn release may fail in odd ways, or predict differently: both are said in the log.
"""

import pickle
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy.typing as npt

from seatrial.reference_server.backends.tabular import Matrix, TabularModel
from seatrial.reference_server.errors import ModelLoadError
from seatrial.reference_server.logs import log
from seatrial.reference_server.model import Model
from seatrial.reference_server.settings import Settings

# Compiled types of scikit-learn that skops asks about; their state is arrays of numbers, they run nothing on loading.
REVIEWED = frozenset(
    {
        "sklearn._loss._loss.CyHalfSquaredError",
        "sklearn._loss.link.IdentityLink",
        "sklearn._loss.link.Interval",
        "sklearn._loss.loss.HalfSquaredError",
        "sklearn.ensemble._hist_gradient_boosting.binning._BinMapper",
        "sklearn.ensemble._hist_gradient_boosting.predictor.TreePredictor",
        "sklearn.tree._tree.Tree",
    }
)


def create(path: Path, settings: Settings) -> Model:
    """Return the model in a file, not loaded yet."""
    return SklearnModel(path, trust_pickle=settings.trust_pickle, allow_sleep=settings.allow_sleep)


class SklearnModel(TabularModel):
    """Whatever has `predict` and came from scikit-learn.

    Args:
        path: the model file.
        trust_pickle: whether files that run code on loading may be loaded.
        allow_sleep: whether a request may ask to be answered late.
    """

    def __init__(self, path: Path, *, trust_pickle: bool, allow_sleep: bool = False) -> None:
        super().__init__(path, allow_sleep=allow_sleep)
        self._trust_pickle = trust_pickle
        self._estimator: Any = None

    def load(self) -> None:
        """Read the file, and learn how many features it wants."""
        is_skops = self.path.suffix.lower() == ".skops"
        if not is_skops and not self._trust_pickle:
            raise ModelLoadError(
                f"{self.path.name} is a pickle, which can run any code when it is loaded: set SEATRIAL_TRUST_PICKLE=1 "
                "if you trust its author, or save the model as .skops"
            )
        with warnings.catch_warnings(record=True) as noted:
            warnings.simplefilter("always")
            estimator = _guarded(_read_skops if is_skops else _read_pickle, self.path)
        for text in sorted({str(warning.message).strip().partition("\n")[0] for warning in noted}):
            log.warning("%s: %s", self.path.name, text)
        if not hasattr(estimator, "predict"):
            raise ModelLoadError(f"{self.path.name} holds a {type(estimator).__name__}, expected a model with predict")
        self.features = _features(estimator, self.path)
        self._estimator = estimator

    def predict_rows(self, rows: Matrix) -> npt.NDArray[Any]:
        """Return the estimator's predictions."""
        predictions: npt.NDArray[Any] = self._estimator.predict(rows)
        return predictions


def _guarded(read: Callable[[Path], Any], path: Path) -> Any:
    """Read a file, and turn what old files raise into a sentence."""
    try:
        return read(path)
    except ModelLoadError:
        raise
    except (ModuleNotFoundError, AttributeError) as error:
        import_hint = "it was saved with another release of a library, or needs one that is not installed"
        raise ModelLoadError(f"{path.name} cannot be loaded: {error}; {import_hint}: save it anew") from error
    except Exception as error:
        raise ModelLoadError(f"{path.name} cannot be loaded: {type(error).__name__}: {error}") from error


def _read_skops(path: Path) -> Any:
    from skops import io  # noqa: PLC0415 - imported for the file type that needs it

    unknown = set(io.get_untrusted_types(file=path)) - REVIEWED
    if unknown:
        names = ", ".join(sorted(unknown)[:5])
        raise ModelLoadError(f"{path.name} holds types that nobody here has reviewed ({names}): use plain scikit-learn")
    return io.load(path, trusted=sorted(REVIEWED))


def _read_pickle(path: Path) -> Any:
    if path.suffix.lower() == ".joblib":
        import joblib  # noqa: PLC0415 - imported for the file type that needs it

        return joblib.load(path)
    with path.open("rb") as file:
        return pickle.load(file)  # noqa: S301 - only with SEATRIAL_TRUST_PICKLE


def _features(estimator: Any, path: Path) -> int:
    count = getattr(estimator, "n_features_in_", None)
    if not isinstance(count, int):
        raise ModelLoadError(f"{path.name} does not say how many features it wants (n_features_in_): fit it first")
    return count
