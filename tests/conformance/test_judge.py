from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from support.tiny import Seen, clause_toml

from seatrial.conformance.contract import load_catalogue
from seatrial.conformance.evidence import Record, TrialFacts
from seatrial.conformance.expect import NotApplicable, Unobserved, expect, noted, observed
from seatrial.conformance.judge import Bench, Limits
from seatrial.conformance.scenario import clause, scenario
from seatrial.conformance.subject.launcher import SubjectFacts
from seatrial.conformance.verdict import Untested, Word

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from seatrial.conformance.verdict import Verdict

    Write = Callable[[str], Path]

pytestmark = pytest.mark.usefixtures("registered")


def judge_one(record: Record, suites: Write, clause_id: str = "a.one", **more: object) -> Verdict:
    return Bench(load_catalogue((), suites(clause_toml(clause_id, **more))), record).judge(clause_id)


@pytest.fixture(autouse=True)
def look() -> None:
    @scenario("look", sees=Seen)
    def run(drive: object) -> Seen:
        raise AssertionError(drive)

    @clause("a.one")
    def judge(look: Seen, limit: Limits) -> None:
        expect(look.number).to_be_at_most(limit.most, reason="too-many", unit="things")


def test_a_clause_that_holds_passes(record: Record, suites: Write):
    record.add("look", "main", Seen(3))
    assert judge_one(record, suites, limit={"most": 3}).word is Word.PASS


def test_a_broken_must_fails_with_its_named_reason(record: Record, suites: Write):
    record.add("look", "main", Seen(4))
    verdict = judge_one(record, suites, limit={"most": 3})
    assert (verdict.word, verdict.reason, verdict.expected, verdict.observed) == (
        Word.FAIL, "too-many", "at most 3 things", "4",
    )  # fmt: skip


@pytest.mark.parametrize(("level", "word"), [("SHOULD", Word.WARN), ("MAY", Word.OBSERVED)])
def test_a_broken_should_warns_and_a_may_is_only_observed(record: Record, suites: Write, level: str, word: Word):
    record.add("look", "main", Seen(4))
    assert judge_one(record, suites, level=level, limit={"most": 3}).word is word


@pytest.mark.parametrize("level", ["MUST", "SHOULD", "MAY"])
def test_a_must_that_could_not_be_provoked_is_observed_and_not_passed(record: Record, suites: Write, level: str):
    @clause("a.one")
    def judge(look: Seen) -> None:
        noted(f"{look.number} were seen")

    record.add("look", "main", Seen(4))
    verdict = judge_one(record, suites, level=level)
    assert (verdict.word, verdict.observed) == (Word.OBSERVED, "4 were seen")


def test_times_are_scaled_and_other_numbers_are_not():
    limits = Limits({"ping_s": 2.0, "tries": 3}, scale=0.1)
    assert (limits.ping_s, limits.tries) == (pytest.approx(0.2), 3)


def test_a_judge_that_breaks_is_the_harness_error(record: Record, suites: Write):
    record.add("look", "main", Seen(4))
    verdict = judge_one(record, suites)
    assert verdict.word is Word.HARNESS_ERROR
    assert "no limit 'most'" in verdict.observed


def test_what_the_launcher_cannot_see_is_out_of_reach(record: Record, suites: Write):
    verdict = judge_one(record, suites, needs=["gpu"])
    assert (verdict.word, verdict.untested) == (Word.UNTESTED, Untested.OUT_OF_REACH)
    assert verdict.observed == "this process does not show gpu"


def test_what_was_not_offered_is_missing_with_its_option(record: Record, suites: Write):
    verdict = judge_one(record, suites, inputs=["slow-sample"])
    assert (verdict.untested, verdict.option) == (Untested.MISSING_INPUT, "--trial-slow-sample FILE")


def test_an_unobserved_scenario_leaves_its_clause_untested(record: Record, suites: Write):
    record.add_unobserved("look", "main", Unobserved(Untested.PREREQUISITE, "it had exited"))
    verdict = judge_one(record, suites)
    assert (verdict.word, verdict.untested, verdict.observed) == (
        Word.UNTESTED, Untested.PREREQUISITE, "it had exited",
    )  # fmt: skip


def test_a_crashed_scenario_is_the_harness_error(record: Record, suites: Write):
    record.add_crashed("look", "main", "Traceback: boom")
    assert judge_one(record, suites).word is Word.HARNESS_ERROR


def test_a_broken_clause_hides_what_depends_on_it_and_names_the_root(record: Record, suites: Write):
    @clause("a.two")
    def two(look: Seen) -> None:
        observed(f"{look.number} things")

    @clause("a.three")
    def three(look: Seen) -> None:
        observed(f"{look.number} things")

    text = clause_toml("a.three", depends_on=["a.two"]) + clause_toml("a.two", depends_on=["a.one"])
    catalogue = load_catalogue((), suites(text + clause_toml("a.one", limit={"most": 3})))
    record.add("look", "main", Seen(4))
    three_, two_, one = Bench(catalogue, record).judge_all()
    assert one.word is Word.FAIL
    assert [(v.word, v.untested, v.because) for v in (two_, three_)] == [
        (Word.UNTESTED, Untested.PREREQUISITE, "a.one")
    ] * 2


def test_what_is_honestly_absent_is_not_applicable(record: Record, suites: Write):
    @clause("a.absent")
    def absent(look: Seen) -> None:
        raise NotApplicable(f"{look.number} adapters")

    record.add("look", "main", Seen(0))
    assert judge_one(record, suites, "a.absent").word is Word.NOT_APPLICABLE


def test_an_optional_observation_may_be_missing(record: Record, suites: Write):
    @clause("a.optional")
    def optional(look: Seen | None = None) -> None:
        expect(look).to_be(None, reason="there")

    assert judge_one(record, suites, "a.optional").word is Word.PASS


def test_the_same_evidence_gives_the_same_verdict_after_a_round_trip(facts: TrialFacts, suites: Write, tmp_path: Path):
    live = Record(facts, tmp_path / "evidence")
    live.add("look", "main", Seen(4, b"\x00\xff"))
    again = Record.read(tmp_path / "evidence")
    assert again.facts == facts
    assert again.get("look", Seen) == Seen(4, b"\x00\xff")
    assert judge_one(again, suites, limit={"most": 3}) == judge_one(live, suites, limit={"most": 3})


def test_an_endpoint_is_named_as_one(suites: Write):
    record = Record(TrialFacts(SubjectFacts("endpoint", "https://example.org")))
    assert judge_one(record, suites, needs=["logs"]).observed == "an endpoint does not show logs"
