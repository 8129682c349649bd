"""Streams: each token leaves when it is made, a caller that leaves frees its place, and a stop lets them end."""

import json
import socket
import time
from collections.abc import Callable, Iterator
from itertools import pairwise

import httpx
import pytest
from support.serving import PATIENCE, TLS, Server, until

COUNT = {"prompt": "Count from 1:", "max_tokens": 12, "stream": True}
LONG = {"prompt": "Count from 1:", "max_tokens": 1500, "ignore_eos": True, "stream": True}


def events(text: str) -> list[dict[str, object]]:
    """The events of a stream, which must end with [DONE]."""
    *told, done, rest = text.split("\n\n")
    assert (done, rest) == ("data: [DONE]", "")
    return [json.loads(event.removeprefix("data: ")) for event in told]


def lines(server: Server, path: str, body: object) -> Iterator[tuple[float, str]]:
    """The lines of a stream with the time of each."""
    with (
        httpx.Client(base_url=server.url, timeout=PATIENCE, verify=TLS) as client,
        client.stream("POST", path, json=body) as answer,
    ):
        for line in answer.iter_lines():
            if line:
                yield time.monotonic(), line


class Caller:
    """A caller that has sent a request, and may leave at any moment."""

    def __init__(self, server: Server, body: object) -> None:
        self.connection = socket.create_connection(("127.0.0.1", server.port), PATIENCE)
        content = json.dumps(body).encode()
        head = f"POST /invocations HTTP/1.1\r\nHost: x\r\nContent-Length: {len(content)}\r\n\r\n"
        self.connection.sendall(head.encode() + content)

    def read(self) -> bytes:
        return self.connection.recv(65536)

    def all(self) -> bytes:
        received = b""
        while part := self.read():
            received += part
        return received

    def leave(self) -> None:
        self.connection.close()


def test_a_completion_streams_its_text_and_its_sums(llm: Server):
    body = {**COUNT, "stream_options": {"include_usage": True}}
    answer = llm.request("POST", "/v1/completions", json=body)
    assert answer.headers["content-type"] == "text/event-stream; charset=utf-8"
    assert "content-length" not in answer.headers
    *told, last = events(answer.text)
    assert "".join(event["choices"][0]["text"] for event in told) == " 1 2 3 4 5 6 7 8 9 10 11 12"  # type: ignore[index]
    assert [event["choices"][0]["finish_reason"] for event in told] == [None] * 11 + ["length"]  # type: ignore[index]
    assert last["choices"] == []
    assert last["usage"] == {"prompt_tokens": 5, "completion_tokens": 12, "total_tokens": 17}


def test_a_chat_streams_who_speaks_then_what_then_why_it_ends(llm: Server):
    body = {"messages": [{"role": "user", "content": "What colour is the sea?"}], "stream": True, "model": "beta"}
    told = events(llm.request("POST", "/v1/chat/completions", json=body).text)
    deltas = [event["choices"][0]["delta"] for event in told]  # type: ignore[index]  # JSON
    assert deltas == [{"role": "assistant", "content": ""}, {"content": "beta"}, {"content": "."}, {}]
    assert told[-1]["choices"][0]["finish_reason"] == "stop"  # type: ignore[index]  # JSON
    assert {event["model"] for event in told} == {"beta"}


def test_lmi_streams_lines_and_the_last_holds_the_whole(llm: Server):
    body = {"inputs": "Count from 18:", "stream": True, "adapters": "alpha"}
    answer = llm.invoke(json.dumps(body).encode())
    assert answer.headers["content-type"] == "application/jsonlines"
    told = [json.loads(line) for line in answer.text.splitlines()]
    assert "".join(line["token"]["text"] for line in told) == " 18 19 20 alpha."
    assert told[-1]["generated_text"] == " 18 19 20 alpha."
    assert told[-1]["details"]["finish_reason"] == "eos_token"
    assert all("generated_text" not in line for line in told[:-1])


def test_n_streams_share_one_answer_and_each_is_whole(llm: Server):
    told = events(llm.request("POST", "/v1/completions", json={**COUNT, "n": 3}).text)
    for index in range(3):
        mine = [event["choices"][0] for event in told if event["choices"][0]["index"] == index]  # type: ignore[index]
        assert "".join(choice["text"] for choice in mine) == " 1 2 3 4 5 6 7 8 9 10 11 12"


def test_nothing_of_a_stop_string_is_streamed(llm: Server):
    told = events(llm.request("POST", "/v1/completions", json={**COUNT, "stop": "4 5"}).text)
    assert "".join(event["choices"][0]["text"] for event in told) == " 1 2 3 "  # type: ignore[index]  # JSON


