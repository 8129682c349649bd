from __future__ import annotations

import pytest

from seatrial.conformance.verdict import ExitCode, Grade, Level, Untested, Verdict, Word, exit_code, grade


def verdict(word: Word, level: Level = Level.MUST, untested: Untested | None = None) -> Verdict:
    return Verdict("a.b", "tiny", level, word, untested=untested)


PASS, FAIL = verdict(Word.PASS), verdict(Word.FAIL)
WARN = verdict(Word.WARN, Level.SHOULD)
MISSING = verdict(Word.UNTESTED, untested=Untested.MISSING_INPUT)
REACH = verdict(Word.UNTESTED, untested=Untested.OUT_OF_REACH)
SHOULD_MISSING = verdict(Word.UNTESTED, Level.SHOULD, Untested.MISSING_INPUT)
BROKEN = verdict(Word.HARNESS_ERROR)


@pytest.mark.parametrize(
    ("verdicts", "word", "code"),
    [
        ([PASS], Grade.CERTIFIED, ExitCode.OK),
        ([PASS, WARN], Grade.CERTIFIED, ExitCode.OK),
        ([PASS, REACH], Grade.CERTIFIED, ExitCode.OK),
        ([PASS, SHOULD_MISSING], Grade.CERTIFIED, ExitCode.OK),
        ([PASS, FAIL], Grade.NOT_CERTIFIED, ExitCode.FAILED),
        ([PASS, MISSING], Grade.INCOMPLETE, ExitCode.INCOMPLETE),
        ([FAIL, MISSING], Grade.NOT_CERTIFIED, ExitCode.FAILED),
        ([REACH], Grade.INCOMPLETE, ExitCode.INCOMPLETE),
        ([], Grade.INCOMPLETE, ExitCode.INCOMPLETE),
        ([FAIL, BROKEN], Grade.INVALID, ExitCode.HARNESS),
    ],
)
def test_verdicts_roll_up(verdicts: list[Verdict], word: Grade, code: ExitCode):
    assert grade(verdicts, certifiable=True) is word
    assert exit_code(verdicts, word) is code


def test_a_process_is_checked_never_certified():
    assert grade([PASS], certifiable=False) is Grade.CHECKED


def test_a_selection_gets_no_grade_but_still_fails():
    assert grade([PASS], certifiable=True, selection=True) is Grade.PARTIAL
    assert exit_code([PASS], Grade.PARTIAL) is ExitCode.OK
    assert grade([FAIL], certifiable=True, selection=True) is Grade.PARTIAL
    assert exit_code([FAIL], Grade.PARTIAL) is ExitCode.FAILED


def test_strict_turns_a_broken_should_into_a_failure():
    assert grade([PASS, WARN], certifiable=True, strict=True) is Grade.NOT_CERTIFIED
    assert exit_code([PASS, WARN], Grade.NOT_CERTIFIED, strict=True) is ExitCode.FAILED


def test_a_selection_that_judged_nothing_is_not_green():
    assert exit_code([MISSING], Grade.PARTIAL) is ExitCode.INCOMPLETE
