"""Verdicts become pytest's own outcomes, and together the exit code."""

from __future__ import annotations

import json
import re
from xml.etree import ElementTree as ET

import pytest
from support.berth import CONTRACT, Berth, Ended

EVERY = {
    "ping.answers-200": "PASS",
    "echo.answers": "PASS",
    "echo.polite": "PASS",
    "echo.length": "OBSERVED",
    "echo.slow": "UNTESTED",
    "echo.colour": "NOT_APPLICABLE",
    "image.labelled": "UNTESTED",
    "pause.short": "PASS",
}


@pytest.fixture(scope="module")
def yard(tmp_path_factory: pytest.TempPathFactory) -> Berth:
    return Berth.at(tmp_path_factory.mktemp("outcomes"))


@pytest.fixture(scope="module")
def sound(yard: Berth) -> Ended:
    return yard.certify("--report=sound")


@pytest.fixture(scope="module")
def mirrored(yard: Berth) -> Ended:
    """A trial of a server that breaks a MUST, told by pytest's own reporter."""
    return yard.certify("--report=mirrored", "-v", "--tb=long", "-rs", "--junitxml=junit.xml", faults="mirror")


@pytest.fixture(scope="module")
def rude(yard: Berth) -> Ended:
    """A trial of a server that breaks a SHOULD."""
    return yard.certify("--report=rude", "-v", faults="rude")


def test_a_sound_subject_is_checked_with_exit_0(sound: Ended) -> None:
    assert (sound.code, sound.words("sound"), sound.result("sound")["grade"]) == (0, EVERY, "checked")


def test_items_come_in_the_order_of_the_catalogue(sound: Ended) -> None:
    assert list(sound.words("sound")) == list(EVERY)


def test_a_broken_must_fails_with_exit_1_and_hides_what_depends_on_it(mirrored: Ended) -> None:
    words = mirrored.words("mirrored")
    assert (mirrored.code, words.pop("echo.answers")) == (1, "FAIL")
    assert {word for clause, word in words.items() if clause.startswith("echo.")} == {"UNTESTED"}


def test_a_broken_clause_reads_as_a_sentence_without_a_traceback(mirrored: Ended) -> None:
    assert "echo.answers (a MUST) is broken [other-body]: expected b'hello'" in mirrored.out
    assert "Traceback" not in mirrored.out + mirrored.err
    assert "session/items.py" not in mirrored.out


def test_what_happens_meanwhile_breaks_no_verdict_s_line_under_v(mirrored: Ended) -> None:
    assert re.search(r"^suites/tiny/test_\w+\.py::echo\.answers FAIL +\[ *\d+%\]$", mirrored.out, re.MULTILINE)
    assert re.search(r"^ +\d+\.\d s  main: starting$", mirrored.out, re.MULTILINE)


def test_an_untested_clause_is_skipped_with_its_reason_and_its_judges_place(mirrored: Ended) -> None:
    told = r"suites/tiny/test_ping\.py:\d+: UNTESTED \(out-of-reach\): this process does not show image-config"
    assert re.search(told, mirrored.out)


def test_verbose_lines_name_clauses_as_the_catalogue_does(mirrored: Ended) -> None:
    assert "\nsuites/tiny/test_echo.py::echo.answers " in mirrored.out
    assert "\nsuites/tiny/test_ping.py::image.labelled " in mirrored.out


def test_junit_says_clause_level_and_verdict_of_every_item(yard: Berth, mirrored: Ended) -> None:
    del mirrored
    cases = ET.parse(yard.folder / "junit.xml").getroot().iter("testcase")  # noqa: S314  our own file
    told = {case.get("name"): {p.get("name"): p.get("value") for p in case.iter("property")} for case in cases}
    assert told["echo.answers"] == {"clause": "echo.answers", "level": "MUST", "verdict": "FAIL"}
    assert set(told) == set(EVERY)


def test_a_broken_should_warns_with_exit_0_and_is_counted_apart(rude: Ended) -> None:
    assert (rude.code, rude.words("rude")["echo.polite"]) == (0, "WARN")
    assert "1 warn" in rude.out
    assert "1 observed" in rude.out


def test_in_a_strict_trial_a_broken_should_fails(yard: Berth, rude: Ended) -> None:
    del rude
    strict = yard.run_module("judge", "rude", "--report=strict", "--strict", *CONTRACT)
    assert (strict.code, strict.result("strict")["grade"]) == (1, "not certified")


def test_a_fault_of_ours_is_an_error_and_exit_12(yard: Berth) -> None:
    ended = yard.certify("--report=faulty", "--profile=faulty", "-v")
    assert (ended.code, ended.words("faulty")) == (12, {"faulty.judge": "HARNESS_ERROR"})
    assert "1 error" in ended.out


def test_judging_the_evidence_again_gives_the_same_verdicts_to_the_byte(yard: Berth, mirrored: Ended) -> None:
    again = yard.pytest("--trial-evidence=mirrored/evidence", "--trial-report=again", *CONTRACT)
    assert again.code == mirrored.code
    first, second = (yard.folder / name for name in ("mirrored", "again"))
    assert (first / "verdicts.json").read_bytes() == (second / "verdicts.json").read_bytes()
    both = [json.loads((folder / "result.json").read_bytes()) for folder in (first, second)]
    assert both[0]["verdicts"] == both[1]["verdicts"]
