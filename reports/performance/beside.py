"""The benchmark that lies beside a trial's report, where it is of the same image."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seatrial.conformance.bench.document import read_performance
from seatrial.conformance.options import OptionError

if TYPE_CHECKING:
    from pathlib import Path

    from seatrial.conformance.bench.result import Performance

__all__ = ["NAME", "performance_beside"]

NAME = "performance.json"


def performance_beside(folder: Path, digest: str) -> Performance | None:
    """The benchmark in a report folder; None where there is none of this image.

    Args:
        folder: of the report.
        digest: of the image on trial; empty where the subject is none, and then nothing says that it is the same.
    """
    path = folder / NAME
    if not digest or not path.is_file():
        return None
    try:
        found = read_performance(path, "--report")
    except OptionError:  # of another version, or somebody's own file: the trial is told without it
        return None
    return found if found.digest == digest else None
