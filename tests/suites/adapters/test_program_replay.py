"""A program that broke the life of adapters is driven again as a whole, on a server that lists what it has."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import msgspec
import pytest

from seatrial.conformance.api import MAIN, Answer, Exchange, Request, Step
from seatrial.conformance.commands.main import main
from seatrial.reports.repro import Replay
from seatrial.suites.adapters.lives import ASK, LOAD, UNLOAD

if TYPE_CHECKING:
    from pathlib import Path

SERVER = f"{sys.executable} -m seatrial.reference_server serve --model sample-llm --port {{port}}"
PROGRAM = ((Step(LOAD, 0, "0"),), (Step(UNLOAD),), (Step(LOAD, 0, "1"),), (Step(ASK),))


@pytest.fixture
def report(tmp_path: Path) -> Path:
    """A report with one replay file."""
    replay = Replay(
        "abcd", "lora.lifecycle", "wrong-adapter", "beta", "alpha", "process",
        f"{SERVER} --mutant keeps-the-weights-of-a-name", MAIN, "adapters-programs",
        Exchange(Request("POST", "/invocations"), Answer(200)), lifecycle="lora-adapters", program=PROGRAM,
        profile="adapters",
    )  # fmt: skip
    (tmp_path / "replays").mkdir()
    (tmp_path / "replays" / "abcd.json").write_bytes(msgspec.json.encode(replay))
    return tmp_path


def test_the_broken_server_breaks_it_again(report: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["replay", "abcd", "--report", str(report)]) == 0
    said = capsys.readouterr().out
    steps = [line.split()[1] for line in said.splitlines() if line.startswith("  ")]
    assert steps == ["load(0", "unload(0)", "load(0", "ask(0)"]
    assert "still broken: " in said
    assert "[wrong-adapter]" in said


def test_a_mended_server_holds(report: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["replay", "abcd", "--report", str(report), "--process", SERVER]) == 0
    assert "this time it holds" in capsys.readouterr().out
