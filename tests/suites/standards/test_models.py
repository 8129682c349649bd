"""Traces of sessions and adapters are judged as the contract allows, whoever was first among those who came at once."""

from __future__ import annotations

import json

import pytest

from seatrial.conformance.program import Step, Taken, Trace
from seatrial.conformance.wire.exchange import Answer, Body, Exchange, Request
from seatrial.suites.standards.models import (
    Lifetime,
    When,
    about,
    impossible_adapters,
    impossible_sessions,
    name_of,
    when_of,
    wrongly_injected,
)

OVER, BORDER = When.OVER, When.BORDER


def exchange(status: int, body: bytes = b"", started: float = 0.0, done: float = 0.0) -> Exchange:
    return Exchange(Request("POST", "/invocations"), Answer(status, body=Body(head=body)), started=started, done=done)


def did(action: str, status: int, name: str = "a", when: When = When.IN_TIME) -> Taken:
    return Taken(Step(action), about(name, when), exchange(status))


def made(*rounds: tuple[Taken, ...]) -> Trace:
    return Trace(((did("create", 200),), *rounds))


@pytest.mark.parametrize(
    "rounds",
    [
        ((did("use", 200),), (did("close", 200),), (did("use", 400),), (did("close", 400),)),
        ((did("close", 200), did("use", 200), did("use", 400)),),
        ((did("close", 400), did("close", 200), did("close", 424)),),
        ((did("use", 200, when=OVER),), (did("use", 400, when=OVER),)),
        ((did("use", 400, when=OVER),), (did("use", 400, when=OVER),)),
        ((did("use", 200, when=BORDER),), (did("use", 200, when=BORDER),), (did("use", 400, when=OVER),)),
        ((did("close", 424, when=OVER),), (did("close", 424, when=OVER),)),
        ((did("use", 400, name="nobody"),), (did("close", 400, name="nobody"),)),
    ],
)
def test_what_the_contract_allows_is_explained(rounds: tuple[tuple[Taken, ...], ...]) -> None:
    assert list(impossible_sessions(made(*rounds))) == []


@pytest.mark.parametrize(
    "rounds",
    [
        ((did("close", 200), did("close", 200)),),
        ((did("close", 200),), (did("use", 200),)),
        ((did("use", 400),),),
        ((did("use", 500),),),
        ((did("close", 424),),),
        ((did("close", 200),), (did("close", 424),)),
        ((did("use", 200, when=OVER),), (did("use", 200, when=OVER),)),
        ((did("use", 400),), (did("use", 200),)),
    ],
)
def test_what_it_does_not_allow_is_the_last_round(rounds: tuple[tuple[Taken, ...], ...]) -> None:
    found = list(impossible_sessions(made(*rounds)))
    assert found[0] in rounds


def test_a_session_of_nobody_is_never_served() -> None:
    assert list(impossible_sessions(made((did("use", 200, name="nobody"),)))) == [(did("use", 200, name="nobody"),)]


def test_a_create_without_an_id_is_no_create() -> None:
    assert list(impossible_sessions(Trace(((did("create", 200, name=""),),))))
    assert list(impossible_sessions(Trace(((did("create", 500),),))))


def test_each_session_is_judged_by_itself() -> None:
    other = (did("create", 200, name="b"),), (did("use", 200, name="b"),)
    assert list(impossible_sessions(made((did("close", 200),), *other))) == []


def test_adapters_are_loaded_once_and_given_up_once() -> None:
    good = Trace(((did("load", 200), did("load", 400)), (did("unload", 200),), (did("unload", 404),)))
    assert list(impossible_adapters(good)) == []
    for rounds in (
        ((did("load", 200),), (did("load", 200),)),
        ((did("unload", 200),),),
        ((did("load", 200),), (did("unload", 404),)),
        ((did("infer", 500),),),
    ):
        assert list(impossible_adapters(Trace(rounds))) == [rounds[-1]]


def test_a_request_sees_the_adapter_that_it_names() -> None:
    def infers(model: str) -> Taken:
        body = json.dumps({"echo": json.dumps({"model": model})}).encode()
        return Taken(Step("infer"), "a", exchange(200, body))

    assert wrongly_injected(Trace(((infers("a"),),))) == ()
    assert wrongly_injected(Trace(((infers("b"),),))) == (infers("b"),)


def test_a_call_near_the_end_of_a_session_counts_as_either() -> None:
    life = Lifetime.of(exchange(200, started=10.0, done=0.1), 2.0)
    assert life.when(exchange(200, started=11.0, done=0.1)) is When.IN_TIME
    assert life.when(exchange(200, started=11.9, done=0.3)) is BORDER
    assert life.when(exchange(200, started=12.5)) is OVER


def test_a_trace_keeps_the_name_and_the_time() -> None:
    taken = did("use", 200, name="x", when=OVER)
    assert (taken.about, name_of(taken), when_of(taken)) == ("x (over)", "x", OVER)
