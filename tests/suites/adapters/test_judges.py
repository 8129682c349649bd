"""What cannot be told apart is not judged, and what could be told apart is."""

from __future__ import annotations

import dataclasses
import json
from typing import Any

import pytest

from seatrial.conformance.api import Answer, Body, Exchange, Request
from seatrial.conformance.contract import load_catalogue
from seatrial.conformance.evidence import Record, TrialFacts
from seatrial.conformance.judge import Bench
from seatrial.conformance.scenario import load_suite
from seatrial.conformance.subject.launcher import Ability, SubjectFacts
from seatrial.conformance.verdict import Untested, Verdict, Word
from seatrial.suites.adapters.answers import BASE, NOBODY, Asked, Audition
from seatrial.suites.adapters.bursts import Tally
from seatrial.suites.adapters.scenarios.in_use import InFlight, InUseSeen
from seatrial.suites.adapters.scenarios.loading import Life, LoadingSeen, Used
from seatrial.suites.adapters.scenarios.parallel import ParallelSeen
from seatrial.suites.adapters.scenarios.presence import PresenceSeen
from seatrial.suites.adapters.scenarios.selection import SelectionSeen

FACTS = TrialFacts(SubjectFacts("process", "a server"), frozenset(Ability))


def call(text: str = "", status: int = 200) -> Exchange:
    body = json.dumps({"generated_text": text} if status == 200 else {"error": text}).encode()
    return Exchange(Request("POST", "/invocations"), Answer(status, body=Body(len(body), head=body)))


BLUE, ALPHA, BETA, REFUSED = call("blue"), call("alpha"), call("beta"), call("no adapter stranger", 404)


@pytest.fixture(scope="module", autouse=True)
def suites() -> None:
    load_suite(("realtime", "adapters"))


def judged(clause: str, scenario: str, seen: object, **facts: Any) -> Verdict:
    """The verdict by itself, without what it depends on."""
    whole = load_catalogue(("adapters",))
    record = Record(dataclasses.replace(FACTS, **facts))
    record.add(scenario, "main", seen)
    alone = dataclasses.replace(whole, clauses={clause: whole.clauses[clause]})
    return Bench(alone, record).judge(clause)


# ---------------------------------------------------------------------------------------------------------- presence


def presence(status: int, *names: str) -> PresenceSeen:
    return PresenceSeen(call("", status), names)


@pytest.mark.parametrize("status", [200, 400, 415, 422, 500])
def test_a_route_is_there_whatever_it_says_to_nothing(status: int):
    assert judged("lora.present", "adapters-presence", presence(status)).word is Word.PASS


@pytest.mark.parametrize("status", [404, 405, 501])
def test_a_profile_that_nobody_claims_may_be_absent(status: int):
    verdict = judged("lora.present", "adapters-presence", presence(status, "alpha"))
    assert (verdict.word, "lists alpha" in verdict.observed) == (Word.NOT_APPLICABLE, True)


def test_a_profile_that_is_claimed_may_not():
    verdict = judged("lora.present", "adapters-presence", presence(404), claimed=("adapters",))
    assert (verdict.word, verdict.reason) == (Word.FAIL, "no-adapter-route")


# --------------------------------------------------------------------------------------------------------- selection


def selection(
    *by_header: Exchange,
    by_model: Exchange | None = None,
    base: tuple[Exchange, ...] = (BLUE, BLUE),
    stranger: Exchange = REFUSED,
    stranger_by_model: Exchange | None = None,
) -> SelectionSeen:
    asked = Asked("n", "alpha", by_header, by_model)
    return SelectionSeen(
        Audition("s", base, (asked,)), "stranger", stranger, stranger_by_model, {}, ALPHA, (BLUE, BLUE)
    )  # fmt: skip


def selected(seen: SelectionSeen) -> Verdict:
    return judged("lora.selected-by-header", "adapters-selection", seen)


def test_an_adapter_that_says_something_of_its_own_is_selected():
    assert selected(selection(ALPHA, ALPHA)).word is Word.PASS


@pytest.mark.parametrize(
    "seen",
    [
        selection(BLUE, BLUE),
        selection(ALPHA, BETA),
        selection(ALPHA, ALPHA, base=(BLUE, BETA)),
        selection(ALPHA, ALPHA, base=(call("", 500), call("", 500))),
    ],
    ids=["says what the base model says", "never says the same", "base varies", "base fails"],
)
def test_what_cannot_be_heard_is_not_judged_and_the_option_is_named(seen: SelectionSeen):
    verdict = selected(seen)
    assert (verdict.word, verdict.untested) == (Word.UNTESTED, Untested.MISSING_INPUT)
    assert "--trial-" in verdict.option


@pytest.mark.parametrize(
    "seen",
    [selection(BLUE, BLUE, by_model=ALPHA), selection(BLUE, BLUE, stranger=BLUE)],
    ids=["`model` shows it", "a stranger is answered so as well"],
)
def test_an_adapter_that_is_passed_over_is_known_by_a_witness(seen: SelectionSeen):
    verdict = selected(seen)
    assert (verdict.word, verdict.reason) == (Word.FAIL, "served-by-base")


