"""Judges of bidirectional streams on observations that no mutant brings about: the edges of what is legal."""

from __future__ import annotations

from dataclasses import replace

import pytest

from seatrial.conformance.api import (
    Answer,
    Body,
    Exchange,
    Heard,
    NotApplicable,
    Request,
    Sample,
    State,
    Stop,
    TrialFacts,
    Trouble,
    Unobserved,
    WebSocketSeen,
)
from seatrial.conformance.expect import ClauseBroken, Fact, OnlyFact
from seatrial.conformance.judge import Limits
from seatrial.conformance.scenario import JUDGES, load_suite
from seatrial.conformance.subject.launcher import Image, SubjectFacts
from seatrial.suites.bidirectional.scenarios.asking import Reply, is_text, mark, tells_of_failure
from seatrial.suites.bidirectional.scenarios.crowd import BidiCrowdSeen, BidiTally
from seatrial.suites.bidirectional.scenarios.idle import IdleSeen, LongSeen
from seatrial.suites.bidirectional.scenarios.losses import Held, LossesSeen
from seatrial.suites.bidirectional.scenarios.messages import FragmentsSeen, MessagesSeen, TargetsSeen
from seatrial.suites.bidirectional.scenarios.pings import BusyPingsSeen, Pinged
from seatrial.suites.bidirectional.scenarios.refusals import RefusalSeen
from seatrial.suites.bidirectional.scenarios.stop import BidiStopSeen
from seatrial.suites.bidirectional.scenarios.upgrade import UpgradeSeen

load_suite(("bidirectional",))

LABEL = "com.amazonaws.sagemaker.capabilities.bidirectional-streaming"
UNCLAIMED = TrialFacts(SubjectFacts("process", "a server"), profiles=("bidirectional",))
CLAIMED = replace(UNCLAIMED, claimed=("bidirectional",))
IDLE = Limits({"idle_s": 300.0}, 1.0)
MISSED = Limits({"missed": 1.0}, 1.0)
EXIT = Limits({"exit_s": 30.0}, 1.0)
HELD = Limits({"files": 10.0, "threads": 50.0}, 1.0)
PING = Exchange(Request("GET", "/ping"), Answer(200), done=0.01)


def shaken(status: int | None = 101, trouble: Trouble | None = None) -> Exchange:
    request = Request("GET", "/invocations-bidirectional-stream", (("Sec-WebSocket-Key", "x"),))
    return Exchange(request, None if status is None else Answer(status), trouble, done=0.01)


def text(content: str) -> Heard:
    return Heard(1.0, "text", Body(len(content), "", content.encode(), json=content.startswith("{")))


def closed(code: int | None, reason: str = "") -> Heard:
    return Heard(2.0, "close", Body(len(reason), "", reason.encode()), code=code)


def session(*heard: Heard, end: str = "open", status: int | None = 101, ended: float | None = None) -> WebSocketSeen:
    messages = sum(one.kind == "text" for one in heard)
    return WebSocketSeen(shaken(status), heard, messages, (), end, ended)


def reply(*heard: Heard, end: str = "open", digest: str = "d", as_text: bool = True) -> Reply:
    seen = session(*heard, end=end)
    return Reply("a.json", as_text, seen, seen.messages, digest, first=0.1 if seen.messages else None, took=0.2)


ANSWER, SILENCE = reply(text("{}")), reply(digest="")


def judged(clause: str, **seen: object) -> str:
    """What a judge says: the named reason, `noted`, `untested`, `not applicable`, or nothing where it holds."""
    try:
        JUDGES[clause].judge(**seen)
    except ClauseBroken as broken:
        return broken.reason
    except OnlyFact:
        return "noted"
    except Fact:
        return ""
    except Unobserved:
        return "untested"
    except NotApplicable:
        return "not applicable"
    return ""


@pytest.mark.parametrize(("facts", "said"), [(UNCLAIMED, "not applicable"), (CLAIMED, "stream-route-missing")])
def test_a_server_without_the_stream_is_blamed_only_where_it_was_claimed(facts: TrialFacts, said: str):
    assert judged("bidi.upgrade", bidi_upgrade=UpgradeSeen(session(status=404)), facts=facts) == said


