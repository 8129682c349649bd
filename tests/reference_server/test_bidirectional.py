"""Bidirectional streams: one message is one request, each record one frame, and every end says why."""

from __future__ import annotations

import json
import signal
import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import pytest
from support.serving import Server, until

from seatrial.conformance.subject.launcher import Address
from seatrial.conformance.wire.frames import Frame, Opcode
from seatrial.conformance.wire.rawhttp import Client
from seatrial.conformance.wire.redact import Redactor
from seatrial.conformance.wire.websocket import WebSocket, upgrade_request

if TYPE_CHECKING:
    from pathlib import Path

PATH = "/invocations-bidirectional-stream"
COUNT = b'{"inputs": "Count from 3:", "parameters": {"max_new_tokens": 4}}'
LONG = b'{"inputs": "Count from 3:", "parameters": {"max_new_tokens": 60, "ignore_eos": true}}'
LLM = ("--model", "sample-llm")

Open = Callable[..., WebSocket]


@pytest.fixture
def open_at() -> Iterator[Open]:
    """Open a WebSocket of a server."""
    opened: list[WebSocket] = []

    def opening(server: Server, target: str = PATH) -> WebSocket:
        client = Client(Address("127.0.0.1", server.port), origin=time.monotonic(), mask=Redactor())
        opened.append(client.websocket(upgrade_request(target), timeout=5.0))
        return opened[-1]

    yield opening
    for one in opened:
        one.leave()


@pytest.fixture
def llm(start_echo: Callable[..., Server]) -> Callable[..., Server]:
    """The same warm server with the sample language model: of two models the later counts."""
    return lambda *more: start_echo(*LLM, *more).ready()


def texts(session: WebSocket) -> list[str]:
    return [one.body.text for one in session.heard if one.kind == "text"]


def test_each_token_is_a_frame_in_text_and_in_binary(llm: Callable[..., Server], open_at: Open):
    session = open_at(llm())
    for text in (True, False):
        session.say(COUNT, text=text)
    assert session.await_messages(8, 5.0)
    tokens = [json.loads(one)["token"]["text"] for one in texts(session)]
    assert tokens == [" 3", " 4", " 5", " 6"] * 2


def test_records_of_openais_streams_leave_without_their_envelope(llm: Callable[..., Server], open_at: Open):
    session = open_at(llm())
    session.say(b'{"prompt": "The colour of the sky is", "temperature": 0}', text=True)
    session.listen(lambda: any('"finish_reason":"stop"' in one for one in texts(session)), 5.0)
    choices = [json.loads(one)["choices"][0]["text"] for one in texts(session)]
    assert "".join(choices) == " blue."


def test_an_error_is_a_frame_and_a_close_with_a_short_reason(llm: Callable[..., Server], open_at: Open):
    server = llm()
    for message, code, begins in (
        (b'{"inputs": ', 1008, "invalid_json"),
        (b'{"inputs": "a", "adapters": "nobody"}', 1008, ""),
        (b"[1]", 1008, "wrong_shape"),
        (b'{"' + b"x" * 400, 1008, "invalid_json"),
    ):
        session = open_at(server)
        session.say(message, text=True)
        assert session.await_end(5.0)
        told = json.loads(texts(session)[0])["ModelStreamError"]
        assert told["ErrorCode"].startswith(begins)
        assert session.closed is not None
        assert (session.closed.code, session.closed.body.length <= 123) == (code, True)
        assert session.closed.body.text.startswith(told["ErrorCode"])


def test_pings_are_answered_while_an_answer_is_made(llm: Callable[..., Server], open_at: Open):
    session = open_at(llm("--token-interval", "20"))
    session.say(LONG, text=True)
    assert session.await_messages(2, 5.0)
    seconds = [session.ping(b"%d" % number, 2.0) for number in range(3)]
    assert all(one is not None and one < 0.5 for one in seconds)
    assert session.messages < 60


def test_messages_are_answered_in_their_order(llm: Callable[..., Server], open_at: Open):
    session = open_at(llm("--token-interval", "5"))
    for start in (3, 7):
        session.say(COUNT.replace(b"3", b"%d" % start, 1), text=True)
    assert session.await_messages(8, 5.0)
    assert [json.loads(one)["token"]["text"] for one in texts(session)][::4] == [" 3", " 7"]


def test_too_many_messages_at_once_are_refused(llm: Callable[..., Server], open_at: Open):
    session = open_at(llm("--token-interval", "20"))
    session.send(*(Frame(Opcode.TEXT, LONG) for _ in range(20)))
    assert session.await_end(10.0)
    assert session.closed is not None
    assert session.closed.code == 1013


