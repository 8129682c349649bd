"""`standard-supervisor` as a process: restarts, giving up, stopping, and the command in its own place."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from support.serving import until

SUPERVISOR = (sys.executable, "-m", "seatrial.reference_server.standards.supervisor")
PATIENCE = 60.0
# What a child does once it runs: says who it is, then what its arguments say.
SAYS_WHO = "import os, sys, time; print('up', os.getpid(), flush=True); "


@dataclass
class Watched:
    """A running supervisor and what it and its child have written."""

    process: "subprocess.Popen[bytes]"
    out_path: Path
    err_path: Path

    @property
    def out(self) -> str:
        return self.out_path.read_text()

    @property
    def err(self) -> str:
        return self.err_path.read_text()

    @property
    def children(self) -> list[int]:
        return [int(pid) for pid in re.findall(r"^up (\d+)$", self.out, re.MULTILINE)]

    def started(self, count: int) -> int:
        until(lambda: len(self.children) >= count or self.process.poll() is not None, f"start {count}", PATIENCE)
        assert len(self.children) >= count, self.err
        return self.children[-1]

    def end(self) -> int:
        return self.process.wait(PATIENCE)

    def term(self) -> int:
        self.process.send_signal(signal.SIGTERM)
        return self.end()


Start = Callable[..., Watched]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Start a supervisor over a command, or over a line of Python."""
    started: list[subprocess.Popen[bytes]] = []
    usual = {"SUPERVISOR_CONFIG_PATH": str(tmp_path / "supervisord.conf"), "SAGEMAKER_MODEL_PATH": str(tmp_path)}

    def run(*command: str, python: str = "", **env: str) -> Watched:
        given = (sys.executable, "-c", SAYS_WHO + python) if python else command
        out, err = tmp_path / f"out-{len(started)}", tmp_path / f"err-{len(started)}"
        with out.open("wb") as output, err.open("wb") as error:
            variables = {**os.environ, **usual, **env}
            started.append(subprocess.Popen([*SUPERVISOR, *given], stdout=output, stderr=error, env=variables))
        return Watched(started[-1], out, err)

    yield run
    for process in started:
        if process.poll() is None:
            process.kill()
        process.wait(PATIENCE)


def is_alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2][0] != "Z"
    except OSError:
        return False


def test_without_a_command_it_shows_its_usage(start: Start):
    watched = start()
    assert watched.end() == 1
    assert "usage: standard-supervisor COMMAND" in watched.err


@pytest.mark.parametrize("code", [0, 1, 255])
def test_every_end_is_followed_by_a_start(start: Start, code: int):
    variables = {"PROCESS_MAX_START_RETRIES": "0", "SUPERVISOR_PROGRAM__APP_STARTSECS": "0"}
    watched = start(python=f"os._exit({code})", **variables)
    watched.started(3)
    assert watched.term() == 0
    assert f"ended with code {code}" in watched.err


def test_a_run_of_a_second_is_no_failed_start(start: Start):
    watched = start(python="time.sleep(1.1); os._exit(1)", PROCESS_MAX_START_RETRIES="0")
    watched.started(2)
    assert "failed start" not in watched.err
    assert watched.term() == 0


def test_a_killed_server_is_back_within_two_seconds(start: Start):
    watched = start(python="time.sleep(60)", SUPERVISOR_PROGRAM__APP_STARTSECS="0")
    first = watched.started(1)
    began = time.monotonic()
    os.kill(first, signal.SIGKILL)
    assert watched.started(2) != first
    assert time.monotonic() - began < 2
    assert watched.term() == 0


def test_workers_of_a_crashed_server_are_gone_before_the_next_start(start: Start, tmp_path: Path):
    note = tmp_path / "worker"
    forks = f"pid = os.fork(); pid or time.sleep(60); open({str(note)!r}, 'w').write(str(pid)); time.sleep(60)"
    watched = start(python=forks, SUPERVISOR_PROGRAM__APP_STARTSECS="0")
    until(lambda: note.exists() and note.read_text() != "", "a worker")
    worker = int(note.read_text())
    os.kill(watched.started(1), signal.SIGKILL)
    watched.started(2)
    assert not is_alive(worker)
    assert watched.term() == 0


def test_it_gives_up_with_code_1_after_the_retries(start: Start):
    watched = start(python="os._exit(0)", PROCESS_MAX_START_RETRIES="1")
    assert watched.end() == 1
    assert len(watched.children) == 2
    assert "giving up after 2 failed starts" in watched.err


def test_a_start_takes_as_long_as_the_variable_says(start: Start):
    variables = {"PROCESS_MAX_START_RETRIES": "0", "SUPERVISOR_PROGRAM__APP_STARTSECS": "10"}
    watched = start(python="time.sleep(1.2)", **variables)
    assert watched.end() == 1
    assert len(watched.children) == 1


