"""`--dataset FILE.jsonl`: one request a line, with what is known of it.

A line is an envelope where it is an object with a `body`; any other line is itself the JSON body. The bytes of a body
are sent as they stand in the file: nothing is decoded and written anew.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import msgspec
import numpy as np

from seatrial.loadgen.mistakes import UsageError
from seatrial.loadgen.payload.media import JSON, asks_to_stream, checked_media
from seatrial.loadgen.payload.payloads import Order, Payloads

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

__all__ = ["Line", "Origin", "from_dataset", "read_lines"]


class Line(msgspec.Struct, forbid_unknown_fields=True):
    """An envelope.

    Attributes:
        body: any JSON; a string is sent as the text that it holds.
        content_type: of the body; JSON where none is given.
        weight: how often it is drawn, relative to the others.
        expect: the right answer; null and nothing are the same.
        id: a name for it, for a trace.
        workload: of this request, in a unit of the user's own.
    """

    body: msgspec.Raw
    content_type: str | None = None
    weight: float | None = None
    expect: msgspec.Raw = msgspec.Raw(b"")
    id: str | int | None = None
    workload: float | None = None

    @property
    def given_answer(self) -> bytes | None:
        """The right answer as JSON; None where it is not known."""
        text = bytes(self.expect)
        return None if text in {b"", b"null"} else text


class Origin(NamedTuple):
    """Where a line stands, as messages name it: file and number."""

    path: Path
    number: int

    def __str__(self) -> str:
        return f"--dataset {self.path}, line {self.number}"


def from_dataset(
    path: Path, *, order: Order | None = None, content_type: str | None = None, streams: bool = False
) -> Payloads:
    """Read the requests of a file.

    Args:
        path: JSON lines; empty ones are passed over.
        order: None: drawn at random where a line has a weight, else one after the other.
        content_type: of lines that name none; None: JSON.
        streams: whether the answers are streams even where no body asks for one.

    Raises:
        UsageError: the file cannot be read or holds no request, or a line is wrong; with its number.
    """
    lines = list(read_lines(path))
    default = checked_media(content_type, "--content-type") if content_type else JSON
    bodies = tuple(_body(line) for _, line in lines)
    media = tuple(
        checked_media(line.content_type, str(origin)) if line.content_type else default for origin, line in lines
    )
    order = order_of(lines, order)
    titles = {Order.SEQUENTIAL: "in order", Order.RANDOM: "in random order"}
    expected = tuple(line.given_answer for _, line in lines)
    return Payloads(
        bodies, media, np.array([1.0 if line.workload is None else line.workload for _, line in lines]),
        f"{len(lines)} {'request' if len(lines) == 1 else 'requests'} of {path.name}, {titles[order]}",
        streams or any(map(asks_to_stream, bodies)), order, weights_of(lines),
        expected if any(one is not None for one in expected) else None, ids_of(lines),
    )  # fmt: skip


def read_lines(path: Path) -> Iterator[tuple[Origin, Line]]:
    """Give each line as an envelope, with its number.

    Raises:
        UsageError: the file cannot be read or holds no request, or a line is no JSON or no proper envelope.
    """
    empty = True
    try:
        with path.open("rb") as file:
            for number, text in enumerate(file, 1):
                stripped = text.removeprefix(b"\xef\xbb\xbf").strip() if number == 1 else text.strip()
                if stripped:
                    empty = False
                    yield Origin(path, number), _line(stripped, Origin(path, number))
    except OSError as error:
        raise UsageError(f"--dataset {path} cannot be read ({error.strerror}); name a file of JSON lines.") from None
    if empty:
        raise UsageError(f"--dataset {path} holds no request; it needs one JSON value a line.")


def _line(text: bytes, origin: Origin) -> Line:
    try:
        text.decode()  # the decoder passes over strings that it only keeps
        if not text.startswith(b"{"):
            return Line(_raw(text))
        if "body" not in msgspec.json.decode(text, type=dict[str, msgspec.Raw]):
            return Line(_raw(text))
        line = msgspec.json.decode(text, type=Line)
    except msgspec.ValidationError as error:
        known = ", ".join(Line.__struct_fields__)
        raise UsageError(
            f"{origin}: {str(error).replace('$', 'the line')}; beside `body` an envelope has only {known}: "
            'wrap an object that has a `body` of its own as {"body": {…}}.'
        ) from None
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise UsageError(f"{origin} is no JSON ({error}); write one JSON value a line.") from None
    for name in ("weight", "workload"):
        value = getattr(line, name)
        if value is not None and not 0 <= value < float("inf"):
            raise UsageError(f"{origin}: `{name}` is {value:g}; it must be a number from 0.")
    return line


def _raw(text: bytes) -> msgspec.Raw:
    """Check that a text is one JSON value, and keep it."""
    return msgspec.json.decode(text, type=msgspec.Raw).copy()


def _body(line: Line) -> bytes:
    raw = bytes(line.body)
    return msgspec.json.decode(raw, type=str).encode() if raw.startswith(b'"') else raw


def order_of(lines: list[tuple[Origin, Line]], asked: Order | None) -> Order:
    """Return the order in which lines are sent.

    Raises:
        UsageError: lines have weights, and yet are to be sent one after the other.
    """
    weighted = next((origin for origin, line in lines if line.weight is not None), None)
    if asked is Order.SEQUENTIAL and weighted:
        raise UsageError(f"{weighted} has a weight, which --dataset-order sequential cannot keep; choose random.")
    return asked or (Order.RANDOM if weighted else Order.SEQUENTIAL)


def weights_of(lines: list[tuple[Origin, Line]]) -> np.ndarray[tuple[int], np.dtype[np.float64]] | None:
    """Return the weight of each line, 1 where it has none; None where no line has one.

    Raises:
        UsageError: all weights are 0.
    """
    if all(line.weight is None for _, line in lines):
        return None
    weights = np.array([1.0 if line.weight is None else line.weight for _, line in lines])
    if not weights.any():
        raise UsageError(f"--dataset {lines[0][0].path}: every weight is 0; at least one line needs more.")
    return weights


def ids_of(lines: list[tuple[Origin, Line]]) -> tuple[str, ...] | None:
    """Return the name of each line, its index where it has none; None where no line has one.

    Raises:
        UsageError: two lines have the same name.
    """
    if all(line.id is None for _, line in lines):
        return None
    seen: dict[str, Origin] = {}
    for index, (origin, line) in enumerate(lines):
        name = str(index if line.id is None else line.id)
        if name in seen:
            raise UsageError(
                f"{origin}: the id {name!r} is that of line {seen[name].number}; each needs one of its own."
            )
        seen[name] = origin
    return tuple(seen)
