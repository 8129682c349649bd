"""Writes every report of a trial into one folder, so that no file in it is ever half written.

Files are made in a hidden folder beside their place and moved there one by one, `result.json` last: whoever waits for
it finds the others. Evidence in the same folder is not touched. Rendering is the other modules' work.
"""

from __future__ import annotations

import contextlib
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from seatrial.conformance.events import ReportError
from seatrial.reports.badge import badge_svg
from seatrial.reports.html import report_html
from seatrial.reports.json_report import result_json
from seatrial.reports.junit import junit_xml
from seatrial.reports.markdown import markdown_summary
from seatrial.reports.performance.beside import performance_beside
from seatrial.reports.performance.markdown import performance_markdown
from seatrial.reports.performance.view import view_of
from seatrial.reports.repro import replays
from seatrial.reports.scrub import scrub

if TYPE_CHECKING:
    from seatrial.conformance.bench.result import Performance
    from seatrial.conformance.result import TrialResult

__all__ = ["Written", "pages", "render", "write_reports"]

REPLAYS = "replays"


@dataclass(frozen=True)
class Written:
    """Where the reports lie."""

    folder: Path
    html: Path
    json: Path


def write_reports(result: TrialResult, folder: Path) -> Written:
    """Write every report.

    Args:
        result: the finished trial.
        folder: made where it does not exist. Reports of an earlier trial in it are replaced, its replay files removed.

    Raises:
        ReportError: the folder cannot be made or written.
    """
    files = render(scrub(result), performance_beside(folder, result.facts.subject.digest))
    try:
        folder.mkdir(parents=True, exist_ok=True)
        _move_in(files, folder)
    except OSError as error:
        raise ReportError(
            f"the report cannot be written to {folder} ({error.strerror}); "
            "name a folder that can be written with --trial-report DIR"
        ) from error
    return Written(folder, folder / "report.html", folder / "result.json")


def render(result: TrialResult, performance: Performance | None = None) -> dict[str, bytes]:
    """Every file by its place in the folder, of values that were scrubbed before; `result.json` last."""
    files = {
        f"{REPLAYS}/{replay.id}.json": msgspec.json.format(msgspec.json.encode(replay), indent=2) + b"\n"
        for replay in replays(result)
    }
    files["badge.svg"] = badge_svg(result)
    files["junit.xml"] = junit_xml(result)
    files |= pages(result, performance)
    files["result.json"] = result_json(result)
    return files


def pages(result: TrialResult, performance: Performance | None = None) -> dict[str, bytes]:
    """What people read: the page and the summary, with the benchmark of the same image where there is one."""
    if performance is None:
        return {"summary.md": markdown_summary(result), "report.html": report_html(result)}
    told = ("", *performance_markdown(performance, heading="###"))
    return {"summary.md": markdown_summary(result, told), "report.html": report_html(result, view_of(performance))}


def _move_in(files: dict[str, bytes], folder: Path) -> None:
    workshop = Path(tempfile.mkdtemp(prefix=".writing-", dir=folder))
    try:
        (workshop / REPLAYS).mkdir()
        for name, content in files.items():
            (workshop / name).write_bytes(content)
        _clear(folder / REPLAYS)
        for name in files:
            target = folder / name
            target.parent.mkdir(exist_ok=True)
            (workshop / name).replace(target)
    finally:
        shutil.rmtree(workshop, ignore_errors=True)


def _clear(stale: Path) -> None:
    """Remove the replay files of an earlier trial: their failures may be mended."""
    for path in stale.glob("*.json"):
        path.unlink(missing_ok=True)
    with contextlib.suppress(OSError):  # not there, or somebody keeps files of their own in it
        stale.rmdir()
