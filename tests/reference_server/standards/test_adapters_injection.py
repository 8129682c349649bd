"""The adapter that a header names goes into the body, the same by a decorator and by a layer."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.state_site import ADAPTER, Way, ask, by_decorators, by_layers, detail

from seatrial.reference_server.standards.adapters import AppendOperation, create_lora_transform_decorator
from seatrial.reference_server.standards.adapters.decorators import inject_adapter_id
from seatrial.reference_server.standards.adapters.injection import Injection

pytestmark = pytest.mark.usefixtures("fresh")
both_ways = pytest.mark.parametrize("way", [by_decorators, by_layers])
REPLACE = Injection("model")
APPEND = Injection("model", append=True, separator=":")
JOIN = Injection("model", append=True, separator="")
NESTED = Injection("cfg.lora")


@both_ways
@pytest.mark.parametrize(
    ("injection", "adapter", "body", "expected"),
    [
        (REPLACE, "ad", {"model": "base", "x": 1}, {"model": "ad", "x": 1}),
        (REPLACE, "ad", {}, {"model": "ad"}),
        (REPLACE, None, {"model": "base"}, {"model": "base"}),
        (REPLACE, None, {}, {}),
        (REPLACE, "", {"model": "base"}, {"model": ""}),
        (APPEND, "ad", {"model": "base"}, {"model": "base:ad"}),
        (APPEND, "ad", {}, {"model": "ad"}),
        (APPEND, "ad", {"model": None}, {"model": "ad"}),
        (APPEND, "ad", {"model": ""}, {"model": ":ad"}),
        (APPEND, "ad", {"model": 5}, {"model": "5:ad"}),
        (APPEND, None, {"model": "base"}, {"model": "base"}),
        (APPEND, "", {"model": "base"}, {"model": "base"}),
        (JOIN, "ad", {"model": "base"}, {"model": "basead"}),
        (NESTED, "ad", {"cfg": {"y": 1}}, {"cfg": {"y": 1, "lora": "ad"}}),
    ],
)
def test_the_name_goes_where_it_belongs(way: Way, injection: Injection, adapter: str | None, body: Any, expected: Any):
    named = {} if adapter is None else {ADAPTER.lower(): adapter}
    assert ask(way(injection=injection), body, **named).json() == expected


@both_ways
@pytest.mark.parametrize("body", [{}, {"cfg": None}, {"cfg": "text"}])
def test_a_nested_path_needs_its_parent(way: Way, body: Any):
    assert ask(way(injection=NESTED), body, **{ADAPTER: "ad"}).status_code == 500


@both_ways
@pytest.mark.parametrize("body", [b"[1]", b'"s"', b"5", b"null", b"{bad", b"", b"\xff{}"])
@pytest.mark.parametrize("named", [{}, {ADAPTER: "ad"}])
def test_a_body_that_is_no_object_is_refused(way: Way, body: bytes, named: dict[str, str]):
    assert way(injection=REPLACE).invoke(body, **named).status_code == 400


@both_ways
def test_what_is_no_json_says_so(way: Way):
    assert detail(way(injection=REPLACE).invoke(b"{bad")).startswith("JSON decode error:")


@both_ways
def test_of_several_names_the_first_counts(way: Way):
    headers = [(ADAPTER, "one"), (ADAPTER, "two")]
    response = way(injection=REPLACE).request("POST", "/invocations", content=b"{}", headers=headers)
    assert response.json() == {"model": "one"}


def test_a_layer_lets_other_types_through():
    client = by_layers(injection=REPLACE)
    assert client.invoke(b"1,2\n", **{"Content-Type": "text/csv", ADAPTER: "ad"}).content == b"1,2\n"
    assert client.invoke(b"{}", **{"Content-Type": "text/csv", ADAPTER: "ad"}).json() == {"model": "ad"}


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=10,
)


@given(body=st.dictionaries(st.text(), JSON, max_size=5), adapter=st.text(min_size=1))
def test_every_other_field_stays_as_it_was(body: dict[str, Any], adapter: str):
    sent = json.dumps(body).encode()
    assert json.loads(REPLACE.into(sent, adapter)) == {**body, "model": adapter}
    assert REPLACE.into(sent, None) is sent


@pytest.mark.parametrize(
    "arguments",
    [
        *(("",), (None,), (5,), ("a..b",), (".a",)),
        *(("model", True), ("model", True, None), ("model", True, 5), ("model", False, ":")),
    ],
)
def test_arguments_that_do_not_go_together_are_refused_at_once(arguments: Any):
    with pytest.raises(ValueError, match=r"adapter_path|separator"):
        inject_adapter_id(*arguments)


def test_a_factory_makes_the_same_decorators():
    inject = create_lora_transform_decorator("inject_adapter_id")
    header = f'headers."{ADAPTER}"'
    appended = AppendOperation(separator=":", expression=header)

    async def handler(request: Any) -> Any:
        return await request.json()

    for shape, expected in (({"model": header}, "ad"), ({"model": appended}, "base:ad")):
        site = by_decorators()
        site.app.post("/factory")(inject(shape)(handler))
        response = site.request("POST", "/factory", json={"model": "base"}, headers={ADAPTER: "ad"})
        assert response.json() == {"model": expected}
    with pytest.raises(ValueError, match="no kind of handler"):
        create_lora_transform_decorator("other")
