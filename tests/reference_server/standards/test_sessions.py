"""Built-in sessions over HTTP, the same by decorators around a handler and by layers around a server."""

import json
import re
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest
from support.state_site import CLOSED, NEW, SESSION, Way, ask, by_decorators, by_layers, close, create, detail

from seatrial.reference_server.standards.adapters.injection import Injection
from seatrial.reference_server.standards.sessions import manager

OFF = "Invalid payload. stateful sessions not enabled"

pytestmark = pytest.mark.usefixtures("fresh")
both_ways = pytest.mark.parametrize("way", [by_decorators, by_layers])


@pytest.fixture
def turned_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SAGEMAKER_ENABLE_STATEFUL_SESSIONS", "true")
    monkeypatch.setenv("SAGEMAKER_SESSIONS_PATH", str(tmp_path / "sessions"))
    manager.start()
    return tmp_path / "sessions"


@pytest.fixture
def turned_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SAGEMAKER_ENABLE_STATEFUL_SESSIONS", raising=False)
    manager.start()


@both_ways
def test_a_new_session_has_an_id_and_the_second_in_which_it_ends(way: Way, turned_on: Path):
    before = int(time.time())
    response = ask(way(), {"requestType": "NEW_SESSION"})
    found = re.fullmatch(r"([0-9a-f-]{36}); Expires=(\S+)", response.headers[NEW])
    assert found is not None
    ends = datetime.strptime(found[2], "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC).timestamp()
    assert response.text == f"Session {found[1]} created"
    assert response.headers["content-type"].startswith("text/plain")
    assert before + 1200 <= ends <= time.time() + 1200
    assert json.loads((turned_on / found[1] / ".expiration_ts").read_text()) == pytest.approx(ends, abs=1)


@both_ways
@pytest.mark.usefixtures("turned_on")
def test_a_session_is_used_until_it_is_closed(way: Way):
    client = way()
    session = create(client)
    used = ask(client, {"x": 1}, session)
    assert (used.status_code, used.json()) == (200, {"x": 1})
    assert not {NEW, CLOSED} & set(used.headers)
    closed = close(client, session)
    assert (closed.status_code, closed.text) == (200, f"Session {session} closed")
    assert closed.headers[CLOSED] == session
    for response in (ask(client, {"x": 1}, session), close(client, session)):
        assert (response.status_code, detail(response)) == (400, f"Bad request: session not found: {session}")


@both_ways
@pytest.mark.usefixtures("turned_on")
@pytest.mark.parametrize("name", ["nobody", "../../etc", ".", ".new-x", "a/b", "x" * 300])
def test_an_unknown_id_is_refused(way: Way, name: str):
    response = ask(way(), {"x": 1}, name)
    assert (response.status_code, detail(response)) == (400, f"Bad request: session not found: {name}")


@both_ways
@pytest.mark.usefixtures("turned_on")
@pytest.mark.parametrize("name", [None, "", "NEW_SESSION"])
def test_without_an_id_an_inference_belongs_to_no_session(way: Way, name: str | None):
    assert ask(way(), {"x": 1}, name).json() == {"x": 1}


@both_ways
@pytest.mark.usefixtures("turned_on")
@pytest.mark.parametrize("name", ["", "NEW_SESSION", "stale"])
def test_a_creation_takes_no_notice_of_an_id(way: Way, name: str):
    assert ask(way(), {"requestType": "NEW_SESSION"}, name).status_code == 200


@both_ways
@pytest.mark.usefixtures("turned_on")
@pytest.mark.parametrize(
    ("name", "said"),
    [
        (None, "invalid session_id: None"),
        ("", "invalid session_id: "),
        ("NEW_SESSION", "session not found: NEW_SESSION"),
    ],
)
def test_closing_needs_an_id(way: Way, name: str | None, said: str):
    response = close(way(), name)
    assert (response.status_code, detail(response)) == (424, f"Failed to close session: {said}")


@both_ways
@pytest.mark.usefixtures("turned_on")
@pytest.mark.parametrize("asked", [None, "", "close", "new_session", 5, ["CLOSE"]])
def test_a_request_about_a_session_has_one_of_two_values(way: Way, asked: object):
    response = ask(way(), {"requestType": asked})
    assert response.status_code == 400
    assert json.loads(detail(response))[0]["type"] == "enum"


@both_ways
@pytest.mark.usefixtures("turned_on")
def test_a_request_about_a_session_has_no_other_key(way: Way):
    response = ask(way(), {"requestType": "NEW_SESSION", "x": 1})
    assert response.status_code == 400
    assert json.loads(detail(response))[0]["loc"] == ["x"]


@both_ways
@pytest.mark.usefixtures("turned_off")
def test_turned_off_nothing_about_sessions_reaches_the_engine(way: Way):
    client = way()
    for asked in ("NEW_SESSION", "CLOSE"):
        response = ask(client, {"requestType": asked}, "s")
        assert (response.status_code, detail(response)) == (400, OFF)
    for name in ("s", "NEW_SESSION"):
        response = ask(client, {"x": 1}, name)
        assert (response.status_code, detail(response)) == (400, f"{OFF}, {SESSION} header not supported")
    for name in (None, ""):
        assert ask(client, {"x": 1}, name).status_code == 200


@both_ways
def test_the_first_use_after_the_end_is_refused(way: Way, turned_on: Path):
    client = way()
    session = create(client)
    (turned_on / session / ".expiration_ts").write_text(json.dumps(time.time() - 1))
    response = ask(client, {"x": 1}, session)
    assert (response.status_code, detail(response)) == (400, f"Bad request: session not found: {session}")
    assert not (turned_on / session).exists()


@both_ways
@pytest.mark.usefixtures("turned_on")
def test_the_id_goes_into_the_body_where_it_is_wanted(way: Way):
    client = way(id_path="meta.session")
    session = create(client)
    assert ask(client, {"x": 1}, session).json() == {"x": 1, "meta": {"session": session}}
    kept = ask(client, {"meta": {"session": "old", "y": 2}}, session)
    assert kept.json() == {"meta": {"session": session, "y": 2}}
    assert ask(client, {"x": 1}).json() == {"x": 1}
    assert ask(client, {"meta": 5}, session).status_code == 500


@both_ways
@pytest.mark.usefixtures("turned_on")
def test_only_one_missing_parent_of_the_id_is_made(way: Way):
    client = way(id_path="a.b.c")
    session = create(client)
    assert ask(client, {}, session).status_code == 500
    assert ask(client, {"a": {}}, session).json() == {"a": {"b": {"c": session}}}


@both_ways
@pytest.mark.usefixtures("turned_on")
def test_requests_about_sessions_get_no_adapter(way: Way):
    client = way(injection=Injection("model"))
    named = {"X-Amzn-SageMaker-Adapter-Identifier": "ad"}
    assert ask(client, {"requestType": "NEW_SESSION"}, **named).status_code == 200
    assert ask(client, {"x": 1}, create(client), **named).json() == {"x": 1, "model": "ad"}


@both_ways
@pytest.mark.usefixtures("turned_on")
@pytest.mark.parametrize("body", [b"{bad", b"", b'{"a":' * 100_000])
def test_a_body_that_is_no_json_is_refused(way: Way, body: bytes):
    response = way().invoke(body)
    assert response.status_code == 400
    assert detail(response).startswith("JSON decode error:")


@both_ways
@pytest.mark.usefixtures("turned_on")
@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-32"])
def test_json_is_read_in_every_encoding_and_under_every_type(way: Way, encoding: str):
    body = '{"requestType": "NEW_SESSION"}'.encode(encoding)
    assert way().invoke(body, **{"Content-Type": "text/csv"}).status_code == 200


@pytest.mark.usefixtures("turned_on")
def test_a_layer_lets_other_types_through_and_checks_their_session():
    client = by_layers()
    csv = {"Content-Type": "text/csv"}
    assert client.invoke(b"1,2\n", **csv).content == b"1,2\n"
    assert client.invoke(b"1,2\n", **csv, **{SESSION: create(client)}).content == b"1,2\n"
    assert client.invoke(b"1,2\n", **csv, **{SESSION: "nobody"}).status_code == 400


@pytest.mark.usefixtures("turned_on")
def test_a_layer_gives_on_what_is_too_long_for_it():
    body = b"[" * (2**20 + 1)
    assert by_layers().invoke(body).content == body


@pytest.mark.usefixtures("turned_on")
def test_other_routes_are_left_alone():
    assert by_layers().request("POST", "/other", content=b"{bad").content == b"{bad"
