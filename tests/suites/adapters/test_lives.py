"""Traces of adapters are judged as the contract allows, whoever was first among those who came at once."""

from __future__ import annotations

import pytest

from seatrial.conformance.program import Step, Taken, Trace
from seatrial.conformance.wire.exchange import Answer, Exchange, Request, Trouble
from seatrial.suites.adapters.answers import BASE, NOBODY
from seatrial.suites.adapters.lives import ANYBODY, ASK, ASK_BASE, LOAD, UNLOAD, about, impossible, wrong_base

LOST = Exchange(Request("POST", "/invocations"), trouble=Trouble.NO_ANSWER)
Rounds = tuple[tuple[Taken, ...], ...]


def did(action: str, status: int, adapter: str = "", name: str = "n") -> Taken:
    return Taken(Step(action), about(name, adapter), Exchange(Request("POST", "/"), Answer(status)))


def load(status: int = 200, adapter: str = "alpha", name: str = "n") -> Taken:
    return did(LOAD, status, adapter, name)


def ask(who: str, name: str = "n") -> Taken:
    return did(ASK, 200, who, name)


ALPHA, BETA, GONE = ask("alpha"), ask("beta"), did(ASK, 404)
UNLOADED, UNKNOWN = did(UNLOAD, 200), did(UNLOAD, 404)


@pytest.mark.parametrize(
    "rounds",
    [
        ((GONE,), (load(),), (ALPHA,), (UNLOADED,), (GONE,), (UNKNOWN,)),
        ((load(),), (UNLOADED,), (load(adapter="beta"),), (BETA,)),
        ((load(),), (load(400, "beta"),), (ALPHA,)),
        ((load(),), (load(200, "beta"),), (BETA,)),
        ((load(), load(400), GONE, ALPHA),),
        ((load(200, "alpha"), load(400, "beta")), (ALPHA,)),
        ((load(),), (UNLOADED, ALPHA, GONE, did(ASK, 500)), (GONE,)),
        ((load(),), (UNLOADED, UNKNOWN)),
        ((load(),), (did(UNLOAD, 409), ALPHA), (ALPHA,)),
        ((ask(BASE),), (did(UNLOAD, 200),)),
        ((load(507),), (GONE,)),
        ((load(),), (did(ASK, 503),), (did(ASK, 429),), (did(UNLOAD, 503),), (ALPHA,)),
        ((load(),), (ask(ANYBODY),)),
        ((load(), ask("beta", "m"), load(200, "beta", "m")),),
    ],
)
def test_what_the_contract_allows_is_explained(rounds: Rounds):
    assert list(impossible(Trace(rounds))) == []


@pytest.mark.parametrize(
    "rounds",
    [
        ((load(400),),),
        ((load(),), (GONE,)),
        ((load(),), (BETA,)),
        ((load(),), (ask(BASE),)),
        ((load(),), (ask(NOBODY),)),
        ((load(),), (UNLOADED,), (ALPHA,)),
        ((load(),), (UNLOADED,), (load(adapter="beta"),), (ALPHA,)),
        ((load(),), (load(400, "beta"),), (BETA,)),
        ((load(),), (load(200, "beta"),), (ALPHA,)),
        ((load(),), (did(UNLOAD, 404),)),
        ((load(),), (did(UNLOAD, 409),)),
        ((load(),), (UNLOADED, BETA)),
        ((load(),), (Taken(Step(ASK), about("n", ""), LOST),)),
    ],
)
def test_what_it_does_not_allow_is_the_last_round(rounds: Rounds):
    assert list(impossible(Trace(rounds))) == [rounds[-1]]


def test_the_base_model_answers_whoever_names_nobody():
    fine = (did(ASK_BASE, 200, BASE, ""), did(ASK_BASE, 200, ANYBODY, ""), did(ASK_BASE, 503, "", ""))
    wrong = (did(ASK_BASE, 200, "alpha", ""), did(ASK_BASE, 500, "", ""), did(ASK_BASE, 200, NOBODY, ""))
    assert wrong_base(Trace((fine, wrong))) == wrong
    assert list(impossible(Trace((fine, wrong)))) == []