@pytest.mark.parametrize(
    "variable", ["PROCESS_MAX_START_RETRIES=101", "PROCESS_MAX_START_RETRIES=abc", "LOG_LEVEL=loud"]
)
def test_a_wrong_variable_is_refused_before_the_start(start: Start, variable: str):
    name, _, value = variable.partition("=")
    watched = start(python="os._exit(0)", **{name: value})
    assert watched.end() == 1
    assert watched.children == []
    assert f"{name} is {value!r}, expected" in watched.err


@pytest.mark.parametrize("level", ["WARNING", "warn", "Debug"])
def test_a_level_may_be_spelt_as_logging_does(start: Start, level: str):
    watched = start(python="os._exit(0)", LOG_LEVEL=level, PROCESS_MAX_START_RETRIES="0")
    assert watched.end() == 1
    assert len(watched.children) == 1
    assert ("[INFO]" in watched.err) == (level == "Debug")


@pytest.mark.parametrize("recovery", ["1", "0"])
def test_a_command_that_does_not_exist_ends_it_at_once(start: Start, recovery: str):
    watched = start("/nowhere/server", PROCESS_AUTO_RECOVERY=recovery)
    assert watched.end() == 1
    assert "'/nowhere/server' cannot be run: No such file or directory" in watched.err


@pytest.mark.parametrize("word", ["false", "0", "yes", "on", ""])
def test_without_recovery_the_command_takes_its_place(start: Start, word: str):
    watched = start(python="os._exit(7)", PROCESS_AUTO_RECOVERY=word, LOG_LEVEL="loud")
    assert watched.end() == 7
    assert watched.children == [watched.process.pid]


def test_in_its_place_the_command_hears_signals_as_usual(start: Start):
    watched = start(python="time.sleep(60)", PROCESS_AUTO_RECOVERY="false")
    watched.started(1)
    assert watched.term() == -signal.SIGTERM


@pytest.mark.parametrize("recovery", ["1", "0"])
def test_every_byte_of_an_argument_arrives(start: Start, recovery: str):
    arguments = [
        " a b ",
        "",
        "'\"\\",
        "{% if x %}%%",
        "a ;b #c",
        "one\n  two\n",
        '{"k": [1]}',
        "$HOME `x` *",
        "größe",
        "-c",
    ]
    show = "import json, sys; print(json.dumps(sys.argv[1:]))"
    variables = {"PROCESS_AUTO_RECOVERY": recovery, "PROCESS_MAX_START_RETRIES": "0"}
    watched = start(sys.executable, "-c", show, *arguments, **variables)
    watched.end()
    assert json.loads(watched.out) == arguments


def test_a_stop_signal_reaches_the_whole_group_which_may_finish(start: Start):
    worker = "trap 'sleep 1; echo drained; exit 0' TERM; echo ready; while :; do sleep 0.05; done"
    shell = f"echo up $$; ({worker}) & wait"
    watched = start("/bin/sh", "-c", shell)
    until(lambda: "ready" in watched.out, "a worker that listens")
    assert watched.term() == 0
    assert watched.out.endswith("drained\n")


def test_a_second_stop_signal_changes_nothing(start: Start):
    slow = "import signal; signal.signal(15, lambda *_: (print('one', flush=True), time.sleep(0.5), os._exit(0)))"
    watched = start(python=f"{slow}; print('ready', flush=True); time.sleep(60)")
    until(lambda: "ready" in watched.out, "a child that listens")
    watched.process.send_signal(signal.SIGTERM)
    until(lambda: "one" in watched.out, "the first signal")
    watched.process.send_signal(signal.SIGTERM)
    assert watched.end() == 0


def test_what_does_not_finish_in_time_is_killed(start: Start):
    deaf = "import signal; signal.signal(15, signal.SIG_IGN); print('ready', flush=True); time.sleep(60)"
    watched = start(python=deaf, SUPERVISOR_PROGRAM__APP_STOPWAITSECS="1")
    until(lambda: "ready" in watched.out, "a child that is deaf")
    assert watched.term() == 1
    assert not is_alive(watched.children[0])
    assert "has not finished within 1 s: killed" in watched.err


def test_a_stop_signal_between_two_starts_ends_it(start: Start):
    watched = start(python="os._exit(1)", PROCESS_MAX_START_RETRIES="100")
    until(lambda: "failed start 3" in watched.err, "a pause of three seconds")
    began = time.monotonic()
    assert watched.term() == 0
    assert time.monotonic() - began < 2


def test_both_streams_and_the_surroundings_are_the_childs_own(start: Start):
    watched = start(
        python="print(os.environ['MINE'], os.getcwd()); print('oops', file=sys.stderr); time.sleep(60)", MINE="x"
    )
    until(lambda: "oops" in watched.err, "a line on standard error")
    assert watched.term() == 0
    assert f"x {Path.cwd()}\n" in watched.out


def test_a_child_does_not_outlive_a_killed_supervisor(start: Start):
    watched = start(python="time.sleep(60)")
    child = watched.started(1)
    watched.process.kill()
    until(lambda: not is_alive(child), "the end of the child")
