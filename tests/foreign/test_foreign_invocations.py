"""A server that nobody here wrote is judged on what it accepts: no false alarm, and no guess where nothing is known."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from foreign.trial import verdicts_of

from seatrial.conformance.samples import Sample
from seatrial.conformance.verdict import Untested, Word

if TYPE_CHECKING:
    from seatrial.conformance.verdict import Verdict

BROKEN = {Word.FAIL, Word.WARN, Word.HARNESS_ERROR}


def broken(verdicts: dict[str, Verdict]) -> dict[str, str]:
    return {name: f"{v.word} {v.reason}: {v.observed}" for name, v in verdicts.items() if v.word in BROKEN}


@pytest.fixture(scope="module")
def table() -> dict[str, Verdict]:
    return verdicts_of("table")


def test_a_table_server_that_minds_blank_lines_and_many_rows_breaks_nothing(table: dict[str, Verdict]):
    assert broken(table) == {}


def test_a_refusal_of_many_rows_is_no_refusal_of_a_large_body(table: dict[str, Verdict]):
    assert table["body-6-mib"].word is Word.PASS
    assert "the model's word on rows" in table["body-6-mib"].observed


def test_a_model_that_is_no_echo_is_tried_whole_and_cut(table: dict[str, Verdict]):
    assert table["body-unchanged"].word is Word.PASS
    assert "does not give back" in table["body-unchanged"].observed


def test_small_answers_leave_large_ones_untested(table: dict[str, Verdict]):
    assert table["large-answer"].untested is Untested.MISSING_INPUT
    assert table["large-answer"].option == "--trial-sample FILE"


def test_a_server_that_takes_any_body_is_only_told_that_it_takes_any_type():
    assert set(broken(verdicts_of("digest"))) == {"unsupported-type"}


def test_answers_that_never_repeat_are_compared_by_status_alone():
    assert set(broken(verdicts_of("prompt"))) == {"unsupported-type"}


def test_without_a_valid_request_nothing_is_guessed_and_the_option_is_named():
    verdicts = verdicts_of("picky")
    assert broken(verdicts) == {}
    assert verdicts["answers"].untested is Untested.MISSING_INPUT
    assert verdicts["answers"].option == "--trial-sample FILE"


def test_a_request_that_the_user_gave_makes_it_testable():
    verdicts = verdicts_of("picky", Sample("sesame.txt", "text/plain", b"open sesame", given=True))
    assert verdicts["answers"].word is Word.PASS
    assert set(broken(verdicts)) <= {"unsupported-type"}


def test_a_given_request_that_is_refused_breaks_the_contract():
    verdicts = verdicts_of("picky", Sample("wrong.txt", "text/plain", b"open barley", given=True))
    assert verdicts["answers"].reason == "invocations-not-2xx"


def test_a_server_that_wants_credentials_does_not_serve_invocations():
    assert verdicts_of("guarded")["answers"].reason == "invocations-route-missing"


def test_a_server_that_falls_silent_is_not_blamed_for_what_came_after():
    verdicts = verdicts_of("moody", scale=0.02)
    assert set(broken(verdicts)) == {"within-60-seconds"}
    silent = [v for v in verdicts.values() if "not answered any more" in v.observed]
    assert len(silent) >= 4
    assert all(v.untested is Untested.PREREQUISITE for v in silent)
