"""The command on real files."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from support.observations import steady

from seatrial.loadgen.cli import main as loadgen
from seatrial.loadgen.compare.command import main
from seatrial.loadgen.judge import judge
from seatrial.loadgen.measure import measure
from seatrial.loadgen.render.json_report import json_report


def written(path: Path, seed: int, scale: float = 1.0, late: float = 0.05) -> str:
    service = scale * np.random.default_rng(seed).lognormal(1.6, 0.3, 2000)
    observed = steady(2000, service_ms=service, late_ms=late).observed()
    path.write_bytes(json_report(judge(measure(observed), observed)))
    return str(path)


def test_a_slower_run_exits_with_1_and_says_by_how_much(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    code = main([written(tmp_path / "a.json", 1), written(tmp_path / "b.json", 2, 1.3)])
    out = capsys.readouterr().out
    assert code == 1
    assert out.splitlines()[-1].startswith("slower: mean +")
    assert len(out.splitlines()[0]) <= 80
    assert all(len(line) <= 80 for line in out.splitlines()[:7])


def test_a_run_that_is_no_worse_exits_with_0(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    before, after = written(tmp_path / "a.json", 1), written(tmp_path / "b.json", 2)
    assert main([before, after]) == 0
    assert "no difference" in capsys.readouterr().out
    assert main([before, before, "--threshold", "20%"]) == 0
    assert "every quantity is the same within 20.0 %" in capsys.readouterr().out


def test_the_command_is_reached_through_loadgen(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    assert loadgen(["compare", written(tmp_path / "a.json", 1), written(tmp_path / "b.json", 2, 0.5)]) == 0
    assert capsys.readouterr().out.splitlines()[-1].startswith("faster: ")


def test_json_for_programs(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    assert main([written(tmp_path / "a.json", 1), written(tmp_path / "b.json", 2, 1.3), "--json"]) == 1
    data = json.loads(capsys.readouterr().out)
    assert data["words"] == "slower"
    assert {each["quantity"] for each in data["differences"]} >= {"p50", "p99", "throughput", "errors"}


def test_the_threshold_decides_what_matters(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    files = [written(tmp_path / "a.json", 1), written(tmp_path / "b.json", 2, 1.15)]
    assert main([*files, "--threshold", "5%"]) == 1
    assert main([*files, "--threshold", "0.3"]) == 0
    capsys.readouterr()


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["nowhere.json"], "AFTER.json"),
        (["nowhere.json", "neither.json"], "nowhere.json"),
        (["a", "b", "--threshold", "fast"], "'fast' is no share"),
        (["a", "b", "--thres", "5%"], "unrecognized"),
    ],
)
def test_mistakes_exit_with_2_and_one_sentence(words: list[str], says: str, capsys: pytest.CaptureFixture[str]):
    assert main(words) == 2
    told = capsys.readouterr().err
    assert says in told
    assert len(told.splitlines()) == 1


def test_damaged_samples_are_a_mistake_and_no_traceback(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    before = written(tmp_path / "a.json", 1)
    data = json.loads(Path(before).read_text())
    data["samples"][0]["data"] = "!"
    damaged = tmp_path / "b.json"
    damaged.write_text(json.dumps(data))
    assert main([before, str(damaged)]) == 2
    assert "samples of response cannot be read" in capsys.readouterr().err


def test_an_invalid_run_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    assert main([written(tmp_path / "a.json", 1), written(tmp_path / "b.json", 2, late=30.0)]) == 2
    assert "INVALID" in capsys.readouterr().err


def test_help_stands(capsys: pytest.CaptureFixture[str]):
    with pytest.raises(SystemExit) as left:
        main(["--help"])
    assert left.value.code == 0
    assert "--threshold" in capsys.readouterr().out
