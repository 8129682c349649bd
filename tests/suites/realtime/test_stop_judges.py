"""The judge of calls in flight at the stop, on timelines that no mutant brings about."""

from __future__ import annotations

import pytest

from seatrial.conformance.api import Exchange, Request, State, Stop, Trouble
from seatrial.conformance.expect import ClauseBroken, Fact
from seatrial.conformance.judge import Limits
from seatrial.conformance.scenario import JUDGES, load_suite
from seatrial.conformance.subject.launcher import Process
from seatrial.conformance.wire.exchange import Answer
from seatrial.suites.realtime.scenarios.stop import StopBusySeen, StopSeen

load_suite(("realtime",))

SIGNAL_AT, EXIT = 10.0, 0.3
WORKER = Process(2, 1, ("worker",))


def judged(call: Exchange, *survivors: Process) -> str:
    stop = Stop("busy", ())
    state = State(running=False, exit_code=143, exited_at=SIGNAL_AT + EXIT)
    seen = StopSeen(stop, (0.0,), EXIT, state, (), (), (), survivors)
    busy = StopBusySeen(stop, seen, (call,), slow=True, signal_at=SIGNAL_AT)
    try:
        JUDGES["stop.finishes-calls"].judge(stop_busy=busy, limit=Limits({"exit_s": 30.0, "read_late_s": 0.5}, 1.0))
    except ClauseBroken as broken:
        return broken.reason
    except Fact:
        return "kept"
    return ""


def ended_after(seconds: float) -> Exchange:
    return Exchange(Request("POST", "/invocations"), Answer(200), started=SIGNAL_AT - 1.0, sent=0.0, done=1.0 + seconds)


def test_an_answer_of_a_process_that_outlived_the_first_one_would_be_lost_in_a_container():
    assert judged(ended_after(14.0), WORKER) == "call-outlives-server"


@pytest.mark.parametrize("seconds", [0.2, EXIT + 0.4])
def test_an_answer_before_the_exit_counts_whoever_was_left_behind(seconds: float):
    assert judged(ended_after(seconds), WORKER) == "kept"


def test_an_answer_that_was_read_after_the_exit_counts_where_nobody_was_left_to_give_it():
    assert judged(ended_after(2.0)) == "kept"


def test_a_call_without_an_answer_was_dropped():
    lost = Exchange(Request("POST", "/invocations"), None, Trouble.RESET, started=9.0, sent=0.0, done=1.1)
    assert judged(lost, WORKER) == "call-dropped"
