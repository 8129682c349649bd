"""A benchmark as a JSON document, written and read back: `performance.json`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from seatrial.conformance.bench.result import Performance
from seatrial.conformance.options import OptionError

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["SCHEMA", "performance_json", "read_performance"]

SCHEMA = "https://seatrial.readthedocs.io/en/latest/schema/performance-1.json"


def performance_json(performance: Performance) -> bytes:
    """The benchmark as one JSON document, as `--json` and `performance.json` hold it."""
    body = {"$schema": SCHEMA, **msgspec.to_builtins(performance)}
    return msgspec.json.format(msgspec.json.encode(body), indent=1) + b"\n"


def read_performance(path: Path, option: str) -> Performance:
    """Read such a document.

    Args:
        path: of the file.
        option: by which the user named it, for the message.

    Raises:
        OptionError: it cannot be read, is none, or was written in another format.
    """
    cure = "name a performance.json that seatrial bench wrote"
    try:
        raw = msgspec.json.decode(path.read_bytes())
    except OSError as error:
        raise OptionError(f"{option} {path} cannot be read ({error.strerror}); {cure}") from error
    except msgspec.DecodeError as error:
        raise OptionError(f"{option} {path} is not JSON ({error}); {cure}") from error
    if not isinstance(raw, dict) or raw.get("$schema") != SCHEMA:
        raise OptionError(f"{option} {path} is no benchmark of this version of seatrial; {cure}")
    try:
        return msgspec.convert(raw, Performance)
    except msgspec.ValidationError as error:
        raise OptionError(f"{option} {path} is no benchmark ({error}); {cure}") from error