@pytest.mark.parametrize(
    ("value", "said"), [("true", ""), ("True", "stream-label-missing"), (None, "stream-label-missing")]
)
def test_the_label_is_taken_literally(value: str | None, said: str):
    labels = ((LABEL, value),) if value else ()
    image = Image("i", "sha256:0", "linux", "amd64", labels=labels)
    assert judged("bidi.label", facts=TrialFacts(SubjectFacts("image", "i", image=image))) == said


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (ANSWER, ""),
        (SILENCE, "binary-unhandled"),
        (reply(closed(1003)), "binary-unhandled"),
        (reply(closed(1003, "send text")), ""),
        (reply(closed(1000, "bye")), "binary-unhandled"),
        (reply(end="rst"), "binary-unhandled"),
        (reply(text('{"ModelStreamError": {}}'), closed(1003, "text only")), ""),
    ],
)
def test_binary_is_answered_or_refused_in_words(answer: Reply, said: str):
    assert judged("bidi.binary", bidi_messages=MessagesSeen(ANSWER, answer, ANSWER)) == said


def test_bytes_that_are_no_text_leave_text_untested():
    assert judged("bidi.text", bidi_messages=MessagesSeen(None, ANSWER, ANSWER)) == "untested"
    assert judged("bidi.text", bidi_messages=MessagesSeen(SILENCE, SILENCE)) == "text-unhandled"


def test_answers_that_never_repeat_are_not_compared_with_one_another():
    other = replace(ANSWER, digest="other")
    seen = FragmentsSeen(True, ANSWER, other, replace(ANSWER, digest="third"), ANSWER, 0.1)
    assert judged("bidi.fragments", bidi_fragments=seen) == ""
    assert judged("bidi.fragments", bidi_fragments=replace(seen, again=ANSWER)) == "fragments-apart"


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (ANSWER, "noted"),
        (SILENCE, "noted"),
        (reply(text('{"error": "no"}')), "noted"),
        (reply(end="fin"), "error-without-close"),
        (reply(closed(None)), "error-looks-normal"),
        (reply(closed(1000, "bye")), "error-looks-normal"),
        (reply(closed(1011)), "error-without-reason"),
        (reply(closed(1007, "no JSON")), ""),
    ],
)
def test_an_error_that_ends_the_session_is_told_in_the_close(answer: Reply, said: str):
    assert judged("bidi.error-closes", bidi_refusal=RefusalSeen(answer)) == said


def test_what_an_error_is_can_be_unknown():
    assert judged("bidi.error-closes", bidi_refusal=RefusalSeen()) == "noted"
    assert judged("bidi.error-in-band", bidi_refusal=RefusalSeen()) == "noted"


@pytest.mark.parametrize(
    ("path", "answer", "said"),
    [
        (session(status=403), None, ""),
        (session(status=500), None, "path-error"),
        (session(status=None), None, "path-error"),
        (session(status=200), None, "path-error"),
        (session(), ANSWER, ""),
        (session(), reply(closed(1008, "no")), ""),
        (session(), SILENCE, "path-dead-end"),
    ],
)
def test_a_path_is_served_or_refused(path: WebSocketSeen, answer: Reply | None, said: str):
    assert judged("bidi.path-override", bidi_targets=TargetsSeen(ANSWER, ANSWER, path, answer)) == said


def pinged(*seconds: float | None) -> BusyPingsSeen:
    return BusyPingsSeen("a.json", 3.0, session(), tuple(Pinged(6, 1.0, one) for one in seconds))


@pytest.mark.parametrize(
    ("seen", "said"),
    [
        (pinged(0.1, 0.1, None, 0.1, 0.1), ""),
        (pinged(0.1, None, None, 0.1, 0.1), "no-pong-while-busy"),
        (pinged(None, None), "noted"),
        (BusyPingsSeen("a.json", 0.1), "noted"),
    ],
)
def test_one_of_five_pongs_may_be_missed(seen: BusyPingsSeen, said: str):
    assert judged("bidi.pong-while-inferring", bidi_busy_pings=seen, limit=MISSED) == said


