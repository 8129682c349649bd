"""Files are whole or not there, and what cannot be written is told before the run."""

from __future__ import annotations

import csv
import io
import json
import os
import stat
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import pytest

from seatrial.loadgen.mistakes import UsageError
from seatrial.loadgen.plan import Outputs
from seatrial.loadgen.render.write import check_outputs, write_file, write_outputs

if TYPE_CHECKING:
    from seatrial.loadgen.observed import Observed
    from seatrial.loadgen.result import Result

    Runs = dict[str, tuple[Result, Observed]]


def in_folder(folder: Path) -> Outputs:
    return Outputs(*(folder / name for name in ("run.json", "run.csv", "run.html", "run.prom")))


@pytest.mark.parametrize("name", ["missed", "closed", "nothing", "few"])
def test_every_file_that_was_asked_for_is_written_and_nothing_else(runs: Runs, name: str, tmp_path: Path):
    result, run = runs[name]
    written = write_outputs(result, run, in_folder(tmp_path))
    assert {path.name for path in written} == {"run.json", "run.csv", "run.html", "run.prom"}
    assert set(tmp_path.iterdir()) == set(written)
    assert json.loads((tmp_path / "run.json").read_bytes())["verdict"] == result.verdict.value
    assert len(list(csv.reader(io.StringIO((tmp_path / "run.csv").read_text())))) == run.records.rows + 1
    assert (tmp_path / "run.html").read_text("utf-8").startswith("<!doctype html>")
    assert (tmp_path / "run.prom").read_text().startswith("# HELP loadgen_")


def test_one_file_alone_may_be_asked_for(runs: Runs, tmp_path: Path):
    write_outputs(*runs["few"], Outputs(html=tmp_path / "only.html"))
    assert [path.name for path in tmp_path.iterdir()] == ["only.html"]


def test_no_secret_is_in_any_file(runs: Runs, key: str, tmp_path: Path):
    for path in write_outputs(*runs["hostile"], in_folder(tmp_path), [key]):
        assert b"hunter2" not in path.read_bytes()


def test_what_looks_like_a_secret_is_masked_though_nobody_named_it(runs: Runs, key: str, tmp_path: Path):
    result, run = runs["hostile"]
    for path in write_outputs(result, run, in_folder(tmp_path)):
        assert f"Bearer {key}".encode() not in path.read_bytes()
        assert f"user:{key}".encode() not in path.read_bytes()


def test_the_old_file_stays_whole_until_the_new_one_is(tmp_path: Path):
    path = tmp_path / "run.json"
    path.write_text("old")
    seen = []

    def write(out: BinaryIO) -> None:
        out.write(b"new, half")
        out.flush()
        seen.append(path.read_text())

    write_file(path, write)
    assert seen == ["old"]
    assert path.read_text() == "new, half"


def test_a_write_that_fails_leaves_the_old_file_and_no_other(tmp_path: Path):
    path = tmp_path / "run.json"
    path.write_text("old")

    def write(out: BinaryIO) -> None:
        out.write(b"half of")
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_file(path, write)
    assert [(p.name, p.read_text()) for p in tmp_path.iterdir()] == [("run.json", "old")]


def test_a_full_disk_is_told_in_one_sentence_and_the_other_files_are_written(runs: Runs, tmp_path: Path):
    outputs = Outputs(csv=Path("/dev/full"), json=tmp_path / "run.json")
    with pytest.raises(UsageError, match=r"^--csv: /dev/full could not be written \(No space left on device\)"):
        write_outputs(*runs["few"], outputs)
    assert json.loads((tmp_path / "run.json").read_bytes())


def test_a_new_file_has_the_rights_that_the_umask_gives(runs: Runs, tmp_path: Path):
    before = os.umask(0o027)
    try:
        write_outputs(*runs["few"], Outputs(json=tmp_path / "run.json"))
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "run.json").stat().st_mode) == 0o640


def test_a_link_is_followed_and_stays_a_link(runs: Runs, tmp_path: Path):
    (tmp_path / "real").mkdir()
    link = tmp_path / "run.json"
    link.symlink_to(tmp_path / "real" / "there.json")
    check_outputs(Outputs(json=link))
    write_outputs(*runs["few"], Outputs(json=link))
    assert link.is_symlink()
    assert json.loads((tmp_path / "real" / "there.json").read_bytes())


def test_standard_output_is_written_and_not_replaced():
    program = (
        "from pathlib import Path\n"
        "from seatrial.loadgen.render.write import write_file\n"
        "write_file(Path('/dev/stdout'), lambda out: out.write(b'to the pipe'))\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True)
    assert done.stdout == b"to the pipe"
    assert Path("/dev/stdout").is_symlink()


@pytest.mark.parametrize(
    ("place", "says"),
    [
        ("missing/run.json", r"^--json: the folder \S+/missing of run.json does not exist; make it first$"),
        (".", r"^--json: \S+ is a folder; name a file in it$"),
        ("file.txt/run.json", r"^--json: the folder \S+/file.txt of run.json does not exist"),
        ("x" * 300, r"^--json: nothing can be written at \S+ \(File name too long\); name another place$"),
    ],
)
def test_a_place_that_cannot_be_written_is_told_before_the_run(tmp_path: Path, place: str, says: str):
    (tmp_path / "file.txt").write_text("")
    with pytest.raises(UsageError, match=says):
        check_outputs(Outputs(json=tmp_path / place))


def test_a_folder_without_the_right_to_write_is_told_before_the_run():
    with pytest.raises(UsageError, match=r"^--csv: nothing can be written at /sys/run.csv "):
        check_outputs(Outputs(csv=Path("/sys/run.csv")))


def test_one_file_cannot_hold_two_reports(tmp_path: Path):
    one = tmp_path / "run.out"
    with pytest.raises(UsageError, match=r"^--html: \S+run.out is the file of --json too"):
        check_outputs(Outputs(json=one, html=tmp_path / "." / "run.out"))
    check_outputs(Outputs(json=Path("/dev/null"), csv=Path("/dev/null")))


def test_the_check_leaves_nothing_behind_and_touches_nothing(tmp_path: Path):
    (tmp_path / "run.json").write_text("old")
    check_outputs(in_folder(tmp_path))
    assert [(p.name, p.read_text()) for p in tmp_path.iterdir()] == [("run.json", "old")]
