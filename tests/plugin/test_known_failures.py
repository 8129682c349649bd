"""A list of known failures keeps a run green, says when it is stale, and never changes a verdict or the grade."""

from __future__ import annotations

import pytest
from support.berth import CONTRACT, Berth


@pytest.fixture(scope="module")
def yard(tmp_path_factory: pytest.TempPathFactory) -> Berth:
    """A folder with the evidence of a server that breaks a SHOULD and keeps every MUST."""
    yard = Berth.at(tmp_path_factory.mktemp("known"))
    yard.certify("--report=rude", faults="rude")
    return yard


def judged(yard: Berth, listed: str, *words: str) -> tuple[int, str, str]:
    """Exit code, grade and notes of judging again with a list."""
    yard.write("known.txt", listed)
    ended = yard.run_module("judge", "rude", "--known-failures", "known.txt", "--report=again", *words, *CONTRACT)
    if ended.code == 4:
        return 4, "", ended.err
    return ended.code, ended.result("again")["grade"], " ".join(ended.result("again")["notes"])


def test_a_listed_failure_does_not_fail_the_exit_code_and_keeps_its_grade(yard: Berth) -> None:
    code, grade, notes = judged(yard, "# soon\necho.polite  # until the next release\n", "--strict")
    assert (code, grade) == (0, "not certified")
    assert "1 broken clauses are known failures" in notes


def test_without_the_list_the_same_evidence_fails(yard: Berth) -> None:
    assert judged(yard, "", "--strict")[:2] == (1, "not certified")


def test_a_listed_clause_that_passes_makes_the_list_stale(yard: Berth) -> None:
    code, grade, notes = judged(yard, "echo.answers\n")
    assert (code, grade) == (11, "checked")
    assert "stale, these pass now: echo.answers" in notes


def test_a_failure_that_is_not_listed_counts_more_than_a_stale_list(yard: Berth) -> None:
    assert judged(yard, "echo.answers\n", "--strict")[0] == 1


def test_a_clause_that_does_not_exist_is_refused_with_the_nearest_one(yard: Berth) -> None:
    code, _, told = judged(yard, "\necho.answer\n")
    assert code == 4
    assert told.strip() == (
        "ERROR: --trial-known-failures known.txt, line 2: there is no clause 'echo.answer'; did you mean echo.answers?"
    )


def test_a_list_that_cannot_be_read_is_refused(yard: Berth) -> None:
    ended = yard.run_module("judge", "rude", "--known-failures", "none.txt", *CONTRACT)
    assert (ended.code, ended.err.count("\n")) == (4, 2)
    assert "--trial-known-failures none.txt: the file cannot be read (No such file or directory)" in ended.err
