"""The order in which people are told what is wrong."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import msgspec

from seatrial.conformance.contract import Source
from seatrial.conformance.result import Diagnosis
from seatrial.conformance.verdict import Word
from seatrial.reports.digest import digest, launch_of, log_during, source_links

if TYPE_CHECKING:
    from seatrial.conformance.result import TrialResult


def test_one_root_cause_stands_for_everything_that_it_hides(loopback: TrialResult):
    (failure,) = digest(loopback).failures
    assert failure.diagnosis is loopback.diagnoses[0]
    assert failure.hides == sum(v.because == "port.not-loopback" for v in loopback.verdicts)
    assert failure.cure == loopback.diagnoses[0].cure


def test_broken_clauses_with_one_cause_are_one_finding(hostile: TrialResult):
    first, *others = digest(hostile).failures
    assert (first.verdict.clause, [v.clause for v in first.also]) == ("hostile.clause-0", ["hostile.clause-3"])
    told = [f.verdict.clause for f in others] + [first.verdict.clause] + [v.clause for v in first.also]
    assert sorted(told) == sorted(v.clause for v in hostile.of(Word.FAIL))


def test_a_clause_without_a_diagnosis_offers_its_own_cure(warned: TrialResult):
    for failure in digest(warned).warnings:
        assert failure.diagnosis is None
        assert failure.cure == warned.clause(failure.verdict.clause).cure


def test_missing_inputs_are_grouped_by_the_option_that_mends_them(warned: TrialResult):
    (gap,) = digest(warned).missing
    assert gap.option == "--trial-slow-sample FILE"
    assert {v.clause for v in gap.verdicts} == {"invocations.gives-up-in-time", "stop.finishes-calls"}


def test_every_untested_clause_is_told_exactly_once(any_trial: TrialResult):
    story = digest(any_trial)
    told = [v.clause for gap in (*story.missing, *story.blocked, *story.out_of_reach) for v in gap.verdicts]
    assert sorted(told) == sorted(v.clause for v in any_trial.of(Word.UNTESTED))


def test_a_cause_behind_which_no_clause_is_broken_is_told_on_its_own(certified: TrialResult):
    cause = Diagnosis(
        "needs-network", "the start needs the network", "three name look-ups failed", "bake the weights in"
    )
    assert digest(replace(certified, diagnoses=(cause,))).loose == (cause,)


def test_the_log_of_a_check_is_what_was_written_while_its_proof_was_recorded(warned: TrialResult):
    verdict = next(v for v in warned.verdicts if v.clause == "invocations.refuses-malformed")
    assert [line.text for line in log_during(warned, verdict)] == [
        'INFO:     172.17.0.1:51240 - "POST /invocations HTTP/1.1" 400 Bad Request'
    ]


def test_the_launch_of_a_verdict_is_the_one_whose_scenario_it_was_judged_on(certified: TrialResult):
    by_id = {v.clause: v for v in certified.verdicts}
    assert launch_of(certified, by_id["stop.finishes-calls"]) == "stop-busy"
    assert launch_of(certified, by_id["ping.answers-200"]) == "main"
    assert launch_of(certified, by_id["image.architecture"]) == ""


def test_a_source_key_becomes_the_page_with_its_fragment(certified: TrialResult):
    clause = replace_source(certified, ("aws:hosting#run-image", "gh:mlflow#726", "nowhere"))
    known = {
        "aws:hosting": Source("Hosting", "https://example.org/h"),
        "gh:mlflow#726": Source("Issue", "https://example.org/726"),
    }
    links = source_links(replace(certified, sources=tuple(known.items())), clause)
    assert [link.url for link in links] == ["https://example.org/h#run-image", "https://example.org/726", ""]


def replace_source(result: TrialResult, source: Any):
    return msgspec.structs.replace(result.clauses[0], source=source)
