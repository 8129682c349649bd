"""The command with a real Locust master and real Locust workers, each a process of its own: Locust is not imported."""

from __future__ import annotations

import csv
import json
import os
import signal
import subprocess
import sys
import urllib.request
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any

import psutil
import pytest
from support.ports import free_port
from support.waiting import wait_until

from seatrial.loadgen.cli import main

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from truth.serve import Truth

PATIENCE = 60.0
SECRET = "k-4711-secret"  # noqa: S105  a made-up one, to be looked for where it must not be


class Fleet:
    """`loadgen --distributed` and two workers.

    Attributes:
        command: the process of `loadgen`.
        workers: those of Locust.
        web: base URL of Locust's web UI.
    """

    def __init__(self, stack: ExitStack, folder: Path, *words: str) -> None:
        port, web = free_port(), free_port()
        self.web = f"http://127.0.0.1:{web}"
        self.workers = [stack.enter_context(worker(folder / name, port)) for name in ("one", "two")]
        self.command = stack.enter_context(
            loadgen(
                *words, "--distributed", "--expect-workers", "2", "--master-bind-host", "127.0.0.1",
                "--master-bind-port", str(port), "--web-port", str(web),
            )
        )  # fmt: skip

    def end(self) -> tuple[int, str, str]:
        """Wait for the command, and return its code and its output; whatever it had started has ended as well."""
        out, err = self.command.communicate(timeout=PATIENCE)
        for each in self.workers:
            each.wait(PATIENCE)
        return self.command.returncode, out, err


@contextmanager
def process(words: list[str], **options: Any) -> Iterator[subprocess.Popen[str]]:
    """Run a program until the end of the block."""
    with subprocess.Popen(words, text=True, **options) as running:
        try:
            yield running
        finally:
            running.kill()


