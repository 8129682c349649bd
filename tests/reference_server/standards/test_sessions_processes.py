"""Several processes of one server: each sees the sessions of the others, and none is closed twice."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from seatrial.reference_server.standards.sessions.manager import SessionManager
from seatrial.reference_server.standards.sessions.storage import SessionFiles

PATIENCE = 30.0
# One line in, one line out: the ids that a worker created, found or closed.
WORKER = """
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from seatrial.reference_server.standards.sessions.manager import SessionManager
from seatrial.reference_server.standards.sessions.storage import SessionFiles

manager = SessionManager(SessionFiles(Path(sys.argv[1])), 600)

def closed(name):
    try:
        manager.close_session(name)
    except ValueError:
        return None
    return name

with ThreadPoolExecutor(8) as threads:
    print("ready", flush=True)
    for line in sys.stdin:
        verb, *names = line.split()
        if verb == "create":
            done = [session.session_id for session in threads.map(lambda _: manager.create_session(), names)]
        elif verb == "find":
            done = [name for name in names if manager.get_session(name)]
        else:
            done = [name for name in threads.map(closed, names) if name]
        print(*done, flush=True)
"""


class Worker:
    """A process with a manager of its own."""

    def __init__(self, root: Path) -> None:
        command = [sys.executable, "-c", WORKER, str(root)]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def send(self, verb: str, names: list[str]) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(f"{verb} {' '.join(names)}\n")
        self.process.stdin.flush()

    def receive(self) -> list[str]:
        assert self.process.stdout is not None
        return self.process.stdout.readline().split()

    def ask(self, verb: str, names: list[str]) -> list[str]:
        self.send(verb, names)
        return self.receive()


@pytest.fixture
def workers(tmp_path: Path) -> Iterator[tuple[Worker, Worker]]:
    pair = (Worker(tmp_path), Worker(tmp_path))
    assert [worker.receive() for worker in pair] == [["ready"], ["ready"]]
    yield pair
    for worker in pair:
        worker.process.communicate(timeout=PATIENCE)


@pytest.mark.timeout(60)
def test_ids_are_unique_and_known_to_every_process(workers: tuple[Worker, Worker], tmp_path: Path):
    for worker in workers:
        worker.send("create", ["x"] * 100)
    created = [worker.receive() for worker in workers]
    names = created[0] + created[1]
    assert len(set(names)) == 200
    for worker in workers:
        assert worker.ask("find", names) == names
    assert {path.name for path in tmp_path.iterdir()} == set(names)


@pytest.mark.timeout(60)
def test_of_many_closes_of_a_session_one_succeeds(workers: tuple[Worker, Worker], tmp_path: Path):
    names = workers[0].ask("create", ["x"] * 20)
    for worker in workers:
        worker.send("close", [name for name in names for _ in range(5)])
    closed = workers[0].receive() + workers[1].receive()
    assert sorted(closed) == sorted(names)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.timeout(60)
def test_a_session_outlives_the_process_that_made_it(workers: tuple[Worker, Worker], tmp_path: Path):
    (name,) = workers[0].ask("create", ["x"])
    workers[0].process.kill()
    workers[0].process.wait(PATIENCE)
    assert workers[1].ask("find", [name]) == [name]
    assert SessionManager(SessionFiles(tmp_path), 600).get_session(name) is not None
