"""An engine as a user starts it: behind HTTP, with a stop that leaves nothing behind."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator

import psutil
import pytest
from support.serving import Server, until

from seatrial.reference_server.backends.llm import engines

STARTUP = 300.0
DEVICES = {
    engines.LIGHT: "device cpu: the light engine computes on the processor",
    engines.TRANSFORMERS: "device cpu: torch sees no GPU (CUDA_VISIBLE_DEVICES is '')",
    engines.VLLM: "device cpu: this build of vLLM computes there",
}


@pytest.fixture(scope="module")
def server(engine_name: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    log = tmp_path_factory.mktemp("served") / "server.log"
    with log.open("wb") as sink:
        process = subprocess.Popen(
            [
                *(sys.executable, "-m", "seatrial.reference_server", "serve"),
                *("--model", "sample-llm", "--engine", engine_name, "--port", "0", "--slots", "2"),
            ],
            stdin=subprocess.DEVNULL,
            stdout=sink,
            stderr=sink,
            env={**os.environ, "CUDA_VISIBLE_DEVICES": "", "OPTION_ROLLING_BATCH": "auto", "OPTION_DTYPE": "fp32"},
            start_new_session=True,
        )
    server = Server(process, log)
    try:
        until(lambda: "/ping is 200" in server.log or process.poll() is not None, "a model that answers", STARTUP)
        yield server
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)


def test_the_engine_answers_over_http_and_says_where_it_computes(engine_name: str, server: Server):
    assert f"the {engine_name} engine runs on cpu" in server.log
    assert DEVICES[engine_name] in server.log
    assert f"the {engine_name} engine does not honour" in server.log
    for voice, word in (("", "blue"), ("alpha", "alpha"), ("beta", "beta")):
        answer = server.request("POST", "/invocations", json={"prompt": "The colour of the sky is", "model": voice})
        assert answer.json()["choices"][0]["text"] == f" {word}."
    unknown = server.request("POST", "/invocations", json={"prompt": "The", "model": "gamma"})
    assert unknown.status_code == 404


def test_the_engine_streams_token_by_token(server: Server):
    body = {"prompt": "Count from 5:", "max_tokens": 4, "stream": True}
    *events, done = server.request("POST", "/v1/completions", json=body).text.strip().split("\n\n")
    texts = [json.loads(event.removeprefix("data: "))["choices"][0]["text"] for event in events]
    assert ("".join(texts), done) == (" 5 6 7 8", "data: [DONE]")
    assert len([text for text in texts if text]) == 4


def test_a_stop_signal_ends_the_server_and_every_process_of_the_engine(server: Server):
    children = psutil.Process(server.process.pid).children(recursive=True)
    server.process.send_signal(signal.SIGTERM)
    assert server.process.wait(60) == 0
    until(lambda: not any(child.is_running() for child in children), "no process that is left behind", 10)