def loadgen(*words: str) -> Any:
    return process(
        [sys.executable, "-m", "seatrial.loadgen", *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        env={**os.environ, "SEATRIAL_API_KEY": SECRET},
    )  # fmt: skip


def worker(folder: Path, port: int) -> Any:
    # A folder for temporary files of its own: on one machine two workers would write the locustfile over each other's.
    folder.mkdir()
    words = ["-f", "-", "--worker", "--master-host", "127.0.0.1", "--master-port", str(port)]
    return process(
        [sys.executable, "-m", "locust", *words],
        cwd=folder, env={**os.environ, "TMPDIR": str(folder)}, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip


def run_alone(*words: str) -> tuple[int, str, str]:
    """Run `loadgen` as one process, without Locust."""
    with loadgen(*words) as running:
        out, err = running.communicate(timeout=PATIENCE)
        return running.returncode, out, err


def get(url: str) -> str:
    with urllib.request.urlopen(url, timeout=PATIENCE) as answer:  # noqa: S310  (our own child, on loopback)
        return str(answer.read().decode())


def requested(truth: Truth) -> int:
    return len(truth.log().requests)


def sent(file: Path) -> list[tuple[str, str]]:
    """When each request was due, and which payload it sent, from a `--csv`."""
    with file.open() as rows:
        return [(row["intended_s"], row["payload"]) for row in csv.DictReader(rows)]


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    with ExitStack() as stack:
        yield stack


def test_two_machines_do_what_one_process_does(truth: Truth, stack: ExitStack, tmp_path: Path):
    bodies = tmp_path / "bodies.jsonl"
    bodies.write_text("".join(json.dumps({"body": "x" * length, "weight": length}) + "\n" for length in range(1, 9)))
    words = ("-d", "2", "-rps", "60", "--arrivals", "poisson", "--seed", "3", "--dataset", str(bodies))
    fleet = Fleet(
        stack,
        tmp_path,
        *words,
        "-e",
        truth.url,
        "--csv",
        str(tmp_path / "two.csv"),
        "--json",
        str(tmp_path / "two.json"),
    )
    code, _, said = run_alone(*words, "-e", truth.url, "--csv", str(tmp_path / "one.csv"))
    assert code in {0, 3}, said  # a busy machine may be told that it is unfit; what it sent is what counts here
    code, out, said = fleet.end()
    assert code in {0, 3}, said
    result = json.loads((tmp_path / "two.json").read_text())
    assert result["facts"]["workers"] == 2
    assert result["requests"]["succeeded"] == result["requests"]["due"] > 60
    assert sent(tmp_path / "two.csv") == sent(tmp_path / "one.csv")
    assert SECRET not in out + said + (tmp_path / "two.json").read_text()


def test_a_worker_that_is_lost_makes_the_run_invalid(truth: Truth, stack: ExitStack, tmp_path: Path):
    fleet = Fleet(stack, tmp_path, "-d", "3", "-rps", "50", "-e", truth.url, "--json", str(tmp_path / "out.json"))
    before = requested(truth)
    wait_until(lambda: requested(truth) > before + 20, "the load")
    fleet.workers[0].kill()
    code, out, _ = fleet.end()
    assert code == 3, out
    result = json.loads((tmp_path / "out.json").read_text())
    broken = [each["seen"] for each in result["complaints"] if each["limit"] == "every engine process runs to its end"]
    assert len(broken) == 1
    assert "was lost" in broken[0]
    faults = {each["name"]: each["count"] for each in result["faults"]}
    assert set(faults) <= {"interrupted", "unsent"}
    assert sum(faults.values()) == 75
    assert result["requests"]["succeeded"] == 75


def test_the_web_ui_shows_the_run_and_ctrl_c_ends_every_machine(truth: Truth, stack: ExitStack, tmp_path: Path):
    fleet = Fleet(stack, tmp_path, "-d", "600", "-rps", "50", "-e", truth.url, "--json", str(tmp_path / "out.json"))
    before = requested(truth)
    wait_until(lambda: requested(truth) > before + 20, "the load")
    assert "<html" in get(fleet.web)
    shown: dict[str, Any] = {}

    def counted() -> bool:
        shown.update(json.loads(get(f"{fleet.web}/stats/requests")))
        return bool(shown["stats"][0]["num_requests"]) and shown["user_count"] == 2

    wait_until(counted, "requests and users in the web UI")
    assert "rounded" in shown["stats"][0]["name"]
    assert shown["stats"][0]["median_response_time"] >= 2
    everything = [each for root in (fleet.command, *fleet.workers) for each in _tree(root)]
    commands = [" ".join(each.cmdline()) for each in everything]
    assert len([each for each in commands if "spread.engine" in each]) == 4, "an engine and its process on each"
    assert not [each for each in commands if SECRET in each]
    fleet.command.send_signal(signal.SIGINT)
    code, out, _ = fleet.end()
    assert code == 130, out
    result = json.loads((tmp_path / "out.json").read_text())
    assert result["facts"]["partial"]
    assert 10 <= result["requests"]["succeeded"] <= result["requests"]["due"] < 10_000
    gone, alive = psutil.wait_procs(everything, PATIENCE)
    assert not alive, gone


def _tree(root: subprocess.Popen[str]) -> list[psutil.Process]:
    parent = psutil.Process(root.pid)
    return [parent, *parent.children(recursive=True)]


def test_too_few_workers_are_told_in_one_sentence(truth: Truth):
    code, out, said = run_alone(
        "-n", "5", "-rps", "5", "-e", truth.url, "--distributed", "--expect-workers", "3", "--expect-workers-max-wait",
        "1s", "--master-bind-host", "127.0.0.1", "--master-bind-port", str(free_port()),
    )  # fmt: skip
    assert (code, out) == (2, "")
    assert said.splitlines()[-1].startswith("loadgen: --expect-workers 3: none joined within 1 s; start `locust -f -")


@pytest.mark.parametrize("option", ["--master-bind-port", "--web-port"])
def test_a_port_that_is_taken_is_named(truth: Truth, capsys: pytest.CaptureFixture[str], option: str):
    words = ["--distributed", "--master-bind-host", "127.0.0.1", "--master-bind-port", str(free_port())]
    assert main(["-n", "5", "-rps", "5", "-e", truth.url, *words, option, str(truth.port)]) == 2
    assert f"{option} {truth.port} cannot be had on 127.0.0.1: address already in use" in capsys.readouterr().err


def test_an_interface_that_is_not_there_is_named(truth: Truth, capsys: pytest.CaptureFixture[str]):
    words = ["--distributed", "--master-bind-host", "192.0.2.1", "--master-bind-port", str(free_port())]
    assert main(["-n", "5", "-rps", "5", "-e", truth.url, *words]) == 2
    assert "cannot be had on 192.0.2.1: cannot assign requested address" in capsys.readouterr().err


def test_without_locust_it_says_what_to_install(
    truth: Truth, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    monkeypatch.setitem(sys.modules, "locust", None)
    assert main(["-n", "5", "-rps", "5", "-e", truth.url, "--distributed"]) == 2
    assert "pip install 'seatrial[distributed]'" in capsys.readouterr().err


@pytest.mark.parametrize("words", [["--expect-workers", "2"], ["--web-port", "8089"], ["--master-bind-port", "5557"]])
def test_options_of_many_machines_need_many_machines(words: list[str], capsys: pytest.CaptureFixture[str]):
    assert main(["-n", "5", "-rps", "5", "-e", "http://127.0.0.1:1", *words]) == 2
    assert f"{words[0]} goes with --distributed" in capsys.readouterr().err


def test_a_search_for_the_capacity_stays_on_one_machine(capsys: pytest.CaptureFixture[str]):
    assert main(["--find-capacity", "--slo", "p99<1s", "-e", "http://127.0.0.1:1", "--distributed"]) == 2
    assert "leave out --distributed" in capsys.readouterr().err
