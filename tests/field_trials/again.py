"""Judges published evidence again, as anybody can: without the server, with the suites as they are today."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

from field_trials.published import archive_of
from field_trials.trial import JUDGED, TrialFailed

from seatrial.reports.json_report import read_result

if TYPE_CHECKING:
    from field_trials.servers import Server
    from field_trials.trial import Kind

    from seatrial.conformance.result import TrialResult

__all__ = ["judged_again"]


def judged_again(server: Server, kind: Kind) -> TrialResult:
    """The result of a published trial.

    Raises:
        TrialFailed: the evidence could not be judged.
    """
    with tempfile.TemporaryDirectory() as folder:
        with zipfile.ZipFile(archive_of(server, kind)) as archive:
            archive.extractall(folder)
        words = ["--trial-evidence", f"{server.name}-{kind}", "--trial-report", "report"]
        done = subprocess.run(
            [sys.executable, "-m", "pytest", *words], cwd=folder, capture_output=True, text=True, check=False
        )
        if done.returncode not in JUDGED:
            last = (done.stdout + done.stderr).strip().splitlines()[-1:]
            raise TrialFailed(f"{archive_of(server, kind).name} could not be judged again: {' '.join(last)}")
        return read_result(Path(folder) / "report" / "result.json")