def test_an_adapter_that_is_refused_is_not_selected():
    assert selected(selection(call("", 500), call("", 500))).reason == "adapter-refused"


@pytest.mark.parametrize(
    ("stranger", "reason"),
    [
        (REFUSED, ""),
        (BLUE, "unknown-served"),
        (call("stranger", 500), "unknown-status"),
        (call("", 404), "unknown-unnamed"),
    ],
)
def test_a_stranger_is_refused_by_its_name(stranger: Exchange, reason: str):
    verdict = judged("lora.unknown-refused", "adapters-selection", selection(ALPHA, ALPHA, stranger=stranger))
    assert verdict.reason == reason


@pytest.mark.parametrize(
    ("known", "stranger", "reason"),
    [
        (ALPHA, REFUSED, ""),
        (REFUSED, REFUSED, ""),
        (BLUE, REFUSED, "model-ignored"),
        (ALPHA, BLUE, "model-ignored"),
        (ALPHA, BETA, "model-status"),
        (call("", 500), REFUSED, "model-status"),
    ],
)
def test_a_model_in_the_body_is_never_passed_over_in_silence(known: Exchange, stranger: Exchange, reason: str):
    seen = selection(ALPHA, ALPHA, by_model=known, stranger_by_model=stranger)
    assert judged("lora.model-in-body", "adapters-selection", seen).reason == reason


# ----------------------------------------------------------------------------------------------------------- loading


def life(load: Used, unload: Used | None) -> LoadingSeen:
    one = Life("alpha", load, unload)
    return LoadingSeen(one, one, "beta", None)


DONE = call("done")
HEARD = Used(DONE, ALPHA, "alpha")


@pytest.mark.parametrize(
    ("load", "unload", "word", "reason"),
    [
        (HEARD, Used(DONE, REFUSED), Word.PASS, ""),
        (HEARD, Used(DONE, BLUE, BASE), Word.PASS, ""),
        (HEARD, Used(DONE, ALPHA, "alpha"), Word.FAIL, "still-loaded"),
        (HEARD, Used(REFUSED, ALPHA, "alpha"), Word.FAIL, "unload-refused"),
        (Used(DONE, ALPHA), Used(DONE, REFUSED), Word.PASS, ""),
        (Used(DONE, ALPHA), Used(DONE, ALPHA), Word.UNTESTED, ""),
        (Used(DONE), Used(DONE), Word.UNTESTED, ""),
        (Used(REFUSED, REFUSED), None, Word.UNTESTED, ""),
    ],
)
def test_an_unload_is_judged_by_what_can_be_heard(load: Used, unload: Used | None, word: Word, reason: str):
    verdict = judged("lora.unload", "adapters-loading", life(load, unload))
    assert (verdict.word, verdict.reason) == (word, reason)


# ------------------------------------------------------------------------------------------------------ many at once


def tally(asked: str, heard: str, example: Exchange = BLUE) -> Tally:
    return Tally(asked, heard, 3, example)


STEADY, VARYING = (tally(BASE, BASE), tally("alpha", "alpha")), (tally(BASE, BASE), tally("alpha", NOBODY))


@pytest.mark.parametrize(
    ("alone", "mixed", "word", "reason"),
    [
        (STEADY, STEADY, Word.PASS, ""),
        (STEADY, (*STEADY, tally("alpha", "beta")), Word.WARN, "wrong-adapter"),
        (STEADY, (*STEADY, tally("alpha", BASE)), Word.WARN, "wrong-adapter"),
        (STEADY, (*STEADY, tally("alpha", NOBODY)), Word.WARN, "adapters-blended"),
        (VARYING, (*STEADY, tally("alpha", NOBODY)), Word.PASS, ""),
        (VARYING, (tally("alpha", NOBODY),), Word.UNTESTED, ""),
        (STEADY, (*STEADY, tally("alpha", "", call("", 503))), Word.PASS, ""),
        (STEADY, (*STEADY, tally("alpha", "", call("", 500))), Word.WARN, "parallel-call-failed"),
    ],
)
def test_each_hears_whom_it_asked(alone: tuple[Tally, ...], mixed: tuple[Tally, ...], word: Word, reason: str):
    verdict = judged("lora.parallel-separate", "adapters-parallel", ParallelSeen(2, alone, mixed))
    assert (verdict.word, verdict.reason) == (word, reason)


@pytest.mark.parametrize(
    ("in_flight", "word", "reason"),
    [
        ((InFlight(ALPHA, "alpha"), InFlight(call("", 503), "")), Word.PASS, ""),
        ((InFlight(BLUE, BASE),), Word.WARN, "in-flight-changed"),
        ((InFlight(call("alp"), NOBODY),), Word.WARN, "in-flight-changed"),
        ((), Word.UNTESTED, ""),
    ],
)
def test_who_was_under_way_gets_what_it_asked_for_or_a_refusal(
    in_flight: tuple[InFlight, ...], word: Word, reason: str
):
    seen = InUseSeen("alpha", DONE, in_flight, call("ok"), BLUE, BASE)
    verdict = judged("lora.unload-in-use", "adapters-in-use", seen)
    assert (verdict.word, verdict.reason) == (word, reason)
