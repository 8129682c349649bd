"""`junit.xml`: one case a clause, with the outcome that its verdict means."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from seatrial.conformance.verdict import Word
from seatrial.reports.junit import junit_xml

if TYPE_CHECKING:
    from seatrial.conformance.result import TrialResult

CHILD = {Word.FAIL: "failure", Word.UNTESTED: "skipped", Word.NOT_APPLICABLE: "skipped", Word.HARNESS_ERROR: "error"}


def read(result: TrialResult) -> ET.Element:
    return ET.fromstring(junit_xml(result))  # noqa: S314  our own file


def properties(case: ET.Element) -> dict[str, str]:
    return {p.get("name"): p.get("value") for p in case.iter("property")}


def test_each_clause_is_one_case_with_the_outcome_of_its_verdict(any_trial: TrialResult):
    cases = read(any_trial).findall("testsuite/testcase")
    assert [c.get("name") for c in cases] == [v.clause for v in any_trial.verdicts]
    for case, verdict in zip(cases, any_trial.verdicts, strict=True):
        assert case.get("classname") == f"{verdict.profile}.{verdict.clause.partition('.')[0]}"
        assert properties(case)["verdict"] == verdict.word
        assert properties(case)["level"] == verdict.level
        outcome = [c.tag for c in case if c.tag in {"failure", "skipped", "error"}]
        assert outcome == ([CHILD[verdict.word]] if verdict.word in CHILD else [])


def test_the_counts_are_those_of_the_cases(any_trial: TrialResult):
    suite = read(any_trial).find("testsuite")
    for name, tag in (("failures", "failure"), ("skipped", "skipped"), ("errors", "error")):
        assert int(suite.get(name)) == len(suite.findall(f"testcase/{tag}"))
    assert int(suite.get("tests")) == len(any_trial.verdicts)


def test_a_failure_tells_cause_cure_and_how_to_see_it_again(loopback: TrialResult):
    (failure,) = read(loopback).iter("failure")
    assert failure.get("message") == "expected 200, observed: connection refused for 30.0 s (61 tries)"
    for part in (
        "cause: the server listens on 127.0.0.1:8080",
        "cure: bind 0.0.0.0",
        "repro: curl ",
        "repro: seatrial replay ",
    ):
        assert part in failure.text


def test_a_broken_should_fails_only_in_a_strict_run(warned: TrialResult):
    assert not list(read(warned).iter("failure"))
    assert len(list(read(replace(warned, strict=True)).iter("failure"))) == warned.count(Word.WARN)


def test_an_untested_clause_names_the_option_that_mends_it(warned: TrialResult):
    skipped = [s.get("message") for s in read(warned).iter("skipped")]
    assert "UNTESTED (missing-input): no slow-sample was offered; mend with --trial-slow-sample FILE" in skipped


def test_a_fault_of_the_harness_is_an_error(certified: TrialResult):
    first, *rest = certified.verdicts
    broken = replace(first, word=Word.HARNESS_ERROR, observed="Traceback …\nZeroDivisionError: division by zero")
    (error,) = read(replace(certified, verdicts=(broken, *rest))).iter("error")
    assert error.get("message") == "ZeroDivisionError: division by zero"


@pytest.mark.parametrize("text", ["\x00\x1b[31m", "]]>", "<b>&amp;</b>", "\ud800", "\ufffe"])
def test_whatever_a_subject_says_stays_well_formed(certified: TrialResult, text: str):
    first, *rest = certified.verdicts
    verdict = replace(first, word=Word.FAIL, reason="poison", expected=text, observed=text)
    assert list(read(replace(certified, verdicts=(verdict, *rest))).iter("failure"))
