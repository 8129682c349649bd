"""However a trial ends, its subject is gone, and what was seen until then is reported."""

from __future__ import annotations

import os
import signal
from typing import TYPE_CHECKING

import psutil
import pytest
from support.berth import Berth, certify
from support.waiting import wait_until

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Iterator


@pytest.fixture
def trial(berth: Berth) -> Iterator[subprocess.Popen[str]]:
    """A trial that is in the middle of a wait of sixty seconds."""
    mark, seen = berth.folder / "mark", berth.folder / "seatrial-report" / "evidence" / "observations.jsonl"
    process = berth.start(*certify("--soak", faults=f"mark={mark}"))
    wait_until(lambda: seen.is_file() and '"scenario":"echo"' in seen.read_text(), "driving")
    yield process
    process.kill()


def subject(berth: Berth) -> int:
    return int((berth.folder / "mark").read_text())


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_to_the_outer_process_ends_the_trial_with_exit_2(
    berth: Berth, trial: subprocess.Popen[str], number: int
) -> None:
    trial.send_signal(number)
    ended = berth.end(trial)
    assert ended.code == 2
    assert not psutil.pid_exists(subject(berth))
    assert "Traceback" not in ended.err


def test_ctrl_c_in_a_terminal_reaches_both_processes_and_counts_once(
    berth: Berth, trial: subprocess.Popen[str]
) -> None:
    os.killpg(trial.pid, signal.SIGINT)
    ended = berth.end(trial)
    assert ended.code == 2
    assert not psutil.pid_exists(subject(berth))


def test_an_interrupted_trial_reports_what_it_saw(berth: Berth, trial: subprocess.Popen[str]) -> None:
    trial.send_signal(signal.SIGINT)
    result = berth.end(trial).result()
    assert (result["grade"], result["exit_code"], result["selection"]) == ("partial", 2, True)
    assert any("interrupted" in note for note in result["notes"])
    words = {v["clause"]: v["word"] for v in result["verdicts"]}
    assert (words["echo.answers"], words["pause.short"]) == ("PASS", "UNTESTED")


def test_a_killed_outer_process_takes_its_trial_along(berth: Berth, trial: subprocess.Popen[str]) -> None:
    (session,) = psutil.Process(trial.pid).children()
    trial.kill()
    wait_until(lambda: not session.is_running(), "the end of the trial's own process")
    wait_until(lambda: not psutil.pid_exists(subject(berth)), "the end of the subject")


def test_a_killed_trial_says_so_with_exit_12_and_leaves_no_subject(berth: Berth, trial: subprocess.Popen[str]) -> None:
    (session,) = psutil.Process(trial.pid).children()
    session.kill()
    ended = berth.end(trial)
    assert ended.code == 12
    assert ended.err == "ERROR: the trial's own process was ended by SIGKILL: run `seatrial clean`, then try again\n"
    wait_until(lambda: not psutil.pid_exists(subject(berth)), "the end of the subject")
