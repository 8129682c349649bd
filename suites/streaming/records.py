"""How a stream tells its records apart, and what a record says. Pure."""

from __future__ import annotations

import itertools
import json
import re
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["Form", "Records", "is_error", "records_of"]

FIELD = re.compile(r"(data|event|id|retry)?:|\ufeff")
BLANK_LINE = re.compile(r"\r\n\r\n|\n\n|\r\r")
FAILED = frozenset({"error", "abort", "aborted", "cancelled"})


class Form(StrEnum):
    """By what records are told apart."""

    EVENTS = "server-sent events"
    LINES = "one JSON text a line"
    WHOLE = "one JSON text in all"
    UNDELIMITED = "JSON texts with nothing between them"
    OTHER = "no records that are known here"


@dataclass(frozen=True)
class Records:
    """The records of a stream.

    Attributes:
        form: by what they are told apart.
        records: what each says: the data of an event, a line, a JSON text. Comments are none.
        rest: what stands behind the last mark, where a mark ends each record.
    """

    form: Form
    records: tuple[str, ...]
    rest: str = ""


def records_of(body: bytes, media_type: str) -> Records:
    """Split a body by its own marks.

    Args:
        body: as far as it is known.
        media_type: as the answer states it, without parameters.
    """
    text = body.decode("utf-8", "replace")
    if media_type == "text/event-stream" or FIELD.match(text):
        return _events(text)
    if _is_json(text):
        return Records(Form.WHOLE, (text,))
    lines = [line for line in text.splitlines() if line.strip()]
    good = list(itertools.takewhile(_is_json, lines))
    if len(good) > 1:
        return Records(Form.LINES, tuple(good), "\n".join(lines[len(good) :]))
    found = tuple(_side_by_side(text))
    if len(found) > 1 and found[0].startswith(("{", "[")):
        return Records(Form.UNDELIMITED, found)
    return Records(Form.OTHER, ())


def is_error(record: str) -> bool:
    """Whether a record says that the answer failed."""
    try:
        value = json.loads(record)
    except ValueError:
        return False
    return _tells_failure(value)


def _tells_failure(value: Any) -> bool:
    if isinstance(value, list):
        return any(map(_tells_failure, value))
    if not isinstance(value, dict):
        return False
    named = any("error" in str(key).lower() and entry for key, entry in value.items())
    return named or value.get("finish_reason") in FAILED or any(map(_tells_failure, value.values()))


def _events(text: str) -> Records:
    *blocks, rest = BLANK_LINE.split(text)
    records = []
    for block in blocks:
        lines = block.splitlines()
        data = [line[5:].removeprefix(" ") for line in lines if line.startswith("data:")]
        failed = any(line.removeprefix("event:").strip() == "error" for line in lines if line.startswith("event:"))
        if data:
            joined = "\n".join(data)
            records.append(json.dumps({"error": joined}) if failed else joined)
    return Records(Form.EVENTS, tuple(records), rest.strip())


def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except ValueError:
        return False
    return True


def _side_by_side(text: str) -> Iterator[str]:
    """JSON texts that follow one another, as far as they go."""
    decoder = json.JSONDecoder()
    at = 0
    while True:
        while at < len(text) and text[at].isspace():
            at += 1
        try:
            _, end = decoder.raw_decode(text, at)
        except ValueError:
            return
        yield text[at:end]
        at = end
