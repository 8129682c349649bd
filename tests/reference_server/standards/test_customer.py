"""A customer's code around the reference server itself: who answers, in which order, and what a failure does."""

import signal
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from support.serving import PATIENCE, Server, until

Start = Callable[..., Server]

SCRIPT = """
from fastapi import Request, Response
from model_hosting_container_standards import sagemaker
from model_hosting_container_standards.common.fastapi.middleware import custom_middleware

@custom_middleware("throttle")
async def throttle(request: Request, call_next):
    request.state.seatrial_trace = ["T"]
    response = await call_next(request)
    response.headers["X-Seatrial-Request-Trace"] = ",".join(request.state.seatrial_trace)
    response.headers.append("X-Seatrial-Trace", "T")
    return response

@custom_middleware("pre_post_process")
async def pre_post(request: Request, call_next):
    request.state.seatrial_trace.append("PP")
    response = await call_next(request)
    response.headers.append("X-Seatrial-Trace", "PP")
    return response
"""
PING = """
from model_hosting_container_standards import sagemaker

@sagemaker.custom_ping_handler
async def ping():
    return {"mine": True}
"""
BODY, NEW_SESSION = b'{"echo": 1}', b'{"requestType": "NEW_SESSION"}'


@pytest.fixture
def start(start_echo: Start, tmp_path: Path) -> Start:
    """Start an echo server over a model directory that holds a script."""
    folder = tmp_path / "model"
    folder.mkdir()

    def serve(script: str = "", *arguments: str, **env: str) -> Server:
        if script:
            (folder / "model.py").write_text(script)
        return start_echo("--model-dir", str(folder), *arguments, **env)

    return serve


def test_without_anything_of_it_nothing_of_it_is_imported(start_cold: Start):
    program = (
        "import sys, threading\n"
        "from seatrial.reference_server import cli, process\n"
        "heavy = lambda: [name for name in ('fastapi', 'starlette', 'pydantic', 'jmespath') if name in sys.modules]\n"
        "process.ServerProcess.on_ready = lambda self: print('imported', heavy(), flush=True)\n"
        "cli.main(sys.argv[1:])\n"
    )
    server = start_cold("--model", "echo", command=(sys.executable, "-c", program))
    until(lambda: "imported" in server.log or server.process.poll() is not None, "a ready server")
    assert "imported []" in server.log


def test_a_script_in_the_model_directory_answers_in_place_of_the_server(start: Start):
    server = start(PING).ready()
    assert server.request("GET", "/ping").json() == {"mine": True}
    until(lambda: server.request("POST", "/ping").status_code == 200, "a model that is loaded")
    assert server.request("POST", "/ping").content == b""
    assert server.invoke(BODY).content == BODY


def test_layers_stand_in_the_order_of_the_standard(start: Start):
    answer = start(SCRIPT).ready().invoke(BODY, X_Seatrial_Trace="on")
    assert answer.headers["x-seatrial-request-trace"] == "T,e2,e1,PP"
    assert answer.headers.get_list("x-seatrial-trace") == ["PP", "e1", "e2", "T"]


def test_the_servers_own_layers_are_seen_only_where_asked_for(start: Start):
    answer = start(SCRIPT).ready().invoke(BODY)
    assert answer.headers["x-seatrial-request-trace"] == "T,PP"


@pytest.mark.parametrize(
    ("script", "reason"),
    [("raise RuntimeError('no weights')", "RuntimeError: no weights"), ("import nowhere", "No module named 'nowhere'")],
)
def test_code_that_cannot_be_loaded_ends_the_process_with_its_reason(start: Start, script: str, reason: str):
    server = start(script)
    assert server.process.wait(PATIENCE) == 1
    assert "cannot serve" in server.log
    assert reason in server.log
    assert "loading the model" not in server.log


def test_a_wrong_variable_of_sessions_ends_the_process(start: Start):
    server = start(SAGEMAKER_SESSIONS_EXPIRATION="never")
    assert server.process.wait(PATIENCE) == 1
    assert "SAGEMAKER_SESSIONS_EXPIRATION is 'never'" in server.log


