"""Whether the profile is there is judged by what a mounted script showed, and by who asked."""

from __future__ import annotations

import dataclasses

import pytest

from seatrial.conformance.api import Answer, BootEnd, Exchange, Request
from seatrial.conformance.contract import Depth, load_catalogue
from seatrial.conformance.evidence import Record, TrialFacts
from seatrial.conformance.judge import Bench
from seatrial.conformance.scenario import load_suite
from seatrial.conformance.subject.launcher import Ability, SubjectFacts
from seatrial.conformance.verdict import Untested, Verdict, Word
from seatrial.suites.standards.scenarios.present import PresenceSeen

FACTS = TrialFacts(SubjectFacts("process", "a server"), frozenset(Ability))
OK = Exchange(Request("GET", "/ping"), Answer(200))
LINE = "seatrial-trial standards-present fastapi=0.136.3 starlette=1.10.0 standards=0.1.16"


@pytest.fixture(scope="module", autouse=True)
def suites() -> None:
    load_suite(("realtime", "standards"))


def judged(*, stamped: str = "", line: str = "", claimed: tuple[str, ...] = ()) -> Verdict:
    """The verdict by itself, without what it depends on."""
    whole = load_catalogue(("standards",))
    record = Record(dataclasses.replace(FACTS, claimed=claimed))
    record.add("standards-present", "standards-present", PresenceSeen(BootEnd.READY, OK, stamped, line, ()))
    alone = dataclasses.replace(whole, clauses={"standards.present": whole.clauses["standards.present"]})
    return Bench(alone, record).judge("standards.present")


@pytest.mark.parametrize("seen", [{"stamped": "standards-present"}, {"line": LINE}], ids=["header", "line"])
def test_the_header_or_the_line_is_enough(seen: dict[str, str]):
    assert judged(**seen).word is Word.PASS


def test_the_versions_are_told():
    assert "fastapi=0.136.3" in judged(line=LINE).observed


def test_a_header_of_another_launch_shows_nothing():
    assert judged(stamped="standards-elsewhere").word is Word.NOT_APPLICABLE


def test_whoever_claimed_the_profile_is_told_that_it_is_absent():
    verdict = judged(claimed=("standards",))
    assert (verdict.word, verdict.reason) == (Word.FAIL, "standards-absent")


def test_an_endpoint_cannot_be_given_a_script():
    catalogue = load_catalogue(("standards",))
    endpoint = Record(TrialFacts(SubjectFacts("endpoint", "https://example.org"), claimed=("standards",)))
    verdict = Bench(catalogue, endpoint).judge("handlers.ping-replaced")
    assert (verdict.word, verdict.untested) == (Word.UNTESTED, Untested.OUT_OF_REACH)


def test_a_quick_trial_leaves_out_some_of_it_and_keeps_most():
    whole = load_catalogue(("standards",))
    quick = whole.at_depth(Depth.QUICK)
    assert len(whole.judged) * 0.6 < len(quick.judged) < len(whole.judged)
