"""What a user sees: the command, its exit code, and the cause in the words of the report."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest
from diagnosis.conftest import image

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.timeout(120)


def certify(folder: Path, fault: str, *words: str) -> tuple[int, str, dict[str, Any]]:
    """Run `pytest --image`, in a folder that is not ours; exit code, what was printed, and the result."""
    command = [sys.executable, "-m", "pytest", "--image", image("broken"), "--trial-env", f"BROKEN={fault}"]
    ended = subprocess.run(
        [*command, "--trial-public-env", "BROKEN", *words], cwd=folder, capture_output=True, text=True, check=False
    )
    result = json.loads((folder / "seatrial-report" / "result.json").read_bytes())
    return ended.returncode, ended.stdout, result


def test_a_failure_names_its_cause_its_proof_its_cure_and_what_it_hides(tmp_path: Path):
    code, out, result = certify(tmp_path, "host-check", "--trial-startup-timeout", "5")
    assert code == 1
    (found,) = result["diagnoses"]
    for part in (
        "ping.answers-200",
        "the server refuses the platform's Host header",
        "200 with `Host: localhost:8080`",
    ):
        assert part in out
    assert "ALLOWED_HOSTS" in out
    assert str(found["hides"]) in out
    assert found["hides"] > 50


def test_what_the_trial_does_not_give_ends_incomplete_live_as_in_the_record(tmp_path: Path):
    code, out, result = certify(tmp_path, "read-model", "--trial-startup-timeout", "20")
    assert code == result["exit_code"] == 10
    assert "--trial-model-dir DIR" in out
    assert "it needs a model in /opt/ml/model" in out
    assert result["counts"]["FAIL"] == 0
    again = subprocess.run(
        [sys.executable, "-m", "pytest", "--trial-evidence", "seatrial-report/evidence", "--trial-report", "again"],
        cwd=tmp_path, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert again.returncode == 10
    judged = json.loads((tmp_path / "again" / "result.json").read_bytes())
    assert judged["verdicts"] == result["verdicts"]
    assert judged["diagnoses"] == result["diagnoses"]
