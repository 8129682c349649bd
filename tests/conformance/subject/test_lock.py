from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from seatrial.conformance.subject.launcher import SubjectError
from seatrial.conformance.subject.lock import LOCK_LABEL, RUN_LABEL, Run, free_lock, runtime_folder, scratch_root
from seatrial.conformance.subject.sweep import sweep

HOLD = """
from seatrial.conformance.subject.lock import Run
run = Run.open()
(run.scratch / "copy").mkdir(mode=0o500)
print(run.lock, run.scratch, flush=True)
input()
"""


def holder() -> tuple[subprocess.Popen[str], Path, Path]:
    """Another harness, alive: its process, its lock and its scratch folder."""
    other = subprocess.Popen([sys.executable, "-c", HOLD], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert other.stdout is not None
    lock, scratch = other.stdout.readline().split()
    return other, Path(lock), Path(scratch)


@pytest.fixture
def folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path / "runtime"))
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", None)
    return tmp_path


def test_a_live_run_is_not_free(run: Run):
    with free_lock(run.lock) as free:
        assert not free


def test_a_closed_run_leaves_nothing_and_may_be_closed_twice(run: Run):
    run.close()
    run.close()
    assert not run.lock.exists()
    assert not run.scratch.exists()
    with free_lock(run.lock) as free:
        assert free


def test_everything_of_a_run_is_labelled_with_its_lock(run: Run):
    assert run.labels[RUN_LABEL] == run.id
    assert run.labels[LOCK_LABEL] == str(run.lock)


@pytest.mark.usefixtures("folders")
def test_a_killed_run_is_swept_and_a_live_one_is_not():
    killed, killed_lock, killed_scratch = holder()
    live, live_lock, live_scratch = holder()
    try:
        assert sweep() == 0
        killed.send_signal(signal.SIGKILL)
        killed.wait()
        assert sweep() == 2
        assert not killed_lock.exists()
        assert not killed_scratch.exists()
        assert live_lock.exists()
        assert live_scratch.exists()
    finally:
        live.communicate("\n")
    assert sweep() == 2
    assert list(scratch_root().iterdir()) == []
    assert list(runtime_folder().glob("*.lock")) == []


def test_a_session_with_another_runtime_folder_sweeps_no_live_run(folders: Path, monkeypatch: pytest.MonkeyPatch):
    live = Run.open()
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(folders / "another"))
    assert sweep() == 0
    assert live.scratch.exists()
    live.close()


def test_a_folder_of_somebody_else_is_refused(folders: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("os.getuid", lambda: 4711)
    (folders / "seatrial-4711").mkdir()
    with pytest.raises(SubjectError, match="belongs to somebody else"):
        scratch_root()
