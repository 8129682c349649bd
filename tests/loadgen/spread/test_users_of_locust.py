"""Our locustfile for those who stay in Locust, run by Locust itself against a server with a log."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path
from subprocess import PIPE
from typing import TYPE_CHECKING

import pytest
from support.ports import free_port
from support.waiting import wait_until

from seatrial.loadgen.spread.where import ENGINE, USERS, locustfile

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from truth.serve import Truth


LOCUST = [sys.executable, "-m", "locust", "--headless", "--only-summary"]


@pytest.fixture(scope="module")
def refused() -> Iterator[Callable[[str], tuple[int, str]]]:
    """What Locust ends with, code and words, where it is started with one of our locustfiles and nothing else."""
    words = [*LOCUST, "-H", f"http://127.0.0.1:{free_port()}", "-u", "1", "-t", "1", "-f"]
    with ExitStack() as stack:
        # Both at once: what takes long is Locust's own start.
        started = {
            name: stack.enter_context(
                subprocess.Popen([*words, str(locustfile(name))], text=True, stdout=PIPE, stderr=subprocess.STDOUT)
            )
            for name in (ENGINE, USERS)
        }
        ended = {name: (each.communicate(timeout=60)[0], each.returncode) for name, each in started.items()}
        yield lambda name: (ended[name][1], ended[name][0])


def where(*words: str) -> str:
    command = [sys.executable, "-m", "seatrial.loadgen.spread.where", *words]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


def test_users_send_our_payloads_and_a_wrong_answer_fails(truth: Truth, tmp_path: Path):
    bodies = tmp_path / "bodies.jsonl"
    bodies.write_text("".join(json.dumps({"body": "x" * length}) + "\n" for length in (3, 5, 7)))
    before = len(truth.log().requests)
    words = [*LOCUST, "-f", where("users"), "-H", truth.url, "-u", "2", "-r", "2", "--expect-json", "a"]
    environment = {**os.environ, "SEATRIAL_DATASET": str(bodies)}
    with subprocess.Popen(words, env=environment, text=True, stdout=PIPE, stderr=subprocess.STDOUT) as ran:
        try:
            wait_until(lambda: len(truth.log().requests) >= before + 30, "thirty requests")
            ran.terminate()
            said, _ = ran.communicate(timeout=60)
        finally:
            ran.kill()
    received = truth.log().requests.received[before:]
    counts = [int((received == length).sum()) for length in (3, 5, 7)]
    assert sum(counts) == len(received)
    assert max(counts) - min(counts) <= 2, "all in turn, but for what the end cut off"
    assert ran.returncode == 1, "Locust's own code for failed requests"
    assert "POST /invocations: no a" in said


def test_without_anything_to_send_it_says_so(refused: Callable[[str], tuple[int, str]]):
    code, said = refused(USERS)
    assert code == 1
    assert "say what is sent: --body FILE" in said
    assert "Traceback" not in said


def test_the_locustfile_of_the_engines_is_for_workers_only(refused: Callable[[str], tuple[int, str]]):
    code, said = refused(ENGINE)
    assert code == 1
    assert "add --worker and --master-host HOST" in said


def test_nothing_of_ours_imports_locust_outside_of_locust():
    code = "import sys; import seatrial.loadgen.spread.command; sys.exit('locust' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
    assert Path(where()) == locustfile(ENGINE)
