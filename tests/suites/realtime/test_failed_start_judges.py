"""Judges of starts that ought to fail: a server that loads for long is not silent before it came to its model."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from seatrial.conformance.api import Exchange, Request, Unobserved
from seatrial.conformance.boot import Boot, BootEnd
from seatrial.conformance.evidence import TrialFacts
from seatrial.conformance.expect import ClauseBroken
from seatrial.conformance.judge import Limits
from seatrial.conformance.scenario import JUDGES, load_suite
from seatrial.conformance.subject.launcher import State, SubjectFacts
from seatrial.conformance.wire.exchange import Trouble
from seatrial.suites.realtime.scenarios.start_failed import FailedStart

if TYPE_CHECKING:
    from collections.abc import Callable

    Judge = Callable[[FailedStart, Boot | None], None]

load_suite(("realtime",))

PROCESS = TrialFacts(SubjectFacts("process", "a server"))
LIMIT = Limits({"reason_s": 60.0}, 1.0)
UP = State(running=True)
REFUSED = Exchange(Request("GET", "/ping"), None, Trouble.REFUSED)
SILENT = FailedStart(60.2, None, REFUSED, UP, reason="", reason_at=None, lines=1, log=("loading",))
CLAUSES = {"start.bad-model-fails-loudly": {"limit": LIMIT}, "logs.failed-start-explained": {}}


def good_start(seconds: float) -> Boot:
    return Boot("main", BootEnd.READY, seconds, seconds, (), None, None, UP)


@pytest.fixture(params=CLAUSES)
def judge(request: pytest.FixtureRequest) -> Judge:
    clause = request.param
    return lambda seen, boot: JUDGES[clause].judge(bad_model=seen, boot=boot, facts=PROCESS, **CLAUSES[clause])


def test_a_start_that_had_less_than_twice_the_time_of_a_good_one_is_not_judged(judge: Judge):
    with pytest.raises(Unobserved, match=r"after 60\.2 s; with a good model the start took 31\.0 s"):
        judge(SILENT, good_start(31.0))


@pytest.mark.parametrize("boot", [good_start(30.0), None], ids=["a quick start", "no good start known"])
def test_a_start_that_had_its_time_has_to_say_why_it_fails(judge: Judge, boot: Boot | None):
    with pytest.raises(ClauseBroken):
        judge(SILENT, boot)


def test_a_server_that_ended_had_its_time(judge: Judge):
    with pytest.raises(ClauseBroken):
        judge(replace(SILENT, watched=3.0, state=State(running=False, exit_code=1)), good_start(100.0))