def test_tokens_leave_when_they_are_made(slow_llm: Server):
    times = [moment for moment, line in lines(slow_llm, "/v1/completions", COUNT) if line != "data: [DONE]"]
    gaps = [later - earlier for earlier, later in pairwise(times)]
    assert len(times) == 12
    assert times[-1] - times[0] == pytest.approx(11 * 0.05, rel=0.5)
    assert sum(gap > 0.02 for gap in gaps) >= 9


def test_a_caller_that_leaves_frees_its_place_within_a_step(slow_llm: Server):
    callers = [Caller(slow_llm, LONG) for _ in range(2)]
    until(lambda: slow_llm.calls("running") == 2, "two running calls")
    waiting = Caller(slow_llm, {**COUNT, "max_tokens": 1})
    until(lambda: slow_llm.calls("waiting") == 1, "a waiting call")
    left = time.monotonic()
    callers[0].leave()
    assert b" 200 " in waiting.read()
    assert time.monotonic() - left < 1  # a step is 0.05 s; the answers that are made take more than a minute
    callers[1].leave()
    until(lambda: slow_llm.calls("running") == 0, "free places")


def test_a_caller_that_leaves_the_queue_is_forgotten(slow_llm: Server):
    callers = [Caller(slow_llm, LONG) for _ in range(2)]
    until(lambda: slow_llm.calls("running") == 2, "two running calls")
    waiting = Caller(slow_llm, {**LONG, "stream": False})
    until(lambda: slow_llm.calls("waiting") == 1, "a waiting call")
    waiting.leave()
    until(lambda: slow_llm.calls("waiting") == 0, "an empty queue")
    for caller in callers:
        caller.leave()
    until(lambda: slow_llm.calls("running") == 0, "free places")


@pytest.mark.parametrize("stream", [True, False])
def test_a_full_queue_is_503_with_a_reason_also_for_a_stream_and_ping_is_200(slow_llm: Server, stream: bool):
    callers = [Caller(slow_llm, LONG) for _ in range(3)]
    until(lambda: slow_llm.calls("waiting") == 1, "a full queue")
    answer = slow_llm.request("POST", "/v1/completions", json={**COUNT, "stream": stream})
    assert (answer.status_code, answer.json()["error"]["code"]) == (503, "overloaded")
    assert answer.json()["error"]["type"] == "overloaded_error"
    assert slow_llm.ping() == 200
    for caller in callers:
        caller.leave()
    until(lambda: slow_llm.calls("running") + slow_llm.calls("waiting") == 0, "free places")


def test_an_answer_that_takes_too_long_is_504_and_its_place_is_free(start_llm: Callable[..., Server]):
    server = start_llm("--token-interval", "100", "--call-timeout", "5", SEATRIAL_TIME_SCALE="0.1")
    answer = server.request("POST", "/v1/completions", json={**LONG, "stream": False})
    assert (answer.status_code, answer.json()["error"]["code"]) == (504, "call_timeout")
    until(lambda: server.calls("running") == 0, "a free place")
    assert server.stop() == 0


def test_a_stream_that_takes_too_long_ends_with_a_record_of_the_failure(start_llm: Callable[..., Server]):
    server = start_llm("--token-interval", "20", "--stream-timeout", "5", SEATRIAL_TIME_SCALE="0.1")
    told = [line for _, line in lines(server, "/v1/completions", LONG)]
    assert json.loads(told[-1].removeprefix("data: "))["error"]["code"] == "call_timeout"
    assert json.loads(told[0].removeprefix("data: "))["choices"]
    assert server.stop() == 0


def test_a_stop_lets_open_streams_end_and_takes_no_new_ones(start_llm: Callable[..., Server]):
    server = start_llm("--token-interval", "80")
    caller = Caller(server, {**COUNT, "max_tokens": 21})
    assert b" 200 " in caller.read()
    assert server.stop() == 0
    rest = caller.all()
    assert b"data: [DONE]" in rest
    assert rest.endswith(b"0\r\n\r\n")


def test_a_stream_that_outlives_the_grace_says_so_and_the_server_ends_with_0(start_llm: Callable[..., Server]):
    server = start_llm("--token-interval", "20", SEATRIAL_TIME_SCALE="0.02")
    caller = Caller(server, LONG)
    assert b" 200 " in caller.read()
    assert server.stop() == 0
    assert b'"code":"stopping"' in caller.all()


def test_the_paths_of_a_language_model_exist_only_where_one_is_served(start_cold: Callable[..., Server]):
    server = start_cold("--model", "echo").ready()
    assert server.request("GET", "/v1/models").status_code == 404
    assert server.request("POST", "/v1/completions", json=COUNT).status_code == 404
    assert server.stop() == 0
