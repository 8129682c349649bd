"""Models over rows of numbers: reading JSON and CSV into a matrix, and writing predictions as JSON or CSV.

    JSON in    {"instances": [[...], ...]}, {"inputs": [[...], ...]}, [[...], ...] or one row [...]
    CSV in     rows of numbers, no header
    JSON out   {"predictions": [...]}
    CSV out    one prediction a line

    slow       {"instances": [...], "sleep": 2.5} is answered after that many seconds, where `allow_sleep` is set:
               a trial needs calls that take their time, and this model has none

A body without a Content-Type is read as JSON. Everything must be a finite 32-bit number, and each row as long as those
that the model was trained on; what is wrong is said with its row. A backend only loads a file and predicts a matrix.
"""

from abc import abstractmethod
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
import orjson

from seatrial.reference_server.backends.choice import SAMPLE
from seatrial.reference_server.errors import (
    InvalidRequestError,
    NotAcceptableError,
    UnsupportedMediaTypeError,
)
from seatrial.reference_server.media import CSV, JSON, MediaType
from seatrial.reference_server.model import InferenceRequest, InferenceResponse, Model

Matrix: TypeAlias = npt.NDArray[np.float64]

CHARSETS = frozenset({"utf-8", "utf8", "us-ascii", "ascii"})
LARGEST = float(np.finfo(np.float32).max)  # both libraries compare features as 32-bit numbers
LONGEST_SLEEP = 3600
ROW_KEYS = ("instances", "inputs")


class TabularModel(Model):
    """A model over a matrix of rows by features. `features` is known once it is loaded.

    Args:
        path: the model file, only read.
        allow_sleep: whether a request may ask to be answered late.
    """

    def __init__(self, path: Path, *, allow_sleep: bool = False) -> None:
        super().__init__(path.stem)
        self.path = path
        self._allow_sleep = allow_sleep
        self.features = 0

    @abstractmethod
    def predict_rows(self, rows: Matrix) -> npt.NDArray[Any]:
        """Return one prediction (or one array of them) a row."""

    def sample(self) -> InferenceRequest:
        """Return the request that lies beside the model file, or one row of zeros."""
        beside = self.path.parent / SAMPLE
        body = beside.read_bytes() if beside.is_file() else orjson.dumps([[0.0] * self.features])
        return InferenceRequest(body, MediaType(JSON))

    def preprocess(self, request: InferenceRequest) -> Matrix:
        """Read the body as rows."""
        answer_type(request)  # what cannot be answered is refused before the work
        content_type = request.content_type or MediaType(JSON)
        if content_type.name not in {JSON, CSV}:
            raise UnsupportedMediaTypeError(f"Content-Type is {content_type.name[:80]!r}, expected {JSON} or {CSV}")
        if content_type.charset not in CHARSETS:
            raise UnsupportedMediaTypeError(f"the charset is {content_type.charset[:40]!r}, expected utf-8")
        if not request.body.strip():
            raise InvalidRequestError("the body is empty, expected rows of numbers", code="empty_body")
        if content_type.name == CSV:
            return self._matrix(rows_of_csv(request.body))
        value = parsed(request.body)
        if self._allow_sleep and isinstance(value, dict):
            request.gone.wait(sleep_asked(value))
        return self._matrix(rows_of_json(value))

    def predict(self, inputs: Matrix) -> npt.NDArray[Any]:
        """Return the predictions."""
        return self.predict_rows(inputs)

    def postprocess(self, outputs: npt.NDArray[Any], request: InferenceRequest) -> InferenceResponse:
        """Write the predictions in the type that the caller accepts."""
        chosen = answer_type(request)
        if chosen == JSON:
            return InferenceResponse(orjson.dumps({"predictions": outputs.tolist()}), JSON)
        lines = (",".join(map(str, line)) if isinstance(line, list) else str(line) for line in outputs.tolist())
        return InferenceResponse(("\n".join(lines) + "\n").encode(), f"{CSV}; charset=utf-8")

    def _matrix(self, rows: list[Any]) -> Matrix:
        for number, row in enumerate(rows, 1):
            _check_row(number, row, self.features)
        return np.asarray(rows, dtype=np.float64)


def answer_type(request: InferenceRequest) -> str:
    """Return the media type to answer in: what the caller prefers, of equals the type of the body.

    Raises:
        NotAcceptableError: neither type is accepted.
    """
    came_as_csv = request.content_type is not None and request.content_type.name == CSV
    chosen = request.accept.choose((CSV, JSON) if came_as_csv else (JSON, CSV))
    if chosen is None:
        raise NotAcceptableError(f"Accept leaves out {JSON} and {CSV}, the only types of an answer here")
    return chosen


def parsed(body: bytes) -> Any:
    """Return what a JSON body says.

    Raises:
        InvalidRequestError: it is no JSON.
    """
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise InvalidRequestError(f"the body is no JSON: {error}", code="invalid_json") from error


def sleep_asked(value: dict[str, Any]) -> float:
    """Return the seconds by which a request asks to be answered late.

    Raises:
        InvalidRequestError: that is no number of seconds up to 3600.
    """
    asked = value.get("sleep", 0)
    if isinstance(asked, bool) or not isinstance(asked, int | float) or not 0 <= asked <= LONGEST_SLEEP:
        raise InvalidRequestError(f"sleep is {str(asked)[:40]!r}, expected seconds from 0 to {LONGEST_SLEEP}")
    return float(asked)


def rows_of_json(value: Any) -> list[Any]:
    """Return the rows in a JSON value, not checked yet.

    Raises:
        InvalidRequestError: it holds no rows.
    """
    if isinstance(value, dict):
        value = next((value[key] for key in ROW_KEYS if key in value), None)
    if not (isinstance(value, list) and value):
        expected = '{"instances": [[...], ...]}, [[...], ...] or one row [...]'
        raise InvalidRequestError(f"the body holds no rows, expected {expected}", code="wrong_shape")
    return value if isinstance(value[0], list) else [value]


def rows_of_csv(body: bytes) -> list[Any]:
    """Return the rows in a CSV body, as numbers but not checked yet.

    Raises:
        InvalidRequestError: a field is no number.
    """
    try:
        lines = [line for line in body.decode("utf-8-sig").splitlines() if line.strip()]
    except UnicodeDecodeError as error:
        raise InvalidRequestError(f"the body is no UTF-8: {error.reason} at byte {error.start}") from error
    return [[_number(field, number) for field in line.split(",")] for number, line in enumerate(lines, 1)]


def _number(field: str, row: int) -> float:
    try:
        return float(field)
    except ValueError:
        message = f"row {row} holds {field.strip()[:40]!r}, expected numbers and no header"
        raise InvalidRequestError(message, code="not_a_number") from None


def _check_row(number: int, row: Any, features: int) -> None:
    if not isinstance(row, list):
        raise InvalidRequestError(f"row {number} is {str(row)[:40]!r}, expected a list of numbers", code="wrong_shape")
    if len(row) != features:
        message = f"row {number} holds {len(row)} values, expected {features}, as the model was trained"
        raise InvalidRequestError(message, code="wrong_shape")
    for value in row:
        if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) <= LARGEST:
            message = f"row {number} holds {str(value)[:40]!r}, expected finite numbers of 32 bits"
            raise InvalidRequestError(message, code="not_a_number")
