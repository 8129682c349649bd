"""Requests to a server are whole before the run: what a real HTTP parser reads out of them is what was meant."""

from __future__ import annotations

import h11
import pytest

from seatrial import __version__
from seatrial.loadgen.mistakes import UsageError
from seatrial.loadgen.target.factory import build_traffic
from seatrial.loadgen.target.headers import api_key, parse_headers
from seatrial.loadgen.target.parse import parse_target

JSON = "application/json"


def requests(url: str, *bodies: bytes, media: str = JSON, **options: object) -> list[tuple[h11.Request, bytes]]:
    """Build, and read back what a server would."""
    traffic = build_traffic(parse_target(url), bodies or (b"{}",), [media] * (len(bodies) or 1), **options)
    return [read(traffic.first(7, index)) for index in range(len(bodies) or 1)]


def read(data: bytes) -> tuple[h11.Request, bytes]:
    server = h11.Connection(h11.SERVER)
    server.receive_data(data)
    request, body = server.next_event(), b""
    assert isinstance(request, h11.Request)
    while not isinstance(event := server.next_event(), h11.EndOfMessage):
        assert isinstance(event, h11.Data), "the body is shorter than the request says"
        body += bytes(event.data)
    assert server.trailing_data == (b"", False), "the body is longer than the request says"
    return request, body


def headers(url: str = "http://h:8080", body: bytes = b"{}", **options: object) -> dict[str, str]:
    (request, _), = requests(url, body, **options)  # fmt: skip
    return {name.decode(): value.decode("latin-1") for name, value in request.headers}


def test_a_request_carries_what_a_server_needs():
    (request, body), = requests("http://h:8080/v1?a=1", b'{"a": 1}')  # fmt: skip
    assert (request.method, request.target, request.http_version) == (b"POST", b"/v1?a=1", b"1.1")
    assert body == b'{"a": 1}'
    assert headers("http://h:8080/v1", b'{"a": 1}') == {
        "host": "h:8080", "user-agent": f"seatrial-loadgen/{__version__}", "accept": "*/*", "content-type": JSON,
        "content-length": "8",
    }  # fmt: skip


def test_each_payload_has_its_own_request():
    assert [body for _, body in requests("http://h", b"1", b"", b"\r\n\r\n333")] == [b"1", b"", b"\r\n\r\n333"]


def test_payloads_may_differ_in_media_type():
    traffic = build_traffic(parse_target("http://h"), [b"{}", b"1,2", b"x"], [JSON, "text/csv", ""])
    kinds = [dict(read(traffic.first(0, index))[0].headers).get(b"content-type") for index in range(3)]
    assert kinds == [b"application/json", b"text/csv", None]


def test_a_body_and_its_media_type_belong_together():
    with pytest.raises(ValueError, match="zip"):
        build_traffic(parse_target("http://h"), [b"a", b"b"], [JSON])


@pytest.mark.parametrize(("method", "length"), [("post", "0"), ("PUT", "0"), ("get", None), ("DELETE", None)])
def test_an_empty_body_has_a_length_where_the_method_expects_one(method: str, length: str | None):
    (request, _), = requests("http://h", b"", media="", method=method)  # fmt: skip
    assert request.method == method.upper().encode()
    assert dict(request.headers).get(b"content-length") == (length.encode() if length else None)


def test_a_get_with_a_body_says_its_length():
    assert headers(body=b"abc", method="GET")["content-length"] == "3"


@pytest.mark.parametrize("method", ["", "GET /x", "PO ST", "GET\r\n", "POST1"])
def test_a_method_that_is_none_is_told(method: str):
    with pytest.raises(UsageError, match="--method"):
        headers(method=method)


def test_headers_of_the_user_come_over_ours_whatever_their_case():
    sent = headers(headers=["HOST: other", "accept: text/csv", "X-Trace: a: b", "content-TYPE: text/plain"])
    assert sent["host"] == "other"
    assert sent["accept"] == "text/csv"
    assert sent["content-type"] == "text/plain"
    assert sent["x-trace"] == "a: b"


def test_a_header_that_is_given_twice_is_sent_twice():
    (request, _), = requests("http://h", headers=["X-A: 1", "X-A: 2"])  # fmt: skip
    assert [value for name, value in request.headers if name == b"x-a"] == [b"1", b"2"]


def test_a_header_without_a_value_is_left_out():
    assert "accept" not in headers(headers=["Accept:"])
    assert "user-agent" not in headers(headers=["User-Agent:  "])


def test_a_header_may_hold_what_latin_1_holds():
    assert headers(headers=["X-Name: Zoë"])["x-name"] == "Zoë"


@pytest.mark.parametrize(
    ("line", "named"),
    [
        ("no colon", "has no colon"),
        (": value", "is no header name"),
        ("X Y: 1", "is no header name"),
        ("X\r\nY: 1", "is no header name"),
        ("X-A: 1\r\nX-Evil: 2", "would break the request"),
        ("X-A: 1\n", "would break the request"),
        ("X-A: 1\rX", "would break the request"),
        ("X-A: \x00", "would break the request"),
        ("X-A: ☃", "outside Latin-1"),
        ("Content-Length: 5", "is set by the load generator"),
        ("transfer-encoding: chunked", "is set by the load generator"),
        ("Host:", "HTTP/1.1 asks for one"),
    ],
)
def test_a_header_that_cannot_be_sent_is_told(line: str, named: str):
    with pytest.raises(UsageError, match=named) as told:
        parse_headers([line])
    assert "\n" not in str(told.value)


def test_a_message_never_quotes_the_value_of_a_header():
    with pytest.raises(UsageError) as told:
        parse_headers(["Authorization: hush\r\n"])
    assert "hush" not in str(told.value)


def test_a_key_is_a_bearer_token_unless_something_closer_brings_credentials():
    assert headers(key="k-1")["authorization"] == "Bearer k-1"
    assert headers("http://me:pw@h", key="k-1")["authorization"] == "Basic bWU6cHc="
    assert headers("http://me:pw@h", key="k-1", headers=["authorization: Token t"])["authorization"] == "Token t"
    assert "authorization" not in headers()


def test_the_key_of_the_option_comes_before_that_of_the_environment():
    assert api_key("a", {"SEATRIAL_API_KEY": "b"}) == "a"
    assert api_key(None, {"SEATRIAL_API_KEY": "b"}) == "b"
    assert api_key(None, {"SEATRIAL_API_KEY": ""}) is None
    assert api_key(None, {}) is None


@pytest.mark.parametrize(("option", "named"), [("hush\n", "-k"), (None, "SEATRIAL_API_KEY")])
def test_a_key_that_cannot_stand_in_a_header_is_told_and_not_quoted(option: str | None, named: str):
    with pytest.raises(UsageError, match=named) as told:
        api_key(option, {"SEATRIAL_API_KEY": "hushé"})
    assert "hush" not in str(told.value)


def test_a_media_type_cannot_end_a_line():
    with pytest.raises(UsageError, match="cannot be sent"):
        headers(media="text/plain\r\nX-Evil: 1")


def test_whether_answers_are_kept_is_up_to_the_caller():
    target = parse_target("http://h")
    assert [build_traffic(target, [b""], [""], keeps=keeps).keeps for keeps in (True, False)] == [True, False]


def test_a_server_is_reached_in_one_step():
    assert build_traffic(parse_target("http://h"), [b""], [""]).steps == 1