def test_the_model_gets_the_name_of_the_adapter(start: Start):
    server = start(SCRIPT).ready()
    answer = server.invoke(b'{"echo": 1, "model": "base"}', X_Amzn_SageMaker_Adapter_Identifier="ad")
    assert answer.json() == {"echo": 1, "model": "ad"}


def test_two_servers_share_their_sessions(start: Start, tmp_path: Path):
    variables = {"SAGEMAKER_ENABLE_STATEFUL_SESSIONS": "true", "SAGEMAKER_SESSIONS_PATH": str(tmp_path / "sessions")}
    first, second = start(**variables).ready(), start(**variables).ready()
    session = first.invoke(NEW_SESSION).headers["x-amzn-sagemaker-new-session-id"].partition(";")[0]
    header = {"X_Amzn_SageMaker_Session_Id": session}
    assert second.invoke(BODY, **header).status_code == 200
    assert second.invoke(b'{"requestType": "CLOSE"}', **header).status_code == 200
    assert first.invoke(BODY, **header).status_code == 400


def test_adapters_of_the_model_directory_are_loaded_at_the_start(start: Start, tmp_path: Path):
    (tmp_path / "model" / "adapters" / "one").mkdir(parents=True)
    server = start().ready()
    assert [entry["name"] for entry in server.request("GET", "/adapters").json()["adapters"]] == ["one"]


def test_adapters_are_loaded_and_unloaded(start: Start):
    server = start(SCRIPT).ready()
    load = {"method": "POST", "path": "/adapters", "json": {"name": "a", "src": "/nowhere"}}
    assert server.request(**load).text == "Adapter a registered"
    assert server.request(**load).status_code == 400
    assert server.request("DELETE", "/adapters/a").text == "Adapter a unregistered"
    assert server.request("DELETE", "/adapters/a").status_code == 404
    missing = server.request("POST", "/adapters", json={"name": "b", "src": "/missing/b"})
    assert (missing.status_code, missing.headers["content-type"]) == (404, "application/json")


def test_a_stopping_server_ends_connections_whoever_answers(start: Start):
    server = start(PING).ready()
    server.process.send_signal(signal.SIGTERM)
    until(lambda: "SIGTERM" in server.log, "the signal in the log")
    assert server.request("GET", "/ping").headers["connection"] == "close"
    assert server.process.wait(PATIENCE) == 0


def test_variables_of_the_supervisor_put_one_above_the_server(start: Start):
    dies = PING + "import os\n@sagemaker.custom_invocation_handler\nasync def invoke(): os._exit(3)\n"
    server = start(dies, PROCESS_MAX_START_RETRIES="1", SUPERVISOR_PROGRAM__APP_STARTSECS="0").ready()
    command = Path(f"/proc/{server.process.pid}/cmdline").read_text()
    assert "standards.supervisor" in command
    with pytest.raises(Exception, match="disconnected"):
        server.invoke(BODY)
    until(lambda: server.log.count("loading the model") == 2, "a second server")
    assert server.process.poll() is None
    assert server.stop() == 0


def test_without_recovery_the_exit_code_is_the_servers_own(start: Start):
    server = start("import os; os._exit(7)", PROCESS_AUTO_RECOVERY="false")
    assert server.process.wait(PATIENCE) == 7


def test_a_server_that_never_starts_ends_with_code_1(start: Start):
    server = start(
        "raise RuntimeError('no weights')", PROCESS_MAX_START_RETRIES="0", SUPERVISOR_PROGRAM__APP_STARTSECS="60"
    )
    assert server.process.wait(PATIENCE) == 1
    assert "giving up after 1 failed starts" in server.log


def test_requirements_that_cannot_be_installed_stop_the_start(start: Start, tmp_path: Path):
    (tmp_path / "model" / "requirements.txt").write_text("--no-index\nseatrial-absent-package==1.0\n")
    server = start(PING, PATH="/usr/bin:/bin")
    assert server.process.wait(PATIENCE) == 1
    assert "the requirements cannot be installed" in server.log
    assert "listening on" not in server.log
