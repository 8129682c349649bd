"""Several workers behind one port: ready together, replaced one by one, ended in order."""

import os
import signal
import socket
import threading
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest
from support.serving import PATIENCE, Server, until

WORKERS = 3
# The first worker that runs this is let through, the others wait for a word.
ALL_BUT_ONE_WAIT = """
import os, time
from pathlib import Path

here = Path(__file__).parent
try:
    os.close(os.open(here / "first", os.O_CREAT | os.O_EXCL))
except FileExistsError:
    (here / f"waits-{os.getpid()}").touch()
    while not (here / "go").exists():
        time.sleep(0.01)
    if "fail" in (here / "go").read_text():
        raise RuntimeError("no weights")
"""


@pytest.fixture
def crew(start_echo: Callable[..., Server]) -> Server:
    return start_echo("--workers", str(WORKERS)).ready()


def children(server: Server) -> list[int]:
    """The processes of the workers."""
    return [
        int(pid) for pid in Path(f"/proc/{server.process.pid}/task/{server.process.pid}/children").read_text().split()
    ]


def answering(server: Server) -> set[str]:
    """Which workers answer a few dozen callers."""
    lines = (server.request("GET", "/metrics").text.splitlines()[1] for _ in range(40))
    return {line.split('"')[1] for line in lines}


def test_every_worker_answers(crew: Server):
    assert len(children(crew)) == WORKERS
    until(lambda: answering(crew) == {"0", "1", "2"}, "answers of all workers")
    assert {crew.invoke(b"[1]").content for _ in range(20)} == {b"[1]"}


def test_nobody_is_ready_before_everybody_is(start_echo: Callable[..., Server], tmp_path: Path):
    (tmp_path / "model.py").write_text(ALL_BUT_ONE_WAIT)
    server = start_echo("--workers", "2", "--model-dir", str(tmp_path))
    until(lambda: "the model answers its own sample" in server.log, "one worker that has loaded")
    assert 200 not in {hasty_ping(server) for _ in range(20)}
    (tmp_path / "go").touch()
    server.ready()
    assert {server.ping() for _ in range(20)} == {200}


def hasty_ping(server: Server) -> int:
    """The status of /ping, 0 where no worker says anything for a moment."""
    try:
        return httpx.get(f"{server.url}/ping", timeout=0.1).status_code
    except httpx.TimeoutException:
        return 0


def test_a_worker_that_dies_is_replaced_and_ping_stays_true(crew: Server):
    before = children(crew)
    os.kill(before[0], signal.SIGKILL)
    until(lambda: "another takes its place" in crew.log, "a line about the death")
    assert {crew.ping() for _ in range(30)} == {200}
    until(lambda: len(set(children(crew)) - set(before)) == 1, "a new worker")
    until(lambda: answering(crew) == {"0", "1", "2"}, "answers of all workers")
    assert crew.stop() == 0


def test_a_worker_that_cannot_start_ends_the_server(start_echo: Callable[..., Server], tmp_path: Path):
    (tmp_path / "model.py").write_text(ALL_BUT_ONE_WAIT)
    server = start_echo("--workers", "2", "--model-dir", str(tmp_path))
    until(lambda: "the model answers its own sample" in server.log, "one worker that has loaded")
    (tmp_path / "go").write_text("fail")
    assert server.process.wait(PATIENCE) == 1
    assert "RuntimeError: no weights" in server.log
    assert "before it was ready: stopping" in server.log


def test_a_replacement_that_cannot_start_ends_the_server(start_echo: Callable[..., Server], tmp_path: Path):
    script = tmp_path / "model.py"
    script.touch()
    server = start_echo("--workers", "2", "--model-dir", str(tmp_path)).ready()
    script.write_text("raise RuntimeError('no weights')")
    os.kill(children(server)[0], signal.SIGKILL)
    assert server.process.wait(PATIENCE) == 1
    assert "RuntimeError: no weights" in server.log


def test_calls_of_all_workers_finish_before_the_end(crew: Server):
    answers: list[httpx.Response] = []
    callers = [threading.Thread(target=lambda: answers.append(crew.invoke(b'{"sleep": 1}'))) for _ in range(12)]
    for caller in callers:
        caller.start()
    until(lambda: running(crew) >= 2, "calls in two workers")
    assert crew.stop() == 0
    for caller in callers:
        caller.join()
    assert [answer.status_code for answer in answers] == [200] * len(callers)
    assert crew.log.count("stopped, exit code 0") == WORKERS


def running(server: Server) -> int:
    """How many workers run calls."""
    found = (server.request("GET", "/metrics").text.splitlines()[3] for _ in range(20))
    return len({line.split('"')[1] for line in found if not line.endswith(" 0")})


def test_a_worker_that_takes_too_long_to_stop_is_killed(start_echo: Callable[..., Server]):
    server = start_echo("--workers", "2", "--stop-grace", "1", SEATRIAL_TIME_SCALE="0.1").ready()
    os.kill(children(server)[0], signal.SIGSTOP)
    assert server.stop() == 1
    assert "have not finished in time: killed" in server.log


def test_workers_end_when_the_process_above_them_is_killed(crew: Server):
    workers = children(crew)
    os.kill(crew.process.pid, signal.SIGKILL)
    until(lambda: not any(Path(f"/proc/{pid}/exe").exists() for pid in workers), "the end of the workers")


def test_a_port_that_is_taken_is_told_once(start_echo: Callable[..., Server]):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        server = start_echo("--workers", "2", "--host", "127.0.0.1", SAGEMAKER_BIND_TO_PORT=port)
        assert server.process.wait(PATIENCE) == 1
    assert server.log.count("cannot listen on") == 1


def test_sessions_are_known_to_all_workers(start_echo: Callable[..., Server], tmp_path: Path):
    variables = {"SAGEMAKER_ENABLE_STATEFUL_SESSIONS": "true", "SAGEMAKER_SESSIONS_PATH": str(tmp_path)}
    server = start_echo(SAGEMAKER_MODEL_SERVER_WORKERS="2", **variables).ready()
    created = server.invoke(b'{"requestType": "NEW_SESSION"}').headers["x-amzn-sagemaker-new-session-id"]
    uses = [server.invoke(b'{"echo": 1}', X_Amzn_SageMaker_Session_Id=created.partition(";")[0]) for _ in range(20)]
    assert {answer.text for answer in uses} == {'{"echo": 1}'}
    assert answering(server) == {"0", "1"}


def test_an_adapter_that_only_one_worker_would_know_is_refused(start_echo: Callable[..., Server], tmp_path: Path):
    (tmp_path / "adapters" / "one").mkdir(parents=True)
    server = start_echo("--workers", "2", "--model-dir", str(tmp_path)).ready()
    refused = server.request("POST", "/adapters", json={"name": "a", "src": "/somewhere"})
    assert (refused.status_code, "serve with one" in refused.text) == (501, True)
    listed = [server.request("GET", "/adapters").json()["adapters"][0]["name"] for _ in range(10)]
    assert listed == ["one"] * 10
