"""Judges of ports, pings and load on observations that no mutant brings about: the edges of what is legal."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from seatrial.conformance.api import Exchange, NotApplicable, Request, Sample, Trouble, Unobserved
from seatrial.conformance.boot import Boot, BootEnd, PingRun
from seatrial.conformance.diagnosis.autopsy import Autopsy
from seatrial.conformance.evidence import TrialFacts
from seatrial.conformance.expect import ClauseBroken, Fact
from seatrial.conformance.judge import Limits
from seatrial.conformance.scenario import JUDGES, load_suite
from seatrial.conformance.subject.launcher import Listener, State, SubjectFacts
from seatrial.conformance.wire.exchange import Answer
from seatrial.suites.realtime.scenarios.connection import BacklogSeen, ConnectSeen, Storm, promises_more
from seatrial.suites.realtime.scenarios.load import CrossTalkSeen, OverloadSeen, Tally, bumped, candidates
from seatrial.suites.realtime.scenarios.load_busy import BusyPing, BusySeen
from seatrial.suites.realtime.scenarios.ping import BackgroundSeen, Brief, Cost, LoopSeen, PingsSeen

load_suite(("realtime",))

ACCEPT = Limits({"accept_ms": 250, "connects": 100}, 1.0)
PING = Limits({"ping_timeout_s": 2.0, "notice_s": 1.0}, 1.0)
CHEAP = Limits({"growth_bytes": 16_384, "growth_count": 8, "lines": 1}, 1.0)
PROCESS = TrialFacts(SubjectFacts("process", "a server"))
OK = Exchange(Request("GET", "/ping"), Answer(200), done=0.01)
LATE = Exchange(Request("GET", "/ping"), None, Trouble.TIMEOUT, done=2.0)


def judged(clause: str, **seen: object) -> str:
    """What a judge says: the named reason, the fact, `untested`, or nothing."""
    try:
        JUDGES[clause].judge(**seen)
    except ClauseBroken as broken:
        return broken.reason
    except Fact as fact:
        return str(fact)
    except Unobserved:
        return "untested"
    except NotApplicable:
        return "not applicable"
    return ""


def boot(end: BootEnd, *, last: Exchange = OK, trouble: Trouble | None = None, listeners: tuple[Listener, ...] = ()):
    state = State(running=end is not BootEnd.EXITED)
    run = PingRun(0.0, 1.0, 9, last.status, trouble or last.trouble, 0.1)
    first = last if last.answer else None
    return Boot("main", end, None, 30.0, (run,), first, last, state, Autopsy(state, listeners))


def test_an_accept_after_a_lost_syn_is_late_and_one_just_in_time_is_not():
    assert judged("port.accepts-at-once", connect=ConnectSeen(Storm((1064.0, 0.2))), limit=ACCEPT) == "slow-accept"
    assert "249.0 ms" in judged("port.accepts-at-once", connect=ConnectSeen(Storm((249.0, 0.2))), limit=ACCEPT)


def test_a_connect_that_is_never_accepted_counts_as_late():
    seen = BacklogSeen(16, Storm((0.1,), (Trouble.CONNECT_TIMEOUT,)), Storm((0.1,)))
    assert judged("port.accepts-when-busy", backlog=seen, limit=ACCEPT) == "slow-accept"


def test_a_burst_that_is_accepted_and_reset_breaks():
    seen = BacklogSeen(16, Storm((0.1,)), Storm((0.1,), reset=1))
    assert judged("port.burst", backlog=seen, limit=ACCEPT) == "backlog-full"


def test_a_refused_port_is_the_wrong_one_only_where_the_server_listens_elsewhere():
    refused = Exchange(Request("GET", "/ping"), None, Trouble.REFUSED)
    elsewhere = boot(BootEnd.TIMEOUT, last=refused, listeners=(Listener("0.0.0.0", 5000),))
    assert judged("port.listens-on-8080", boot=elsewhere, facts=PROCESS) == "wrong-port"
    assert judged("port.listens-on-8080", boot=boot(BootEnd.TIMEOUT, last=refused), facts=PROCESS) == ""


def test_a_server_that_is_still_silent_at_the_end_of_the_window_was_never_ready():
    assert judged("start.becomes-ready", boot=boot(BootEnd.TIMEOUT, last=LATE)) == "never-ready"


def test_a_server_that_settles_on_404_is_ready_and_pings_wrongly():
    seen = boot(BootEnd.TIMEOUT, last=replace(OK, answer=Answer(404)))
    assert judged("start.becomes-ready", boot=seen) == ""
    assert judged("ping.answers-200", boot=seen) == "ping-status"


def test_pings_that_are_late_beside_other_requests_are_told_and_not_judged():
    beside = BackgroundSeen((Brief(1.0, 2.0, None, Trouble.TIMEOUT), Brief(2.0, 0.1, 200, None)))
    said = judged("ping.within-2-seconds", pings=PingsSeen((OK,)), limit=PING, background_pings=beside, pings_soak=None)
    assert "1 of 2 were given up" in said
    assert judged("ping.stays-200", pings=PingsSeen((OK,)), background_pings=beside, pings_soak=None) == ""


def test_a_ping_that_is_answered_503_beside_other_requests_breaks():
    beside = BackgroundSeen((Brief(1.0, 0.1, 503, None),), odd=replace(OK, answer=Answer(503)))
    assert judged("ping.stays-200", pings=PingsSeen((OK,)), background_pings=beside, pings_soak=None) == "ping-flaps"


def test_a_slow_request_that_was_answered_at_once_tests_nothing():
    seen = BusySeen(16, slow=True, pings=(BusyPing(OK, 0),))
    assert judged("ping.under-load", busy_ping=seen, limit=PING) == "untested"


def test_an_access_log_of_one_line_a_ping_is_cheap_even_where_other_requests_log_too():
    cost = (Cost(1, 50_000_000, 4, 20),)
    assert judged("ping.cheap", ping_loop=LoopSeen(200, 0, cost, cost, 330), limit=CHEAP, ping_loop_soak=None) == ""
    flood = LoopSeen(200, 0, cost, cost, 400)
    assert judged("ping.cheap", ping_loop=flood, limit=CHEAP, ping_loop_soak=None) == "ping-log-flood"


def test_a_worker_that_was_replaced_is_no_leak():
    before, after = (Cost(1, 10, 4, 9), Cost(2, 10, 4, 9)), (Cost(1, 10, 4, 9), Cost(3, 90_000_000, 40, 90))
    assert judged("ping.cheap", ping_loop=LoopSeen(200, 0, before, after, 0), limit=CHEAP, ping_loop_soak=None) == ""


def test_answers_that_are_nobody_elses_are_told_and_refusals_are_legal():
    tallies = (Tally(0, 0, "200", 60), Tally(1, None, "200", 2), Tally(1, None, "503", 2))
    assert "2 were like none" in judged("invocations.no-cross-talk", cross_talk=CrossTalkSeen(2, 64, 1, tallies))


def test_one_answer_to_anothers_request_is_enough():
    tallies = (Tally(0, 0, "200", 63), Tally(0, 1, "200", 1))
    assert judged("invocations.no-cross-talk", cross_talk=CrossTalkSeen(2, 64, 1, tallies)) == "cross-talk"


def test_callers_that_still_wait_leave_the_question_open_until_a_soak():
    seen = OverloadSeen(128, 8.0, (("200", 100), ("timeout", 28)), 7.9, None, ())
    limit = Limits({"answer_s": 60.0}, 1.0)
    assert judged("invocations.overload", overload=seen, limit=limit, overload_soak=None) == "untested"


def test_a_single_late_ping_under_overload_is_forgiven_and_two_in_a_row_are_not():
    late, fine = Brief(0.0, 2.0, None, Trouble.TIMEOUT), Brief(2.0, 0.1, 200, None)
    limit = Limits({"answer_s": 60.0}, 1.0)
    one = OverloadSeen(128, 8.0, (("200", 128),), 1.0, None, (fine, late, fine, late))
    assert "0 refused" in judged("invocations.overload", overload=one, limit=limit, overload_soak=None)
    two = replace(one, pings=(fine, late, late))
    assert judged("invocations.overload", overload=two, limit=limit, overload_soak=None) == "overload-deaf"


@pytest.mark.parametrize(
    ("version", "headers", "kept"),
    [
        ("1.1", (), True),
        ("1.1", (("connection", "Close"),), False),
        ("1.0", (), False),
        ("1.0", (("Connection", "keep-alive"),), True),
    ],
)
def test_what_an_answer_promises_of_its_connection(version: str, headers: tuple[tuple[str, str], ...], kept: bool):
    assert promises_more(Exchange(Request("GET", "/"), Answer(200, version, headers))) is kept


def test_other_payloads_are_the_sample_with_one_number_changed_and_still_json():
    sample = Sample("one.json", "application/json", b'{"instances": [[1.5, 2, 0.1]], "v2": "a1"}')
    values = [json.loads(one.body) for one in candidates((sample,))]
    assert [value["instances"][0] for value in values] == [[1.5, 2, 0.1], [2.25, 2, 0.1], [1.5, 3, 0.1], [1.5, 2, 0.85]]


def test_bytes_that_are_no_text_are_left_alone():
    image = Sample("one.png", "image/png", b"\x89PNG 123 456")
    assert list(candidates((image,))) == [image]


def test_a_number_keeps_its_kind():
    assert (bumped(b"4"), bumped(b"0.5")) == (b"5", b"1.25")
