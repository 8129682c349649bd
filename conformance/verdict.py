"""The words a trial is judged with, and how verdicts roll up to a grade and an exit code.

Pure tables and functions: nothing here knows pytest, a container or a file.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from enum import IntEnum, StrEnum
from typing import TYPE_CHECKING

from seatrial.conformance.program import Program
from seatrial.conformance.wire.exchange import Exchange

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["ExitCode", "Grade", "Level", "Untested", "Verdict", "Word", "exit_code", "grade"]


class Level(StrEnum):
    """How strongly the contract asks for something (RFC 2119)."""

    MUST = "MUST"
    SHOULD = "SHOULD"
    MAY = "MAY"


class Word(StrEnum):
    """A clause judged on observations."""

    PASS = "PASS"  # noqa: S105  the verdict, not a password
    FAIL = "FAIL"
    WARN = "WARN"
    NOT_APPLICABLE = "NOT_APPLICABLE"
    UNTESTED = "UNTESTED"
    OBSERVED = "OBSERVED"
    HARNESS_ERROR = "HARNESS_ERROR"


class Untested(StrEnum):
    """Why a clause could not be judged."""

    OUT_OF_REACH = "out-of-reach"
    """This host or launcher cannot see it: part of the certificate's stated reach."""
    MISSING_INPUT = "missing-input"
    """The user offered nothing to test it with: an option would mend it."""
    PREREQUISITE = "prerequisite"
    """A clause that it depends on is broken, or the subject never came far enough."""


class Grade(StrEnum):
    """What a whole trial says of its subject."""

    CERTIFIED = "certified"
    CHECKED = "checked"
    NOT_CERTIFIED = "not certified"
    INCOMPLETE = "incomplete"
    PARTIAL = "partial"
    INVALID = "invalid"


class ExitCode(IntEnum):
    """Exit codes of a trial; 2 to 5 are pytest's own."""

    OK = 0
    FAILED = 1
    INTERRUPTED = 2
    USAGE = 4
    NO_CLAUSES = 5
    INCOMPLETE = 10
    STALE_KNOWN_FAILURES = 11
    HARNESS = 12
    PERFORMANCE_GATE = 13


@dataclass(frozen=True)
class Verdict:
    """One clause, judged.

    Attributes:
        clause: the clause's id.
        profile: the profile that it belongs to.
        level: its level.
        word: the verdict.
        reason: the named reason of a FAIL or WARN, in kebab-case; empty else.
        expected: what the contract expects, in words; empty for PASS.
        observed: what was seen instead, or the fact that was recorded.
        untested: the kind of an UNTESTED.
        option: the option that would make an UNTESTED testable.
        because: the id of the broken clause behind an UNTESTED(prerequisite).
        scenarios: names of the observations that it was judged on.
        proof: the exchanges that show it, the one that breaks the clause last.
        lifecycle: the lifecycle of `program`; empty where none was explored.
        program: the program that breaks the clause, of those that were explored.
        launch: the name of the launch on which the program was driven.
    """

    clause: str
    profile: str
    level: Level
    word: Word
    reason: str = ""
    expected: str = ""
    observed: str = ""
    untested: Untested | None = None
    option: str = ""
    because: str = ""
    scenarios: tuple[str, ...] = ()
    proof: tuple[Exchange, ...] = ()
    lifecycle: str = ""
    program: Program = ()
    launch: str = ""


def grade(verdicts: Iterable[Verdict], *, certifiable: bool, selection: bool = False, strict: bool = False) -> Grade:
    """Roll verdicts up to one grade.

    Args:
        verdicts: every verdict of the trial.
        certifiable: whether the subject can be *certified* (an image, at full depth); else at best *checked*.
        selection: whether only a selection of the clauses was judged: never a grade then.
        strict: whether a broken SHOULD counts like a broken MUST.

    Returns:
        the grade. Never *certified* or *checked* where no MUST was judged.
    """
    verdicts = list(verdicts)
    words = Counter(v.word for v in verdicts)
    if words[Word.HARNESS_ERROR]:
        return Grade.INVALID
    if words[Word.FAIL] or (strict and words[Word.WARN]):
        return Grade.PARTIAL if selection else Grade.NOT_CERTIFIED
    if selection:
        return Grade.PARTIAL
    musts = [v for v in verdicts if v.level is Level.MUST]
    if any(v.word is Word.UNTESTED and v.untested is not Untested.OUT_OF_REACH for v in musts):
        return Grade.INCOMPLETE
    if not any(v.word is Word.PASS for v in musts):
        return Grade.INCOMPLETE
    return Grade.CERTIFIED if certifiable else Grade.CHECKED


def exit_code(verdicts: Iterable[Verdict], result: Grade, *, strict: bool = False) -> ExitCode:
    """The exit code that goes with verdicts and their grade."""
    words = Counter(v.word for v in verdicts)
    if result is Grade.INVALID:
        return ExitCode.HARNESS
    if words[Word.FAIL] or (strict and words[Word.WARN]):
        return ExitCode.FAILED
    if result is Grade.INCOMPLETE:
        return ExitCode.INCOMPLETE
    if result is Grade.PARTIAL and not words[Word.PASS]:
        return ExitCode.INCOMPLETE
    return ExitCode.OK
