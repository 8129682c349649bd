"""Judges how sessions end: by the caller, by an error, by time, by SIGTERM."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from seatrial.conformance.api import Untested, broken, clause, expect, noted, observed, untested
from seatrial.suites.bidirectional.reasons import Reason

if TYPE_CHECKING:
    from seatrial.conformance.api import Heard, Limits
    from seatrial.suites.bidirectional.scenarios.asking import Reply
    from seatrial.suites.bidirectional.scenarios.closes import ClosesSeen, Closing
    from seatrial.suites.bidirectional.scenarios.idle import IdleSeen, LongSeen
    from seatrial.suites.bidirectional.scenarios.losses import ReconnectsSeen
    from seatrial.suites.bidirectional.scenarios.refusals import RefusalSeen
    from seatrial.suites.bidirectional.scenarios.stop import BidiStopSeen

NORMAL, LONGEST_REASON = 1000, 123
STOPPING = frozenset({1001, 1012})


@clause("bidi.close-answered")
def test_close_answered(bidi_closes: ClosesSeen, limit: Limits) -> None:
    """The platform closes with 1000, 1001 or 1011, and waits for the answer."""
    for one in bidi_closes.closes:
        expect(
            one.session.closed is not None, f"close {one.code}: {one.summary}", proof=one.session.handshake
        ).to_be_true(reason=Reason.CLOSE_UNANSWERED, expected="a close frame in return")
        _ends(one, limit.end_s, Reason.CLOSE_LINGERS)


@clause("bidi.half-close")
def test_half_close(bidi_closes: ClosesSeen, limit: Limits) -> None:
    """Whoever cannot be heard any more must not hold a session for half an hour."""
    _ends(bidi_closes.half, limit.end_s, Reason.HALF_CLOSED_LINGERS)


def _ends(one: Closing, within: float, reason: Reason) -> None:
    what = "the end of the incoming bytes" if one.code is None else f"close {one.code}"
    expect(one.ended, f"{what}: {one.summary}", proof=one.session.handshake).to_be_at_most(
        within, reason=reason, expected=f"the end of the connection within {within:g} s"
    )


@clause("bidi.error-closes")
def test_error_closes(bidi_refusal: RefusalSeen) -> None:
    """What the close frame says is all that the caller learns."""
    reply = _reply(bidi_refusal)
    closed, proof = reply.seen.closed, reply.seen.handshake
    if closed is None and reply.seen.end == "open":
        noted(f"broken JSON does not end the session: {reply.summary}")
    if closed is None:
        broken(Reason.ERROR_WITHOUT_CLOSE, expected="a close frame with a code and a reason", observed=reply.summary,
               proof=proof)  # fmt: skip
    expect(closed.code in {None, NORMAL}, f"after broken JSON: {closed.summary}", proof=proof).to_be(
        False, reason=Reason.ERROR_LOOKS_NORMAL, expected="a code other than 1000"
    )
    expect(0 < closed.body.length <= LONGEST_REASON, f"after broken JSON: {closed.summary}", proof=proof).to_be_true(
        reason=Reason.ERROR_WITHOUT_REASON, expected="a reason of 1 to 123 bytes"
    )
    observed(f"after broken JSON: {closed.summary}")


@clause("bidi.error-in-band")
def test_error_in_band(bidi_refusal: RefusalSeen) -> None:
    """Callers that read messages only see this one."""
    reply = _reply(bidi_refusal)
    if not any(_is_stream_error(one) for one in reply.seen.heard):
        broken(Reason.ERROR_NOT_IN_BAND, expected='a text frame {"ModelStreamError": …}', observed=reply.summary,
               proof=reply.seen.handshake)  # fmt: skip
    observed("broken JSON brings a frame with ModelStreamError")


def _reply(seen: RefusalSeen) -> Reply:
    if seen.reply is None:
        noted("the message that is answered is no JSON, so it is not known what would be an error")
    return seen.reply


def _is_stream_error(one: Heard) -> bool:
    if one.kind != "text" or one.body.json is not True or one.body.cut:
        return False
    value = json.loads(one.body.head)
    told = value.get("ModelStreamError") if isinstance(value, dict) else None
    return isinstance(told, dict) and {"ErrorCode", "Message"} <= told.keys()


@clause("bidi.idle-lives")
def test_idle_lives(bidi_idle: IdleSeen, limit: Limits, bidi_long: LongSeen | None = None) -> None:
    """People think, and say nothing meanwhile."""
    held = bidi_idle
    _still_open(bidi_idle, limit.idle_s, Reason.IDLE_CLOSED)
    if bidi_long is not None:
        held = bidi_long.idle
        _still_open(held, limit.idle_s, Reason.IDLE_CLOSED_LATER)
    observed(f"{held.seconds:.0f} s with {len(held.pings)} pings")


def _still_open(held: IdleSeen, within: float, reason: Reason) -> None:
    """Whether a session stood as long as it was held, or beyond what is asked for."""
    session = held.session
    if not session.upgraded:
        untested(Untested.PREREQUISITE, session.summary)
    over = session.closed is not None or session.end != "open"
    after = held.seconds if session.ended is None else session.ended
    expect(
        over and after < within, f"{session.summary}, after {after:.1f} s of nothing but pings", proof=session.handshake
    ).to_be(False, reason=reason, expected="an idle session that stays open")


@clause("bidi.reconnects")
def test_reconnects(bidi_reconnects: ReconnectsSeen, bidi_long: LongSeen | None = None) -> None:
    """Half an hour is the platform's limit: callers that go on do so in a new session."""
    seen, wanted = bidi_reconnects, "a session that works"
    shown = f"after {seen.closed} sessions that were closed: {seen.last.summary}"
    expect(seen.pong is not None, shown, proof=seen.last.handshake).to_be_true(
        reason=Reason.RECONNECT_REFUSED, expected=wanted
    )
    if bidi_long is not None:
        after, shown = bidi_long.after, f"after a session of {bidi_long.idle.seconds:.0f} s: {bidi_long.after.summary}"
        expect(after.upgraded, shown, proof=after.handshake).to_be_true(
            reason=Reason.RECONNECT_REFUSED, expected=wanted
        )
        observed(f"after a session of {bidi_long.idle.seconds:.0f} s another one worked")


@clause("bidi.stop-closes-sessions")
def test_stop_closes_sessions(bidi_stop: BidiStopSeen, limit: Limits) -> None:
    """The platform scales in whenever it wants to."""
    seen = bidi_stop
    expect(
        seen.exited_after,
        f"still running {limit.exit_s:g} s after SIGTERM, with two sessions open"
        if seen.exited_after is None
        else f"exit after {seen.exited_after:.1f} s",
    ).to_be_at_most(limit.exit_s, reason=Reason.STOP_TIMEOUT, expected=f"an exit within {limit.exit_s:g} s of SIGTERM")
    for name, session, also in (("idle", seen.idle, set()), ("busy", seen.busy, {NORMAL})):
        if session is None:
            continue
        code = session.closed.code if session.closed else None
        expect(code, f"the {name} session after SIGTERM: {session.summary}", proof=session.handshake).to_be_in(
            STOPPING | also, reason=Reason.STOP_UNTOLD, expected="a close frame with 1001 or 1012"
        )
    observed(f"exit after {seen.exited_after or 0:.2f} s")
