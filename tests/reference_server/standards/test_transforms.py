"""Shapes, paths and the defaults of variables, without HTTP."""

import asyncio
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.requests import Request

from seatrial.reference_server.protocols.asgi import Message
from seatrial.reference_server.standards.transforms import defaults
from seatrial.reference_server.standards.transforms.asgi import with_length
from seatrial.reference_server.standards.transforms.bodies import checked_path, set_value
from seatrial.reference_server.standards.transforms.callers import positions
from seatrial.reference_server.standards.transforms.refusals import RefusedError
from seatrial.reference_server.standards.transforms.requests import replace_body
from seatrial.reference_server.standards.transforms.shapes import CompiledShape, Expression, Headers

KEY = st.text(st.characters(blacklist_characters=".", codec="utf-8"), min_size=1, max_size=5)


def at(body: Any, keys: tuple[str, ...]) -> Any:
    for key in keys:
        body = body[key]
    return body


@given(keys=st.lists(KEY, min_size=1, max_size=4), value=st.integers())
def test_a_value_is_found_where_it_was_set(keys: list[str], value: int):
    path, body = checked_path(".".join(keys), "path"), dict[str, Any]()
    set_value(body, path, value, create=len(path))
    assert at(body, path) == value


@pytest.mark.parametrize("missing", [0, 1, 2, 3])
@pytest.mark.parametrize("allowed", [0, 1, 2])
def test_only_so_many_parents_are_made(missing: int, allowed: int):
    keys = ("a", "b", "c", "d")
    body: dict[str, Any] = {}
    set_value(body, keys[: 4 - missing], {}, create=9)
    if missing - 1 <= allowed:
        set_value(body, keys, 1, create=allowed)
        return
    with pytest.raises(RefusedError, match="cannot be set: the body has no") as refused:
        set_value(body, keys, 1, create=allowed)
    assert refused.value.status == 500


def test_a_default_gives_way_to_a_value():
    body: dict[str, Any] = {"a": {"b": 1}}
    defaults.apply({("a", "b"): 2, ("a", "c", "d"): 3, ("e",): 4}, body)
    assert body == {"a": {"b": 1, "c": {"d": 3}}, "e": 4}


def test_defaults_are_read_by_their_paths_below_the_body():
    variables = {defaults.CREATE_SESSION: '{"body.a.b": 1, "body.c": null}'}
    assert defaults.values_of(defaults.CREATE_SESSION, variables) == {("a", "b"): 1, ("c",): None}
    assert defaults.values_of(defaults.CLOSE_SESSION, variables) == {}


def test_headers_are_found_in_any_case_and_the_first_counts():
    headers = Headers([("X-Foo", "1"), ("x-foo", "2")])
    assert (headers.get("X-FOO"), headers.get("other")) == ("1", None)


def test_a_shape_leaves_out_what_is_no_expression():
    shape = CompiledShape({"a": "body.a", "n": {"b": "body.b"}, "five": 5})
    assert vars(shape.apply({"body": {"a": 1, "b": 2}})) == {"a": 1, "n": {"b": 2}}
    assert not CompiledShape(None)


def test_an_expression_that_cannot_be_applied_is_the_servers_fault():
    with pytest.raises(RefusedError) as refused:
        Expression("length(body.a)").find({"body": {"a": None}})
    assert refused.value.status == 500


def test_a_changed_body_has_a_length_of_its_own():
    headers = [(b"Content-Length", b"5"), (b"Transfer-Encoding", b"chunked"), (b"x", b"y")]
    assert with_length(headers, 7) == [(b"x", b"y"), (b"content-length", b"7")]


def test_a_request_forgets_what_it_read_of_its_former_body():
    async def receive() -> Message:
        return {"type": "http.request", "body": b'{"a": 1}', "more_body": False}

    async def read_twice() -> tuple[Any, Any, str]:
        request = Request({"type": "http", "method": "POST", "headers": [(b"content-length", b"8")]}, receive)
        before = (await request.json(), request.headers["content-length"])
        replace_body(request, b'{"a": 22}')
        return before, await request.json(), request.headers["content-length"]

    assert asyncio.run(read_twice()) == (({"a": 1}, "8"), {"a": 22}, "9")


def test_what_a_handler_takes_is_counted():
    assert [positions(one) for one in (lambda: 0, lambda a: a, lambda a, b: (a, b), lambda a, b=1: (a, b))] == [
        0,
        1,
        2,
        1,
    ]
    assert positions(lambda *a, **k: (a, k)) == 0