CROWD = BidiCrowdSeen(2, 32, (BidiTally(0, 0, "answered", 64),), None, 0, (PING,), PING, 256, None)


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({}, ""),
        ({"payloads": 1}, "untested"),
        ({"swapped": ANSWER}, "sessions-mixed"),
        ({"surplus": 3}, "sessions-mixed"),
        ({"tallies": (BidiTally(0, None, "refused", 60), BidiTally(0, 0, "answered", 4))}, ""),
        ({"tallies": (BidiTally(0, None, "refused", 64),)}, "session-unanswered"),
        ({"tallies": (BidiTally(0, 0, "answered", 60), BidiTally(0, None, "nothing", 3))}, "session-unanswered"),
    ],
)
def test_each_session_hears_its_own_answers(changed: dict[str, object], said: str):
    assert judged("bidi.isolation", bidi_crowd=replace(CROWD, **changed)) == said


@pytest.mark.parametrize(
    ("refused", "said"),
    [
        (None, ""),
        (session(status=503), ""),
        (session(status=429), ""),
        (session(closed(1013, "full")), ""),
        (session(closed(1011, "full")), "refusal-unclear"),
        (session(status=500), "refusal-unclear"),
        (session(status=None), "refusal-unclear"),
    ],
)
def test_one_session_too_many_is_told_so(refused: WebSocketSeen | None, said: str):
    assert judged("bidi.capacity-refusal", bidi_crowd=replace(CROWD, refused=refused)) == said


@pytest.mark.parametrize(
    ("after", "said"),
    [(Held(20, 8), ""), (Held(20, 48), ""), (Held(31, 8), "losses-leak"), (Held(20, 108), "losses-leak"), (None, "")],
)
def test_a_pool_of_threads_that_grows_to_its_size_is_no_leak(after: Held | None, said: str):
    seen = LossesSeen(100, Held(20, 8), after, session(), 0.1)
    assert judged("bidi.abrupt-loss", bidi_losses=seen, limit=HELD) == said
    assert judged("bidi.abrupt-loss", bidi_losses=replace(seen, pong=None), limit=HELD) == "losses-break"


def test_a_session_that_ends_by_itself_after_the_platforms_limit_is_not_idle_too_short():
    quick = IdleSeen(10.0, session(), ())
    assert judged("bidi.idle-lives", bidi_idle=quick, limit=IDLE) == ""
    late = LongSeen(IdleSeen(1750.0, session(closed(1000), end="fin", ended=1750.0), ()), session())
    early = LongSeen(IdleSeen(40.0, session(end="rst", ended=40.0), ()), session())
    assert judged("bidi.idle-lives", bidi_idle=quick, limit=IDLE, bidi_long=late) == ""
    assert judged("bidi.idle-lives", bidi_idle=quick, limit=IDLE, bidi_long=early) == "idle-closed-later"


@pytest.mark.parametrize(
    ("idle", "busy", "after", "said"),
    [
        (1001, 1012, 2.0, ""),
        (1001, 1000, 2.0, ""),
        (1001, None, 2.0, ""),
        (1000, 1001, 2.0, "stop-untold"),
        (1001, 1011, 2.0, "stop-untold"),
        (1001, 1001, None, "bidi-stop-timeout"),
    ],
)
def test_a_stop_is_told_to_who_waits_for_nothing(idle: int, busy: int | None, after: float | None, said: str):
    busy_seen = None if busy is None else session(closed(busy))
    seen = BidiStopSeen(Stop("main", ()), session(closed(idle)), busy_seen, after, State(running=after is None))
    assert judged("bidi.stop-closes-sessions", bidi_stop=seen, limit=EXIT) == said


@pytest.mark.parametrize(
    ("content", "tells"),
    [
        ('{"ModelStreamError": {}}', True),
        ('{"type": "error"}', True),
        ('{"detail": "no"}', True),
        ('{"type": "session.created"}', False),
        ("error", False),
    ],
)
def test_an_error_is_known_by_its_field(content: str, tells: bool):
    assert tells_of_failure(text(content)) is tells


def test_bytes_that_are_no_utf8_are_no_text():
    assert is_text(Sample("a", "text/plain", "é".encode()))
    assert not is_text(Sample("a", "audio/wav", b"\xff\x00"))


def test_the_last_digits_of_a_fraction_make_no_other_answer():
    first, again = (text('{"text": " 3", "log_prob": -0.0143799' + digits + "}") for digits in ("007", "187"))
    assert mark(first) == mark(again)
    assert mark(text('{"value": 10.25}')) != mark(text('{"value": 10.75}'))
    assert mark(text('{"text": " 3"}')) != mark(text('{"text": " 4"}'))
