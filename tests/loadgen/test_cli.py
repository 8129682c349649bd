"""The command as a user meets it: exit codes, one sentence for each mistake, and what is left after Ctrl-C."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from support.ports import free_port
from support.tls import certificate
from support.waiting import wait_until
from truth.serve import serve

from seatrial.loadgen.cli import main

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from truth.serve import Truth

BODY = ("--rows", "1", "--features", "3")


@pytest.fixture(scope="module")
def truth() -> Iterator[Truth]:
    with serve(delay_ms=1) as running:
        yield running


def command(*words: str) -> list[str]:
    return [sys.executable, "-m", "seatrial.loadgen", *words]


def said(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str]:
    """Run in this process, and return the exit code and what stands on standard error."""
    code = main(list(words))
    return code, capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["-n", "5", "-rps", "0"], "-rps: '0' is no number above 0"),
        (["-n", "5", "-rps", "fast"], "-rps: 'fast' is no number above 0"),
        (["-n", "0", "-rps", "1"], "-n: '0' is no whole number from 1"),
        (["-n", "5"], "say how fast: -rps RATE for an open loop, or -c N for a closed one"),
        (["-rps", "5"], "say how much: -n REQUESTS or -d TIME"),
        (["-n", "5", "-rps", "5", "-c", "2"], "-rps and -c both say how fast"),
        (["-n", "5", "-rp", "5"], "there is no option -rp, a rate is -rps RATE"),
        (["-n", "5", "-r", "5"], "there is no option -r, a rate is -rps RATE"),
        (["-d", "soon", "-rps", "5"], "-d: 'soon' is no time; write 60, 90s, 5m or 1h"),
        (["-n", "5", "-rps", "5", "--arrivals", "even"], "--arrivals: invalid choice: 'even'"),
        (["-n", "5", "-rps", "5", "--burstiness", "2"], "--burstiness goes with --arrivals gamma or burst"),
        (["-n", "5", "-c", "2", "--arrivals", "poisson"], "--arrivals poisson goes with -rps or --ramp, not with -c"),
        (["-n", "5", "-c", "2", "--workers", "3"], "--workers 3 is more than -c 2"),
        (["-d", "5", "--ramp", "5"], "--ramp: '5' is no ramp; write FROM:TO"),
        (["-n", "5", "-rps", "5", "--slo", "p101<5ms"], "p101"),
        (["-n", "5", "-rps", "5", "--slo", "errors<-1%"], "errors<-1%"),
        (["-n", "5", "-rps", "5", "--body", "nowhere.json"], "nowhere.json"),
        (["--trace", "nowhere.csv", *BODY], "--trace nowhere.csv cannot be read: No such file"),
        (["-n", "5", "-rps", "5", "--json", "nowhere/out.json"], "--json: the folder"),
        (["-n", "5", "-rps", "5", "-H", "no colon", *BODY], "-H"),
        (["-n", "5", "-rps", "5", "--method", "HEAD", *BODY], "--method HEAD"),
        (["--find-capacity", "-c", "4"], "--find-capacity chooses the rate itself and has no use for -c"),
    ],
)
def test_a_mistake_is_one_sentence_and_exit_2(
    words: list[str], sentence: str, truth: Truth, capsys: pytest.CaptureFixture[str]
):
    code, told = said(capsys, "-e", f"{truth.url}/invocations", *words)
    assert code == 2
    assert sentence in told
    assert told.startswith("loadgen: ")
    assert told.count("\n") == 1


@pytest.mark.parametrize(
    ("target", "sentence"),
    [
        ("ftp://localhost/", "-e"),
        ("localhost:8080", "is no URL: write http://HOST:PORT"),
        ("http://127.0.0.1:99999/", "-e"),
    ],
)
def test_a_url_that_is_none_is_exit_2(target: str, sentence: str, capsys: pytest.CaptureFixture[str]):
    code, told = said(capsys, "-n", "1", "-rps", "1", "-e", target)
    assert code == 2
    assert sentence in told


def test_without_a_target_it_says_where_to_put_one(capsys: pytest.CaptureFixture[str]):
    assert said(capsys, "-n", "1", "-rps", "1") == (2, "loadgen: say where to: -e http://HOST:PORT.\n")


def test_nothing_listening_is_exit_1_at_once(capsys: pytest.CaptureFixture[str]):
    code, told = said(capsys, "-n", "1000", "-rps", "0.5", "-e", f"http://127.0.0.1:{free_port()}", *BODY)
    assert code == 1
    assert "nothing listens there" in told


def test_a_name_that_does_not_resolve_is_exit_1(capsys: pytest.CaptureFixture[str]):
    code, told = said(capsys, "-n", "10", "-rps", "5", "-e", "http://nowhere.invalid/", *BODY)
    assert code == 1
    assert "does not resolve" in told


@pytest.mark.parametrize("host", ["a..b", "x" * 64])
def test_a_name_that_can_be_none_is_exit_1(host: str, capsys: pytest.CaptureFixture[str]):
    code, told = said(capsys, "-n", "10", "-rps", "5", "-e", f"http://{host}/", *BODY)
    assert code in {1, 2}
    assert told.startswith("loadgen: -e ")


def test_a_server_that_still_loads_is_said_to(truth: Truth, capsys: pytest.CaptureFixture[str]):
    code, told = said(capsys, "-n", "10", "-rps", "5", "-e", f"{truth.url}/invocations?status=503")
    assert code == 1
    assert "is not ready: it answers 503" in told


def test_a_certificate_that_does_not_hold_is_exit_1_and_names_the_option(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    cert, key = certificate(tmp_path)
    with serve(cert=cert, key=key) as secure:
        code, told = said(capsys, "-n", "1", "-rps", "1", "-e", secure.url, *BODY)
    assert code == 1
    assert "--insecure" in told


def test_an_objective_that_is_missed_is_exit_1(truth: Truth, tmp_path: Path):
    out = tmp_path / "run.json"
    done = subprocess.run(
        command("-n", "20", "-c", "2", "--slo", "p50<1us", "--quiet", "--json", str(out), "-e",
                f"{truth.url}/invocations", *BODY), capture_output=True, text=True, check=False)  # fmt: skip
    assert done.returncode == 1
    assert json.loads(out.read_bytes())["verdict"] == "missed"
    assert "MISSED" in done.stdout


def test_objectives_that_are_met_are_exit_0_and_every_file_is_written(truth: Truth, tmp_path: Path):
    files = {name: tmp_path / f"run.{name}" for name in ("json", "csv", "html", "prometheus")}
    words = [word for name, file in files.items() for word in (f"--{name}", str(file))]
    done = subprocess.run(
        command("-n", "30", "-c", "3", *words, "-e", f"{truth.url}/invocations", *BODY),
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert json.loads(files["json"].read_bytes())["requests"]["succeeded"] == 30
    assert len(files["csv"].read_text().splitlines()) == 31
    assert files["html"].read_text().startswith("<!")
    assert "# TYPE" in files["prometheus"].read_text()


def test_ctrl_c_reports_what_was_measured_marks_it_partial_and_leaves_no_process(truth: Truth, tmp_path: Path):
    out = tmp_path / "run.json"
    before = len(truth.log().requests)
    process = subprocess.Popen(
        command("-n", "100000", "-rps", "50", "--quiet", "--json", str(out), "-e", f"{truth.url}/invocations", *BODY),
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True,
    )  # fmt: skip
    wait_until(lambda: len(truth.log().requests) > before + 20, "twenty requests of the run")
    os.killpg(process.pid, signal.SIGINT)
    told, _ = process.communicate(timeout=30)
    assert process.returncode == 130
    assert "INTERRUPTED" in told
    result = json.loads(out.read_bytes())
    assert result["facts"]["partial"]
    assert 20 <= result["requests"]["due"] < 5000
    with pytest.raises(ProcessLookupError):
        os.killpg(process.pid, 0)


def test_ctrl_c_ends_a_search_also_while_the_client_is_what_cannot_keep_up(truth: Truth):
    before = len(truth.log().requests)
    process = subprocess.Popen(
        command("--find-capacity", "-rps", "100000", "-d", "20", "--quiet", "-e", f"{truth.url}/invocations", *BODY),
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True,
    )  # fmt: skip
    wait_until(lambda: len(truth.log().requests) > before + 200, "some requests of the first rate")
    os.killpg(process.pid, signal.SIGINT)
    told, _ = process.communicate(timeout=30)
    assert process.returncode == 130
    assert "interrupted" in told


def test_the_key_stands_in_no_report(truth: Truth, tmp_path: Path):
    out, page = tmp_path / "run.json", tmp_path / "run.html"
    secret = "sesame-open-4711-abc"  # noqa: S105  (made up for this test)
    done = subprocess.run(
        command("-n", "5", "-c", "1", "-k", secret, "-H", f"X-Api-Key: {secret}", "--json", str(out), "--html",
                str(page), "-e", f"{truth.url}/invocations?status=401", "--body", "-"),
        input=b"{}", capture_output=True, check=False,
    )  # fmt: skip
    assert done.returncode == 1
    everything = done.stdout + done.stderr + out.read_bytes() + page.read_bytes()
    assert secret.encode() not in everything


def test_help_and_version_are_exit_0(capsys: pytest.CaptureFixture[str]):
    assert main(["--help"]) == 0
    assert "exit codes: 0 objectives met" in capsys.readouterr().out
    assert main(["--version"]) == 0
    assert capsys.readouterr().out.startswith("loadgen ")
