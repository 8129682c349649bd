"""`seatrial diff A B`: which verdicts differ between two trials, and whether something got worse."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from seatrial.conformance.options import OptionError
from seatrial.conformance.verdict import Level, Word

if TYPE_CHECKING:
    import argparse

__all__ = ["Change", "add_arguments", "changes", "run"]

RANK = {
    Word.PASS: 0, Word.OBSERVED: 0, Word.NOT_APPLICABLE: 0, Word.UNTESTED: 1, Word.WARN: 2, Word.HARNESS_ERROR: 3,
    Word.FAIL: 4,
}  # fmt: skip
"""From good to bad: a verdict that moves to a higher rank got worse."""


class Judged(msgspec.Struct, frozen=True):
    """What of a verdict is compared."""

    clause: str
    level: Level
    word: Word
    reason: str = ""
    observed: str = ""


class Result(msgspec.Struct, frozen=True):
    """What of a `result.json` is compared."""

    verdicts: tuple[Judged, ...]
    grade: str = ""


@dataclass(frozen=True)
class Change:
    """One clause whose verdict differs; None where a trial did not judge it."""

    clause: str
    before: Judged | None
    after: Judged | None

    @property
    def worse(self) -> bool:
        """Whether the verdict got worse: a clause that nobody judged before counts as untested then."""
        return _rank(self.after) > _rank(self.before)

    @property
    def line(self) -> str:
        """The change in one line."""
        mark = "worse " if self.worse else "better" if _rank(self.after) < _rank(self.before) else "other "
        judged = self.after or self.before
        level = judged.level if judged else ""
        return f"{mark}  {level:6} {self.clause:40} {_word(self.before)} -> {_word(self.after)}"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The two results."""
    for name, which in (("before", "the earlier"), ("after", "the later")):
        parser.add_argument(name, metavar=name.upper(), type=Path, help=f"result.json of {which} trial, or its folder")


def run(parser: argparse.ArgumentParser, words: list[str]) -> int:
    """Print what changed; 1 where something got worse."""
    given = parser.parse_args(words)
    before, after = read(given.before), read(given.after)
    found = changes(before, after)
    for change in found:
        sys.stdout.write(f"{change.line}\n")
        if change.after and change.after.observed and change.worse:
            sys.stdout.write(f"{'':8}{change.after.observed}\n")
    worse = sum(change.worse for change in found)
    sys.stdout.write(f"{before.grade} -> {after.grade}: {len(found)} verdicts differ, {worse} of them for the worse\n")
    return int(worse > 0)


def changes(before: Result, after: Result) -> tuple[Change, ...]:
    """Every clause whose word or named reason differs, in the order of the later trial."""
    old = {v.clause: v for v in before.verdicts}
    new = {v.clause: v for v in after.verdicts}
    ids = [*new, *(clause for clause in old if clause not in new)]
    pairs = (Change(clause, old.get(clause), new.get(clause)) for clause in ids)
    return tuple(c for c in pairs if _told(c.before) != _told(c.after))


def read(path: Path) -> Result:
    """Read the verdicts of a `result.json`, or of the one in a report folder.

    Raises:
        OptionError: it cannot be read, or is none.
    """
    path = path / "result.json" if path.is_dir() else path
    try:
        return msgspec.json.decode(path.read_bytes(), type=Result)
    except OSError as error:
        raise OptionError(f"{path} cannot be read ({error.strerror}); name the result.json of a report") from error
    except msgspec.DecodeError as error:
        raise OptionError(f"{path} is not the result of a trial ({error}); name the result.json of a report") from error


def _rank(judged: Judged | None) -> int:
    return RANK[judged.word] if judged else RANK[Word.UNTESTED]


def _told(judged: Judged | None) -> tuple[Word, str] | None:
    return (judged.word, judged.reason) if judged else None


def _word(judged: Judged | None) -> str:
    if judged is None:
        return "not judged"
    return f"{judged.word}{f' [{judged.reason}]' if judged.reason else ''}"
