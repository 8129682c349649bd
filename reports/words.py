"""How numbers, counts and outcomes are put into words, the same in every report.

Also the one place that makes untrusted text harmless for people's eyes: a subject may write terminal escapes and
right-to-left overrides into its log. Escaping for HTML, XML or Markdown belongs to the renderers.
"""

from __future__ import annotations

import re
from datetime import datetime
from typing import TYPE_CHECKING

from seatrial.conformance.verdict import Grade, Level, Untested, Word

if TYPE_CHECKING:
    from seatrial.conformance.result import TrialResult

__all__ = [
    "LABEL",
    "area",
    "counts",
    "cut",
    "exit_meaning",
    "many",
    "moment",
    "one_line",
    "printable",
    "seconds",
    "sentence",
    "size",
]

LABEL = {word: word.value.replace("_", " ").lower() for word in Word}
"""Verdict words as people read them in running text."""

EXITS = {
    0: "no clause that must hold is broken",
    1: "a clause that must hold is broken",
    2: "the trial was interrupted",
    3: "an internal error of pytest",
    4: "an option or the subject is not usable",
    5: "no clause was selected",
    10: "incomplete: a MUST could not be judged",
    11: "the list of known failures is stale: a listed clause holds again",
    12: "the engine or the harness failed: the run says nothing about the subject",
    13: "the performance gate was missed",
}

UNSAFE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]")


def printable(text: str) -> str:
    """Text with control characters, direction marks and lone surrogates written out; newline and tab stay."""
    return UNSAFE.sub(lambda m: m[0].encode("unicode_escape").decode("ascii"), text.replace("\r\n", "\n"))


def one_line(text: str, width: int = 0) -> str:
    """Printable text on one line, cut to a width where one is given."""
    line = " ".join(printable(text).split())
    return cut(line, width) if width else line


def cut(text: str, width: int) -> str:
    """Text of at most so many characters, an ellipsis at its end where something was left out."""
    return text if len(text) <= width else f"{text[: max(width - 1, 0)].rstrip()}…"


def seconds(number: float) -> str:
    """A duration: `0.004 s`, `12.3 s`, `8 min 05 s`."""
    if number < 1:
        return f"{number:.3f} s"
    if number < 120:
        return f"{number:.1f} s"
    whole = round(number)
    return f"{whole // 60} min {whole % 60:02} s"


def size(number: int) -> str:
    """A size in decimal units, as registries give them: `612 MB`."""
    value = float(number)
    for unit in ("B", "kB", "MB", "GB"):
        if value < 1000 or unit == "GB":
            return f"{value:.0f} {unit}" if unit in {"B", "kB"} or value >= 100 else f"{value:.1f} {unit}"
        value /= 1000
    raise AssertionError


def moment(started: str) -> str:
    """A wall-clock time as people write it: `23 November 2026, 12:00 UTC`; text that is no ISO 8601 time as it is."""
    try:
        at = datetime.fromisoformat(started)
    except ValueError:
        return started
    return f"{at.day} {at:%B %Y, %H:%M} {at.tzname() or ''}".rstrip()


def many(number: int, noun: str, plural: str = "") -> str:
    """A count with its noun: `1 clause`, `58 clauses`."""
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"


def area(clause_id: str) -> str:
    """The part of the contract that a clause speaks of: the first word of its id."""
    return clause_id.partition(".")[0]


def exit_meaning(code: int) -> str:
    """What an exit code of a trial says."""
    return EXITS.get(code, "an exit code of pytest or of a plugin")


def counts(result: TrialResult) -> str:
    """Counts of all verdicts: `61 PASS, 1 FAIL, 2 WARN`."""
    return ", ".join(f"{n} {word.value.replace('_', ' ')}" for word in Word if (n := result.count(word)))


def sentence(result: TrialResult) -> str:
    """What the grade means for this subject, in one sentence."""
    musts, kept = sum(v.level is Level.MUST for v in result.verdicts), result.count(Word.PASS, Level.MUST)
    broken, bent = result.count(Word.FAIL), result.count(Word.WARN)
    if result.grade is Grade.INVALID:
        faults = many(result.count(Word.HARNESS_ERROR), "clause")
        return f"The harness failed on {faults}: this run says nothing about the subject."
    if broken:
        also = f", and {many(bent, 'SHOULD')}" if bent else ""
        return f"{many(broken, 'MUST')} of {musts} {'is' if broken == 1 else 'are'} broken{also}."
    if result.grade is Grade.NOT_CERTIFIED:
        return f"No MUST is broken, but {many(bent, 'SHOULD')} {'is' if bent == 1 else 'are'}, and the run is strict."
    if result.grade is Grade.INCOMPLETE:
        return f"{kept} of {musts} MUSTs hold; others could not be judged, so there is no grade yet."
    if result.grade is Grade.PARTIAL:
        return f"Only a selection was judged: {many(len(result.verdicts), 'clause')}. A selection has no grade."
    apart = f" {many(bent, 'SHOULD')} {'is' if bent == 1 else 'are'} broken." if bent else ""
    beyond = sum(v.level is Level.MUST and v.untested is Untested.OUT_OF_REACH for v in result.verdicts)
    unseen = f"; {beyond} {'is' if beyond == 1 else 'are'} out of reach here" if beyond else ""
    return f"Every MUST in reach holds: {kept} of {kept}{unseen}.{apart}"
