"""`result.json`: the whole trial as JSON, the source of every other report and what `seatrial diff` compares.

Its form is the `TrialResult` itself, with a format number, counts and the ids of the replay files added. The schema in
`schema/result.schema.json` is derived from the same types by `seatrial.reports.describe`. Bytes are base64.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from seatrial.conformance.result import TrialResult
from seatrial.conformance.verdict import Word
from seatrial.reports.repro import ids_of, replay_ids

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["FORMAT", "ResultFileError", "read_result", "result_json"]

FORMAT = 1
SCHEMA = "https://seatrial.readthedocs.io/en/latest/schema/result-1.json"


class ResultFileError(Exception):
    """A file is no `result.json` of ours: one sentence that names it."""


def result_json(result: TrialResult) -> bytes:
    """The trial as one JSON document, keys in a fixed order, two spaces of indent."""
    return msgspec.json.format(msgspec.json.encode(document(result)), indent=2) + b"\n"


def document(result: TrialResult) -> dict[str, Any]:
    """The trial as plain values, as they stand in `result.json`."""
    body: dict[str, Any] = msgspec.to_builtins(result, order="deterministic")
    ids = replay_ids(result)
    return {
        "$schema": SCHEMA,
        "format": FORMAT,
        "counts": {word.value: result.count(word) for word in Word},
        "replays": {v.clause: list(ids_of(v, ids)) for v in result.of(Word.FAIL, Word.WARN) if v.proof},
        **body,
    }


def read_result(path: Path) -> TrialResult:
    """Read a `result.json` back into the value that it was written from.

    Raises:
        ResultFileError: the file cannot be read, is no result, or was written in another format.
    """
    try:
        raw = msgspec.json.decode(path.read_bytes())
    except OSError as error:
        raise ResultFileError(f"{path} cannot be read ({error.strerror}); name the result.json of a report") from error
    except msgspec.DecodeError as error:
        raise ResultFileError(f"{path} is not JSON ({error}); name the result.json of a report") from error
    if not isinstance(raw, dict) or "format" not in raw:
        raise ResultFileError(f"{path} is not the result of a trial; name the result.json of a report")
    if raw["format"] != FORMAT:
        raise ResultFileError(
            f"{path} has the format {raw['format']}, expected {FORMAT}; use the version of seatrial that wrote it"
        )
    try:
        return msgspec.convert(raw, TrialResult)
    except msgspec.ValidationError as error:
        raise ResultFileError(f"{path} is not the result of a trial: {error}") from error
