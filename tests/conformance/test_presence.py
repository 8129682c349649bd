"""A profile that is found absent costs no further start, and is judged by who asked for it."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

import pytest
from support.tiny import Seen, clause_toml

from seatrial.conformance.contract import Depth, load_catalogue
from seatrial.conformance.evidence import Record, TrialFacts
from seatrial.conformance.expect import NotApplicable, broken
from seatrial.conformance.judge import Bench
from seatrial.conformance.presence import Presences
from seatrial.conformance.scenario import SCENARIOS, Scenario, clause, scenario
from seatrial.conformance.subject.launcher import LaunchSpec
from seatrial.conformance.subject.plan import plan_voyages, wanted_scenarios
from seatrial.conformance.verdict import Untested, Word

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from seatrial.conformance.contract import Catalogue

    Write = Callable[[str], Path]

pytestmark = pytest.mark.usefixtures("registered")
MODULE = "seatrial.suites.tiny.scenarios.area"


@pytest.fixture
def catalogue(suites: Write) -> Catalogue:
    folder = suites(clause_toml("tiny.there") + clause_toml("a.one") + clause_toml("a.deep", depth="full"))
    file = folder / "tiny" / "clauses.toml"
    file.write_text(file.read_text().replace("default = true", 'default = true\npresent = "tiny.there"'))
    return load_catalogue((), folder)


@pytest.fixture(autouse=True)
def judges() -> None:
    def seen(name: str, launch: LaunchSpec) -> None:
        def run(drive: object) -> Seen:
            raise AssertionError(drive)

        run.__module__ = MODULE
        scenario(name, sees=Seen, launch=launch)(run)

    seen("there", LaunchSpec("there"))
    seen("one", LaunchSpec("another"))
    seen("deep", LaunchSpec("deep"))

    @clause("tiny.there")
    def there(there: Seen, facts: TrialFacts) -> None:
        if there.number == 0 and "tiny" in facts.claimed:
            broken("absent", expected="it", observed="nothing")
        if there.number == 0:
            raise NotApplicable("it is not there")

    @clause("a.one")
    def one(one: Seen) -> None:
        assert one

    @clause("a.deep")
    def deep(deep: Seen) -> None:
        assert deep


def judged(catalogue: Catalogue, facts: TrialFacts, number: int, **claims: tuple[str, ...]) -> Bench:
    record = Record(dataclasses.replace(facts, **claims))
    record.add("there", "there", Seen(number))
    record.add("one", "another", Seen(1))
    return Bench(catalogue, record)


def test_where_nobody_asked_for_an_absent_profile_none_of_it_applies(catalogue: Catalogue, facts: TrialFacts):
    bench = judged(catalogue, facts, 0)
    assert [bench.judge(i).word for i in ("tiny.there", "a.one")] == [Word.NOT_APPLICABLE] * 2
    assert bench.judge("a.one").observed == "it is not there"


def test_an_absent_profile_that_was_claimed_fails_once_and_hides_the_rest(catalogue: Catalogue, facts: TrialFacts):
    bench = judged(catalogue, facts, 0, claimed=("tiny",))
    assert bench.judge("tiny.there").word is Word.FAIL
    hidden = bench.judge("a.one")
    assert (hidden.word, hidden.untested, hidden.because) == (Word.UNTESTED, Untested.PREREQUISITE, "tiny.there")


def test_a_profile_that_is_there_is_judged(catalogue: Catalogue, facts: TrialFacts):
    assert judged(catalogue, facts, 1).judge("a.one").word is Word.PASS


def test_whoever_judges_a_clause_of_the_profile_asks_for_its_presence(catalogue: Catalogue, facts: TrialFacts):
    assert set(wanted_scenarios(catalogue, facts, ["a.one"])[0]) == {"one", "there"}


def test_the_launch_that_shows_it_comes_first_and_the_others_wait_for_it(catalogue: Catalogue, facts: TrialFacts):
    every = dataclasses.replace(facts, abilities=frozenset(facts.abilities | {"fresh-instance"}))
    presences = Presences(catalogue)
    plan = plan_voyages(["one", "there"], every, main=True, first=presences.scenarios)
    assert [voyage.spec.name for voyage in plan.voyages] == ["main", "there", "another"]
    asked = {voyage.spec.name: presences.asked_before(voyage.scenarios) for voyage in plan.voyages}
    assert asked == {"main": "", "there": "", "another": "tiny.there"}
    assert presences.absent("tiny.there", judged(catalogue, facts, 0).record)
    assert not presences.absent("tiny.there", judged(catalogue, facts, 1).record)


def test_a_launch_that_another_profile_needs_too_waits_for_nothing(catalogue: Catalogue):
    elsewhere = Scenario("elsewhere", Seen, lambda _: None, LaunchSpec("another"))
    assert Presences(catalogue).asked_before([SCENARIOS["one"], elsewhere]) == ""


def test_a_quick_trial_leaves_out_what_costs_a_start_for_itself(catalogue: Catalogue):
    assert [c.id for c in catalogue.at_depth(Depth.QUICK).judged] == ["tiny.there", "a.one"]
    assert catalogue.at_depth(Depth.FULL) == catalogue
