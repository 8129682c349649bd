"""A program that broke a lifecycle is driven again as a whole, on a server that is started as then."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import msgspec
import pytest

from seatrial.conformance.api import Answer, Exchange, Request, Step
from seatrial.conformance.commands.main import main
from seatrial.conformance.scenario import SCENARIOS, load_suite
from seatrial.reports.repro import Replay

if TYPE_CHECKING:
    from pathlib import Path

SERVER = f"{sys.executable} -m seatrial.reference_server serve --model echo --port {{port}}"
PROGRAM = ((Step("create"),), (Step("close"),), (Step("use"),))


@pytest.fixture
def report(tmp_path: Path) -> Path:
    """A report with one replay file."""
    load_suite(("realtime", "standards"))
    launch = SCENARIOS["standards-session-programs"].launch
    assert launch
    replay = Replay(
        "abcd", "sessions.lifecycle", "closed-session-served", "a refusal", "200", "process",
        f"{SERVER} --mutant closes-nothing",
        launch, "standards-session-programs", Exchange(Request("POST", "/invocations"), Answer(200)),
        lifecycle="sessions", program=PROGRAM, profile="standards",
    )  # fmt: skip
    (tmp_path / "replays").mkdir()
    (tmp_path / "replays" / "abcd.json").write_bytes(msgspec.json.encode(replay))
    return tmp_path


def test_the_broken_server_breaks_it_again(report: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["replay", "abcd", "--report", str(report)]) == 0
    said = capsys.readouterr().out
    assert [line.split()[1] for line in said.splitlines() if line.startswith("  ")] == [
        "create(0)",
        "close(0)",
        "use(0)",
    ]
    assert "still broken: " in said
    assert "[closed-session-served]" in said


def test_a_mended_server_holds(report: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["replay", "abcd", "--report", str(report), "--process", SERVER]) == 0
    assert "this time it holds" in capsys.readouterr().out
