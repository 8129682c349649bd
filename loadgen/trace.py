"""Reads a trace: when each request was due, and which payload it sent.

CSV with a header line, or JSON lines: `timestamp` in seconds, from any begin, and `payload` (an index) where known.
"""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np

from seatrial.loadgen.mistakes import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    import numpy.typing as npt

    from seatrial.loadgen.record import Times

__all__ = ["read_trace"]

NS = 1_000_000_000


def read_trace(path: Path) -> tuple[Times, npt.NDArray[np.uint32] | None]:
    """Return intended times in ns from the first, and payload ids or None.

    Raises:
        UsageError: not there, no time in a line, a time before its predecessor, or no line at all.
    """
    seconds: list[float] = []
    payloads: list[int] = []
    for number, row in _rows(path):
        seconds.append(_number(path, number, row, "timestamp"))
        if len(seconds) > 1 and seconds[-1] < seconds[-2]:
            raise UsageError(
                f"--trace {path}, line {number}: time {seconds[-1]:g} comes after {seconds[-2]:g}; "
                "sort the file by its timestamps."
            )
        if row.get("payload") not in {None, ""}:
            payloads.append(int(_number(path, number, row, "payload")))
    if not seconds:
        raise UsageError(f"--trace {path} holds no request; it needs one line a request with a `timestamp` in seconds.")
    if payloads and len(payloads) != len(seconds):
        raise UsageError(
            f"--trace {path} names a payload in {len(payloads)} of {len(seconds)} lines; name it in all or none."
        )
    if payloads and min(payloads) < 0:
        raise UsageError(f"--trace {path} names payload {min(payloads)}; payloads are counted from 0.")
    times = np.round((np.array(seconds) - seconds[0]) * NS).astype(np.int64)
    return times, np.array(payloads, np.uint32) if payloads else None


def _rows(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    try:
        with path.open(encoding="utf-8", newline="") as file:
            first = file.readline()
            file.seek(0)
            yield from _json_lines(path, file) if first.lstrip().startswith("{") else _csv_lines(path, file)
    except OSError as error:
        raise UsageError(f"--trace {path} cannot be read: {error.strerror}.") from None
    except UnicodeDecodeError:
        raise UsageError(f"--trace {path} is no text; it needs CSV or JSON lines with a `timestamp`.") from None


def _json_lines(path: Path, file: Iterable[str]) -> Iterator[tuple[int, dict[str, Any]]]:
    for number, line in enumerate(file, 1):
        if not line.strip():
            continue
        try:
            row = msgspec.json.decode(line)
        except msgspec.DecodeError as error:
            raise UsageError(f"--trace {path}, line {number} is no JSON: {error}.") from None
        if not isinstance(row, dict):
            raise UsageError(f"--trace {path}, line {number} is no JSON object with a `timestamp`.")
        yield number, row


def _csv_lines(path: Path, file: Iterable[str]) -> Iterator[tuple[int, dict[str, Any]]]:
    reader = csv.DictReader(file)
    if "timestamp" not in (reader.fieldnames or ()):
        found = ", ".join(reader.fieldnames or ()) or "nothing"
        raise UsageError(f"--trace {path} needs a column `timestamp`; its first line holds {found}.")
    for row in reader:
        yield reader.line_num, dict(row)


def _number(path: Path, line: int, row: dict[str, Any], name: str) -> float:
    value = row.get(name)
    try:
        number = float(value)  # type: ignore[arg-type]  # None is a TypeError, told like any other wrong value
    except (TypeError, ValueError):
        raise UsageError(f"--trace {path}, line {line}: `{name}` is {value!r}, not a number.") from None
    if not np.isfinite(number):
        raise UsageError(f"--trace {path}, line {line}: `{name}` is {value!r}, not a finite number.")
    return number
