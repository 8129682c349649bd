"""/invocations: bytes pass unchanged, media types are read as they are meant, and refusals say why in short JSON."""

import json
import os
import socket
import threading

import pytest
from support.serving import PATIENCE, Server

BINARY = "application/octet-stream"
ATTRIBUTES = "X-Amzn-SageMaker-Custom-Attributes"


def raw(server: Server, *parts: bytes) -> bytes:
    """Send bytes as they are, and read until the server closes."""
    with socket.create_connection(("127.0.0.1", server.port), PATIENCE) as connection:
        for part in parts:
            connection.sendall(part)
        received = b""
        while data := connection.recv(65536):
            received += data
    return received


def test_bytes_come_back_unchanged(echo: Server):
    body = bytes(range(256)) + os.urandom(100_000)
    answer = echo.invoke(body, BINARY)
    assert (answer.status_code, answer.headers["content-type"], answer.content) == (200, BINARY, body)


def test_25_megabytes_pass(echo: Server):
    body = os.urandom(25_000_000)
    assert echo.invoke(body, BINARY).content == body


@pytest.mark.parametrize("stated", ["application/json", "APPLICATION/JSON", 'application/json; charset="UTF-8"', None])
def test_json_is_json_however_it_is_named(echo: Server, stated: str | None):
    assert echo.invoke(b"[1, 2]", stated).status_code == 200
    assert echo.invoke(b"[1, ", stated).status_code == 400


@pytest.mark.parametrize(
    ("body", "content_type", "headers", "status", "code"),
    [
        (b"", "application/json", {}, 400, "empty_body"),
        (b"{", "application/json", {}, 400, "invalid_json"),
        (b'"\\ud800"', "application/json", {}, 400, "invalid_json"),
        (b"[" * 5000, "application/json", {}, 400, "invalid_json"),
        (b'{"x": 1}', "application/json", {}, 400, "wrong_shape"),
        (b'{"sleep": "soon"}', "application/json", {}, 400, "wrong_shape"),
        (b"[1]", "application/json; charset=utf-16", {}, 415, "unsupported_media_type"),
        (b"[1]", "application/json", {"content_encoding": "gzip"}, 415, "unsupported_media_type"),
        (b"[1]", "application/x-nope", {}, 415, "unsupported_media_type"),
        (b"[1]", "nonsense", {}, 415, "unsupported_media_type"),
        (b"[1]", "application/json", {"accept": "image/png, text/*;q=0.5"}, 406, "not_acceptable"),
        (b"[1]", "application/json", {"accept": "application/json;q=0"}, 406, "not_acceptable"),
        (b'{"fail": "a defect"}', "application/json", {}, 500, "model_failed"),
    ],
)
def test_a_refusal_is_short_json_with_a_code_and_a_line_in_the_log(
    echo: Server, body: bytes, content_type: str, headers: dict[str, str], status: int, code: str
):
    answer = echo.invoke(body, content_type, **headers)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/json"
    assert len(answer.text) <= 2048
    assert answer.json()["error"]["code"] == code
    assert f"POST /invocations {status} {code}" in echo.log
    assert echo.invoke(b"[1]").status_code == 200


@pytest.mark.parametrize("accept", ["*/*", "application/*;q=0.2", "image/png;q=0.9, */*;q=0.1", "not a range", ""])
def test_an_accept_that_leaves_room_is_answered(echo: Server, accept: str):
    assert echo.invoke(b"[1]", accept=accept).status_code == 200


def test_a_message_stays_below_2048_characters_whatever_the_model_says(echo: Server):
    answer = echo.invoke(json.dumps({"fail": "\x00" * 5000}).encode())
    assert answer.status_code == 500
    assert len(answer.text) <= 2048


def test_custom_attributes_come_back_only_where_the_model_sets_them(echo: Server):
    value = (',=;"' * 256)[:1024]
    assert echo.invoke(b"[1]", X_Amzn_SageMaker_Custom_Attributes=value).headers[ATTRIBUTES] == value
    assert ATTRIBUTES not in echo.invoke(b"[1]").headers


def test_attributes_that_the_platform_cannot_carry_are_left_out(echo: Server):
    answer = raw(
        echo,
        b"POST /invocations HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 3\r\n",
        b"Content-Type: application/json\r\n" + ATTRIBUTES.encode() + b": caf\xe9\r\n\r\n[1]",
    )
    assert answer.startswith(b"HTTP/1.1 200")
    assert ATTRIBUTES.lower().encode() not in answer.lower()


def test_twenty_unknown_headers_of_a_kilobyte_change_nothing(echo: Server):
    headers = {f"X-Amzn-{number}": "v" * 1024 for number in range(20)}
    assert echo.invoke(b"[1]", **headers).content == b"[1]"


def test_a_chunked_body_is_read_like_any_other(echo: Server):
    answer = raw(
        echo,
        b"POST /invocations HTTP/1.1\r\nHost: x\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n",
        b"2\r\n[1\r\n",
        b"3\r\n, 2\r\n1\r\n]\r\n0\r\n\r\n",
    )
    assert answer.endswith(b"[1, 2]")


def test_expect_100_continue_is_answered_before_the_body(echo: Server):
    with socket.create_connection(("127.0.0.1", echo.port), PATIENCE) as connection:
        connection.sendall(
            b"POST /invocations HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n"
        )
        assert connection.recv(65536).startswith(b"HTTP/1.1 100 ")
        connection.sendall(b"[1]")
        assert connection.recv(65536).startswith(b"HTTP/1.1 200 ")


@pytest.mark.parametrize(
    ("method", "path", "status", "allow"),
    [("GET", "/invocations", 405, "POST"), ("DELETE", "/ping", 405, "GET, HEAD, POST"), ("GET", "/nope", 404, None)],
)
def test_what_is_not_served_is_refused_by_name(echo: Server, method: str, path: str, status: int, allow: str | None):
    answer = echo.request(method, path)
    assert (answer.status_code, answer.headers.get("allow")) == (status, allow)
    assert answer.json()["error"]["message"]


def test_metrics_are_harmless(echo: Server):
    answer = echo.request("GET", "/metrics")
    assert answer.status_code == 200
    assert "seatrial_ready 1" in answer.text


def test_sixty_four_callers_each_get_their_own_answer(echo: Server):
    wrong = []

    def call(number: int) -> None:
        body = os.urandom(2000) + str(number).encode()
        if echo.invoke(body, BINARY).content != body:
            wrong.append(number)

    callers = [threading.Thread(target=call, args=(number,)) for number in range(64)]
    for caller in callers:
        caller.start()
    for caller in callers:
        caller.join()
    assert wrong == []
