r"""`--expect-json PATH[=VALUE]`: a dotted path that an answer must have, and the value there.

predictions.0          the first prediction is there
predictions.0=9.5      and is 9.5, within the tolerance
choices.0.text         OpenAI's answer has a text
a\.b.c                  the key `a.b`, then `c`
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from seatrial.loadgen.answers.expectation import NOT_JSON, decoded, same
from seatrial.loadgen.mistakes import UsageError

__all__ = ["PathCheck"]

SEPARATOR = re.compile(r"(?<!\\)\.")
EQUALS = re.compile(r"(?<!\\)=")


@dataclass(frozen=True)
class PathCheck:
    """What must stand at a path.

    Attributes:
        text: the option's value.
        steps: keys, or indexes of arrays, from the outside in.
        value: what must be there; `NOT_JSON` where anything may.
    """

    text: str
    steps: tuple[str, ...]
    value: Any

    @classmethod
    def parse(cls, text: str) -> PathCheck:
        r"""Read `PATH` or `PATH=VALUE`; `\.` and `\=` stand for themselves in a key.

        A value that is no JSON is a string: `status=ok` and `status="ok"` ask for the same.

        Raises:
            UsageError: the path, or a step of it, is empty.
        """
        path, *values = EQUALS.split(text, maxsplit=1)
        steps = tuple(re.sub(r"\\([.=])", r"\1", step) for step in SEPARATOR.split(path))
        if not all(steps):
            raise UsageError(
                f"--expect-json {text}: an empty step; write a dotted path such as predictions.0 or a.b=1."
            )
        value = decoded(values[0].encode()) if values else NOT_JSON
        return cls(text, steps, values[0] if values and value is NOT_JSON else value)

    def complaint(self, document: Any) -> str:
        """Return what does not hold in a document; empty where all does."""
        for number, step in enumerate(self.steps):
            document = _below(document, step)
            if document is NOT_JSON:
                return f"no {'.'.join(self.steps[: number + 1])}"
        if self.value is NOT_JSON or same(self.value, document):
            return ""
        return f"{'.'.join(self.steps)} is {str(document)[:60]!r}, expected {str(self.value)[:60]!r}"


def _below(document: Any, step: str) -> Any:
    if isinstance(document, dict):
        return document.get(step, NOT_JSON)
    if isinstance(document, list) and step.isdecimal() and int(step) < len(document):
        return document[int(step)]
    return NOT_JSON
