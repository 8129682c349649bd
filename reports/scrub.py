"""The second line of defence against secrets, and the cap on what a report carries.

Results arrive redacted already: scenarios record through the trial's own `Redactor`. Before anything is written, the
same pattern rules run once more over every text of the result, so that what slipped in elsewhere (a diagnosis, an
engine's message) does not reach a file. Logs are capped here too; the evidence beside the report keeps them whole.
"""

from __future__ import annotations

from dataclasses import fields, is_dataclass, replace
from functools import cache
from typing import TYPE_CHECKING, Any, TypeVar

from seatrial.conformance.wire.redact import Redactor

if TYPE_CHECKING:
    from seatrial.conformance.result import TrialResult
    from seatrial.conformance.subject.logs import LogLine, LogSummary

__all__ = ["scrub", "scrub_value"]

T = TypeVar("T")

LOG_FIRST, LOG_LAST, LINE_CHARACTERS = 150, 350, 600
"""Lines of each launch's log that a report carries, and characters of each line."""


def scrub(result: TrialResult) -> TrialResult:
    """The same result, masked by the pattern rules once more and with capped logs."""
    capped = replace(
        result, launches=tuple(replace(x, log=_cap(x.log) if x.log else None) for x in result.launches)
    )  # fmt: skip
    masked: TrialResult = _Mask().value(capped)
    return masked


def scrub_value(value: T) -> T:
    """The same plain value, every text in it masked by the pattern rules."""
    masked: T = _Mask().value(value)
    return masked


def _cap(log: LogSummary) -> LogSummary:
    lines = tuple(_shorten(line) for line in _ends(log.lines))
    return replace(log, lines=lines, dropped_lines=log.dropped_lines + len(log.lines) - len(lines))


def _ends(lines: tuple[LogLine, ...]) -> tuple[LogLine, ...]:
    if len(lines) <= LOG_FIRST + LOG_LAST:
        return lines
    return (*lines[:LOG_FIRST], *lines[-LOG_LAST:])


def _shorten(line: LogLine) -> LogLine:
    if len(line.text) <= LINE_CHARACTERS:
        return line
    return replace(line, text=line.text[:LINE_CHARACTERS], cut=True)


class _Mask:
    """Rebuilds plain values with every text masked, by name where there is one: headers, variables, settings.

    Words of our own (enumerations, and the clauses and sources, which are no dataclasses) pass as they are. Exchanges
    share bodies and headers, so each text is looked at once.
    """

    def __init__(self) -> None:
        redactor = Redactor(())
        self._text = cache(redactor.mask_text)
        self._bytes = cache(redactor.mask_bytes)
        self._pairs = cache(redactor.mask_headers)

    def value(self, value: Any) -> Any:
        """One value and everything inside it."""
        if type(value) is str:
            return self._text(value)
        if isinstance(value, bytes):
            return self._bytes(value)
        if isinstance(value, tuple):
            return self._pairs(value) if _is_pairs(value) else tuple(self.value(v) for v in value)
        if is_dataclass(value) and not isinstance(value, type):
            return replace(value, **{f.name: self.value(getattr(value, f.name)) for f in fields(value)})
        return value


def _is_pairs(value: tuple[Any, ...]) -> bool:
    return bool(value) and all(isinstance(v, tuple) and [type(x) for x in v] == [str, str] for v in value)
