"""Known failures: a list that keeps a CI run green while its clauses are being mended, and says when it is out of date.

A listed clause that fails does not fail the exit code; one that passes makes the list stale. The list changes neither a
verdict nor the grade.
"""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from seatrial.conformance.options import OptionError
from seatrial.conformance.verdict import ExitCode, Verdict, Word, exit_code, grade

if TYPE_CHECKING:
    from collections.abc import Collection

    from seatrial.conformance.result import TrialResult

__all__ = ["KnownFailures", "read_known_failures"]

OPTION = "--trial-known-failures"
BROKEN = frozenset({Word.FAIL, Word.WARN})


@dataclass(frozen=True)
class KnownFailures:
    """The clauses of one list, in its order."""

    clauses: tuple[str, ...] = ()

    def applied(self, result: TrialResult) -> tuple[ExitCode, tuple[str, ...]]:
        """The exit code with the list applied, and the sentences that say what it changed."""
        if not self.clauses:
            return ExitCode(result.exit_code), ()
        excused = {v.clause for v in result.verdicts if v.clause in self.clauses and v.word in BROKEN}
        stale = [v.clause for v in result.verdicts if v.clause in self.clauses and v.word is Word.PASS]
        notes = []
        if excused:
            notes.append(f"{len(excused)} broken clauses are known failures and do not change the exit code")
        if stale:
            notes.append(f"the list of known failures is stale, these pass now: {', '.join(stale)}")
        code = self._code([v for v in result.verdicts if v.clause not in excused], result)
        if stale and code in {ExitCode.OK, ExitCode.INCOMPLETE}:
            code = ExitCode.STALE_KNOWN_FAILURES
        return code, tuple(notes)

    def _code(self, others: list[Verdict], result: TrialResult) -> ExitCode:
        certifiable = result.facts.subject.kind == "image"
        word = grade(others, certifiable=certifiable, selection=result.selection, strict=result.strict)
        return exit_code(others, word, strict=result.strict)


def read_known_failures(file: str, known: Collection[str]) -> KnownFailures:
    """Read a list: one clause id a line, `#` begins a comment.

    Args:
        file: as given by the user; empty for no list.
        known: the ids of every clause there is.

    Raises:
        OptionError: the file cannot be read, or names a clause that does not exist.
    """
    if not file:
        return KnownFailures()
    try:
        lines = Path(file).read_text("utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        raise OptionError(
            f"{OPTION} {file}: the file cannot be read ({why}); name a text file with one clause id a line"
        ) from error
    clauses = []
    for number, line in enumerate(lines, 1):
        clause = line.partition("#")[0].strip()
        if clause and clause not in known:
            close = difflib.get_close_matches(clause, known, 1)
            hint = f"did you mean {close[0]}?" if close else "`seatrial explain` lists every clause"
            raise OptionError(f"{OPTION} {file}, line {number}: there is no clause {clause!r}; {hint}")
        if clause:
            clauses.append(clause)
    return KnownFailures(tuple(dict.fromkeys(clauses)))
