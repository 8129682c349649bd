"""`--json`: the result as JSON, for programs, and read back by `loadgen compare`.

Its form is `Result.to_json`; the schema in `schema/load.schema.json` is derived from the same types by
`seatrial.loadgen.render.describe`.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import msgspec

from seatrial.loadgen.mistakes import UsageError
from seatrial.loadgen.result import SCHEMA, Result

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["json_report", "read_result"]

PAIR = re.compile(rb"\[\n\s+(-?[\d.e+-]+),\n\s+(-?[\d.e+-]+)\n\s+\]")
"""A pair of numbers over four lines; a line break never stands inside a JSON string."""


def json_report(result: Result) -> bytes:
    """Return the result as one JSON document, keys in a fixed order, the points of curves on one line each."""
    return PAIR.sub(rb"[\1, \2]", msgspec.json.format(msgspec.json.encode(result.to_json()), indent=2)) + b"\n"


def read_result(path: Path) -> Result:
    """Read a `--json` file back into the value that it was written from.

    Raises:
        UsageError: the file cannot be read, is no result, or was written in another format.
    """
    try:
        raw = msgspec.json.decode(path.read_bytes())
    except OSError as error:
        raise UsageError(
            f"{path} cannot be read ({error.strerror}); name a file that loadgen wrote with --json"
        ) from error
    except msgspec.DecodeError as error:
        raise UsageError(f"{path} is not JSON ({error}); name a file that loadgen wrote with --json") from error
    if not isinstance(raw, dict) or "schema" not in raw or "verdict" not in raw:
        raise UsageError(f"{path} is not the result of a load test; name a file that loadgen wrote with --json")
    if raw["schema"] != SCHEMA:
        raise UsageError(
            f"{path} has the schema {raw['schema']!r}, expected {SCHEMA}; use the version of loadgen that wrote it"
        )
    try:
        return msgspec.convert(raw, Result)
    except msgspec.ValidationError as error:
        raise UsageError(f"{path} is not the result of a load test ({error}); name a file of --json") from error
