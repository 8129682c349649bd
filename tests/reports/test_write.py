"""All reports of a trial in one folder, whole or not at all."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING

import pytest

from seatrial.conformance.events import ReportError
from seatrial.reports.repro import read_replay, replays
from seatrial.reports.write import render, write_reports

if TYPE_CHECKING:
    from pathlib import Path

    from seatrial.conformance.result import TrialResult

FILES = {"badge.svg", "junit.xml", "report.html", "result.json", "summary.md"}


def listing(folder: Path) -> set[str]:
    return {p.name for p in folder.iterdir()}


def test_every_report_is_written_into_a_folder_that_is_made(loopback: TrialResult, tmp_path: Path):
    written = write_reports(loopback, tmp_path / "deep" / "report")
    assert listing(written.folder) == FILES | {"replays"}
    assert json.loads(written.json.read_bytes())["grade"] == "not certified"
    (path,) = (written.folder / "replays").iterdir()
    assert read_replay(path.read_bytes()) == replays(loopback)[0]
    assert path.stem == replays(loopback)[0].id


def test_evidence_and_strange_files_in_the_folder_are_left_alone(certified: TrialResult, tmp_path: Path):
    (tmp_path / "evidence").mkdir()
    (tmp_path / "evidence" / "trial.json").write_text("{}")
    write_reports(certified, tmp_path)
    assert (tmp_path / "evidence" / "trial.json").read_text() == "{}"


def test_a_second_trial_replaces_the_first_ones_reports(loopback: TrialResult, certified: TrialResult, tmp_path: Path):
    write_reports(loopback, tmp_path)
    write_reports(certified, tmp_path)
    assert listing(tmp_path) == FILES
    assert json.loads((tmp_path / "result.json").read_bytes())["grade"] == "certified"


def test_a_replay_folder_in_which_somebody_keeps_files_is_not_removed(certified: TrialResult, tmp_path: Path):
    (tmp_path / "replays").mkdir()
    (tmp_path / "replays" / "notes.txt").write_text("mine")
    write_reports(certified, tmp_path)
    assert (tmp_path / "replays" / "notes.txt").read_text() == "mine"


def test_a_folder_that_is_a_file_is_refused_in_one_sentence(certified: TrialResult, tmp_path: Path):
    place = tmp_path / "report"
    place.write_text("here is a file")
    with pytest.raises(ReportError, match=r"cannot be written to .*report.*--trial-report DIR"):
        write_reports(certified, place)
    assert place.read_text() == "here is a file"


def test_a_file_that_cannot_be_moved_in_leaves_no_half_written_one(certified: TrialResult, tmp_path: Path):
    (tmp_path / "report.html").mkdir()
    (tmp_path / "report.html" / "in-the-way").write_text("")
    with pytest.raises(ReportError, match="--trial-report DIR"):
        write_reports(certified, tmp_path)
    assert not [name for name in listing(tmp_path) if name.startswith(".writing-")]
    assert not (tmp_path / "result.json").exists()


def test_a_hundred_clauses_are_rendered_within_a_second(loopback: TrialResult, warned: TrialResult):
    began = time.process_time()
    files = render(loopback)
    took = time.process_time() - began
    assert took < 1.0
    assert len(files["report.html"]) < 2_000_000
    assert len(render(warned)["report.html"]) < 2_000_000


def test_even_a_hostile_trial_stays_of_a_size_that_a_browser_opens(hostile: TrialResult, tmp_path: Path):
    assert write_reports(hostile, tmp_path).html.stat().st_size < 4_000_000
