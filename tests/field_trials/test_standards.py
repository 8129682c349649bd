"""What the published trials of the standards stand for: an engine that keeps them, one that loses them, one without."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from field_trials.again import judged_again
from field_trials.servers import servers
from field_trials.trial import Kind

from seatrial.conformance.verdict import Word

if TYPE_CHECKING:
    from seatrial.conformance.result import TrialResult

NOT_MOUNTED = "override not mounted: FastAPI ≥ 0.137 with include_router"
LOST = ["bootstrap.override-effective", "handlers.ping-replaced", "handlers.invocations-replaced"]


def tried(name: str) -> TrialResult:
    (server,) = (server for server in servers() if server.name == name)
    return judged_again(server, Kind.PROCESS)


def test_what_the_package_keeps_it_is_found_to_keep():
    result = tried("standards")
    assert result.of(Word.FAIL) == ()
    assert result.clause("bootstrap.override-effective").id in {verdict.clause for verdict in result.of(Word.PASS)}


def test_a_lost_override_is_the_one_cause_of_everything_that_is_lost():
    result = tried("standards_lost")
    assert [verdict.clause for verdict in result.of(Word.FAIL)] == LOST
    (diagnosis,) = result.diagnoses
    assert (diagnosis.cause, diagnosis.proven, sorted(diagnosis.clauses)) == (NOT_MOUNTED, True, sorted(LOST))


@pytest.mark.parametrize("word", [Word.FAIL, Word.WARN, Word.PASS])
def test_nothing_is_said_of_the_standards_where_nothing_of_them_is(word: Word):
    result = tried("standards_plain")
    of_the_profile = {clause.id for clause in result.clauses if clause.profile == "standards"}
    assert of_the_profile
    assert [verdict.clause for verdict in result.of(word) if verdict.clause in of_the_profile] == []