@pytest.mark.parametrize("leave", ["close", "reset", "half_close"])
def test_a_caller_who_leaves_frees_the_slot(llm: Callable[..., Server], open_at: Open, leave: str):
    server = llm("--token-interval", "20")
    session = open_at(server)
    session.say(LONG, text=True)
    assert session.await_messages(2, 5.0)
    assert server.calls("running") == 1
    if leave == "close":
        session.close(1000, timeout=5.0)
    else:
        getattr(session, leave)()
    until(lambda: server.calls("running") == 0, "no running call")


def test_a_session_too_many_is_refused_before_101_until_another_ends(start_echo: Callable[..., Server], open_at: Open):
    server = start_echo("--bidirectional-limit", "2").ready()
    sessions = [open_at(server) for _ in range(2)]
    refused = open_at(server)
    assert (refused.handshake.status, refused.handshake.answer and refused.handshake.answer.body.json) == (503, True)
    sessions[0].close(1001, timeout=5.0)
    assert open_at(server).handshake.status == 101


def test_the_echo_gives_messages_back(echo: Server, open_at: Open):
    session = open_at(echo)
    session.say('{"echo": "é"}'.encode(), text=False)
    assert session.await_messages(1, 5.0)
    assert texts(session) == ['{"echo": "é"}']


def test_another_path_is_404_and_a_plain_request_426(echo: Server, open_at: Open):
    assert open_at(echo, "/another").handshake.status == 404
    assert open_at(echo, f"{PATH}?a=1&b=%20x").handshake.status == 101
    assert echo.request("GET", PATH).status_code == 426


def test_an_idle_session_is_closed_at_its_limit_in_the_ordinary_way(start_echo: Callable[..., Server], open_at: Open):
    server = start_echo("--bidirectional-timeout", "5", SEATRIAL_TIME_SCALE="0.1").ready()
    session = open_at(server)
    assert session.await_end(5.0)
    assert session.seen().summary == "close 1000: the stream was open for 0.5 s"
    assert open_at(server).handshake.status == 101


def test_an_answer_is_cut_at_the_limit_and_says_so(llm: Callable[..., Server], open_at: Open):
    session = open_at(llm("--token-interval", "50", "--bidirectional-timeout", "0.5"))
    session.say(LONG, text=True)
    assert session.await_end(5.0)
    assert session.closed is not None
    assert session.closed.code == 1011
    assert json.loads(texts(session)[-1])["ModelStreamError"]["ErrorCode"] == "call_timeout"


def test_at_the_stop_idle_sessions_end_at_once_and_answers_first(llm: Callable[..., Server], open_at: Open):
    server = llm("--token-interval", "20")
    idle, busy = open_at(server), open_at(server)
    busy.say(LONG, text=True)
    assert busy.await_messages(2, 5.0)
    server.process.send_signal(signal.SIGTERM)
    assert idle.await_end(1.0)
    assert (idle.seen().summary, busy.closed) == ("close 1001: the server is stopping", None)
    assert open_at(server).handshake.status in {503, None}
    assert busy.await_end(10.0)
    assert (busy.messages, busy.seen().summary) == (60, "close 1001: the server is stopping")
    assert server.process.wait(10) == 0


def test_an_answer_that_outlasts_the_grace_is_cut_with_a_reason(llm: Callable[..., Server], open_at: Open):
    server = llm("--token-interval", "200", "--stop-grace", "0.5")
    session = open_at(server)
    session.say(LONG, text=True)
    assert session.await_messages(1, 5.0)
    server.process.send_signal(signal.SIGTERM)
    assert session.await_end(5.0)
    assert session.closed is not None
    assert session.closed.code == 1001
    assert server.process.wait(10) == 0


def test_a_customers_middleware_lets_sessions_through(start_echo: Callable[..., Server], open_at: Open, tmp_path: Path):
    script = tmp_path / "model.py"
    script.write_text(
        "from model_hosting_container_standards.common.fastapi.middleware import custom_middleware\n"
        "@custom_middleware('throttle')\n"
        "async def stamp(request, call_next):\n"
        "    answer = await call_next(request)\n"
        "    answer.headers['X-Stamped'] = 'yes'\n"
        "    return answer\n"
    )
    server = start_echo(CUSTOM_SCRIPT_FILENAME=str(script)).ready()
    assert server.request("GET", "/ping").headers["X-Stamped"] == "yes"
    session = open_at(server)
    session.say(b'{"echo": 1}', text=True)
    assert session.await_messages(1, 5.0)
    assert open_at(server, "/another").handshake.status == 404
    server.process.send_signal(signal.SIGTERM)
    assert session.await_end(5.0)
    assert session.seen().summary == "close 1001: the server is stopping"
