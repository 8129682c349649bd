"""Which backend serves what the model directory holds. Decided by file type, before anything heavy is imported.

A model may lie in a sub-folder, with any owner, mode or time. Files of other types are passed over; two models, or
none, are refused with a sentence that lists what was found.
"""

import importlib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, cast

from seatrial.reference_server.errors import ModelLoadError
from seatrial.reference_server.model import Model
from seatrial.reference_server.settings import Settings

ECHO = "echo"
LLM = "llm"
SAMPLE_LLM = "sample-llm"
SAMPLE_FOLDER = Path(__file__).resolve().parents[1] / "samples" / "llm"
SAMPLE = "seatrial-sample.json"
SCIKIT_LEARN = frozenset({".pkl", ".pickle", ".joblib", ".skops"})
XGBOOST = frozenset({".ubj", ".model", ".bst", ".xgb"})
SHOWN = 8


class BackendModule(Protocol):
    """What each backend module offers."""

    def create(self, path: Path, settings: Settings) -> Model:
        """Return a model that is not loaded yet."""


@dataclass(frozen=True)
class Candidate:
    """A file that a backend may serve."""

    path: Path
    backend: str


def find(settings: Settings) -> Model:
    """Return the model to serve, not loaded yet.

    Raises:
        ModelLoadError: there is none, or more than one, or its type is unknown.
    """
    if settings.model == ECHO:
        return _create(Candidate(Path(), ECHO), settings)
    if settings.model == SAMPLE_LLM:
        return _create(Candidate(SAMPLE_FOLDER, LLM), settings)
    place = Path(settings.model) if settings.model else settings.model_dir
    option = "--model" if settings.model else "--model-dir"
    if not place.exists():
        raise ModelLoadError(f"{option} is {str(place)!r}, which does not exist: mount a model there, or name another")
    return _create(_in_file(place) if place.is_file() else _in_folder(place), settings)


def _create(candidate: Candidate, settings: Settings) -> Model:
    os.environ.setdefault("OMP_NUM_THREADS", "1")  # requests run side by side already
    try:
        module = importlib.import_module(f"{__package__}.{candidate.backend}")
    except ImportError as error:
        raise ModelLoadError(
            f"{candidate.path} needs the extra `server` ({error}): pip install 'seatrial[server]'"
        ) from None
    return cast("BackendModule", module).create(candidate.path, settings)


def _in_file(path: Path) -> Candidate:
    backend = _backend_of(path)
    if backend is None:
        known = " ".join(sorted(SCIKIT_LEARN | XGBOOST))
        raise ModelLoadError(f"{str(path)!r} is of no type served here, expected one of {known} or XGBoost's .json")
    return Candidate(path, backend)


def _in_folder(folder: Path) -> Candidate:
    files = sorted(_files(folder))
    found = [Candidate(path, backend) for path in files if (backend := _backend_of(path))]
    found += [Candidate(path.parent, LLM) for path in files if _is_language_model(path)]
    if len(found) == 1:
        return found[0]
    names = ", ".join(str(path.relative_to(folder)) for path in ([entry.path for entry in found] or files)[:SHOWN])
    if found:
        raise ModelLoadError(f"{folder} holds {len(found)} models ({names}): name the one to serve with --model")
    raise ModelLoadError(f"{folder} holds no model of a known type (it holds: {names or 'nothing'})")


def _files(folder: Path) -> Iterator[Path]:
    for parent, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if not name.startswith((".", "__"))]
        yield from (Path(parent, name) for name in names if not name.startswith("."))


def _backend_of(path: Path) -> str | None:
    suffix = path.suffix.lower()
    if suffix in SCIKIT_LEARN:
        return "sklearn"
    if suffix in XGBOOST or (suffix == ".json" and path.name != SAMPLE and _is_booster(path)):
        return "xgboost"
    return None


def _is_language_model(path: Path) -> bool:
    """Say whether a file is the config.json of a language model, whose tokenizer lies beside it."""
    return path.name == "config.json" and (path.parent / "tokenizer.json").is_file()


def _is_booster(path: Path) -> bool:
    with path.open("rb") as file:
        head = file.read(4096).lstrip()
    return head.startswith(b"{") and b'"learner"' in head
