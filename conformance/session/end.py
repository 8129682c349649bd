"""The end of a trial: its result, what the reporters make of it, and the exit code."""

from __future__ import annotations

import sys
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from seatrial.conformance.session.known import KnownFailures
from seatrial.conformance.session.trial import Trial, verdicts_as_json
from seatrial.conformance.subject.launcher import SubjectError
from seatrial.conformance.verdict import ExitCode

if TYPE_CHECKING:
    from seatrial.conformance.result import TrialResult
    from seatrial.conformance.session.tell import Teller

__all__ = ["Ending", "end_trial"]


@dataclass(frozen=True)
class Ending:
    """How a trial ended.

    Attributes:
        trial: over; nothing of it runs any more.
        ids: the clauses selected, in catalogue order.
        known: the user's list of known failures.
        fatal: the error that ended it early, if one did.
    """

    trial: Trial
    ids: tuple[str, ...]
    known: KnownFailures
    fatal: Exception | None = None


def end_trial(teller: Teller, ending: Ending, pytests: int) -> int:
    """Put the result together and tell the reporters.

    Args:
        teller: of the session.
        ending: how the trial ended.
        pytests: the exit code that pytest found.

    Returns:
        the exit code of the trial.
    """
    if isinstance(ending.fatal, SubjectError):
        return ExitCode.USAGE  # the sentence has been said, and a trial that never began has no result
    result = _result(ending, pytests)
    try:
        _write_verdicts(ending.trial, result)
    except OSError as error:
        teller.failures[f"--trial-report {ending.trial.options.report}: {error.strerror}"] = None
    teller.tell("pytest_seatrial_result", result=result, options=ending.trial.options)
    for sentence in teller.failures:
        sys.stderr.write(f"ERROR: {sentence}\n")
    return result.exit_code or (ExitCode.HARNESS if teller.failures else ExitCode.OK)


def _result(ending: Ending, pytests: int) -> TrialResult:
    trial = ending.trial
    first = (*((trial.interrupted,) if trial.interrupted else ()), *trial.left_out_notes)
    result = trial.result(ending.ids, *first)
    code, notes = ending.known.applied(result)
    if ending.fatal is not None:
        code = ExitCode.HARNESS
    elif pytests in {ExitCode.INTERRUPTED, 3}:
        code = ExitCode(pytests) if pytests == ExitCode.INTERRUPTED else ExitCode.HARNESS
    return replace(result, exit_code=int(code), notes=(*result.notes, *notes))


def _write_verdicts(trial: Trial, result: TrialResult) -> None:
    folder = trial.options.report
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "verdicts.json").write_bytes(verdicts_as_json(result.verdicts))
