"""`make field-trials`, second part: the standards profile on three servers of the field.

An engine on the AWS package, once with a FastAPI with which it keeps its contract and once with one with which it loses
overrides without a word, and a server that has nothing of the package. Each is installed from PyPI into an environment
of its own and tried as a process; what is found is compared with what is stated here, and nothing is published.
"""

from __future__ import annotations

import subprocess
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

from field_trials.servers import HERE, PROJECT
from field_trials.trial import JUDGED
from field_trials.workshop import WorkshopError, install

from seatrial.conformance.verdict import Word
from seatrial.reports.json_report import ResultFileError, read_result

if TYPE_CHECKING:
    from pathlib import Path

    from seatrial.conformance.result import TrialResult

__all__ = ["SUBJECTS", "Subject", "main"]

FOLDER = HERE / "standards"
PROFILE = "standards"
NOT_MOUNTED = "override not mounted: FastAPI ≥ 0.137 with include_router"


@dataclass(frozen=True)
class Subject:
    """A server of the field and what it must be found to be.

    Attributes:
        name: of its report.
        pins: what is installed, a file beside `engine.py`.
        app: the file that is served.
        profile: what is asked for.
        broken: a MUST that must be found broken, for a handler that is not mounted; empty where nothing may be broken.
        cause: the diagnosis that explains it.
        absent: whether the profile must be found not to apply.
    """

    name: str
    pins: str
    app: str
    profile: str = PROFILE
    broken: str = ""
    cause: str = ""
    absent: bool = False


SUBJECTS = (
    Subject("kept", "requirements-kept.txt", "engine.py"),
    Subject(
        "lost", "requirements-lost.txt", "engine.py", broken="bootstrap.override-effective", cause=NOT_MOUNTED
    ),
    Subject("plain", "requirements-kept.txt", "plain.py", profile="all", absent=True),
)  # fmt: skip


def main() -> int:
    """Try them all; 1 where one was not found to be what it is, 2 where one cannot be tried."""
    complaints: list[str] = []
    try:
        for subject in SUBJECTS:
            result = tried(subject)
            complaints += [f"{subject.name}: {other}" for other in differences(subject, result)]
    except (WorkshopError, ResultFileError) as error:
        sys.stderr.write(f"field trials of the standards: {error}\n")
        return 2
    for complaint in complaints:
        sys.stdout.write(f"{complaint}\n")
    sys.stdout.write(
        f"field trials of the standards: {f'{len(complaints)} complaints' if complaints else 'as stated'}\n"
    )
    return int(bool(complaints))


def tried(subject: Subject) -> TrialResult:
    """Install the server, where that was not done before, and put it on trial.

    Raises:
        WorkshopError: it cannot be installed, or the trial says nothing about it.
    """
    python = environment(subject.pins)
    report = PROJECT / "seatrial-report" / "field-trials" / f"standards-{subject.name}"
    command = [
        *(sys.executable, "-m", "pytest"),
        *("--process", f"{python} {FOLDER / subject.app} {{port}}"),
        *("--trial-profile", subject.profile, "--trial-depth", "quick", "-m", PROFILE),
        *("--trial-report", str(report)),
    ]
    done = subprocess.run(command, cwd=PROJECT, check=False)
    if done.returncode not in JUDGED:
        raise WorkshopError(f"the trial of {subject.name} ended with {done.returncode}: see its last lines")
    return read_result(report / "result.json")


def environment(pins: str) -> Path:
    """The interpreter of a virtual environment with these pins."""
    name = pins.removeprefix("requirements-").removesuffix(".txt")
    return install(FOLDER / pins, PROJECT / ".venvs" / f"field-standards-{name}")


def differences(subject: Subject, result: TrialResult) -> list[str]:
    """How a result differs from what is stated, a sentence each."""
    broken = [verdict.clause for word in (Word.FAIL, Word.WARN) for verdict in result.of(word)]
    found = []
    if subject.broken:
        causes = {clause: one.cause for one in result.diagnoses for clause in one.clauses}
        if causes.get(subject.broken) != subject.cause:
            found.append(f"{subject.broken} has the cause {causes.get(subject.broken)!r}, expected {subject.cause!r}")
        found += [f"{clause} is broken for another cause" for clause in broken if causes.get(clause) != subject.cause]
    else:
        found += [f"{clause} is broken" for clause in broken]
    applies = [
        v.clause for v in result.verdicts if v.clause == "standards.present" and v.word is not Word.NOT_APPLICABLE
    ]
    if subject.absent and applies:
        found.append("the profile applies, although nothing of the package is there")
    if not subject.absent and not applies:
        found.append("the profile does not apply, although a mounted script runs")
    return found


if __name__ == "__main__":
    sys.exit(main())
