"""Judges many sessions side by side, one too many, and sessions that are lost."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seatrial.conformance.api import Untested, broken, clause, expect, observed, untested
from seatrial.suites.bidirectional.reasons import Reason
from seatrial.suites.bidirectional.scenarios.asking import BIDI_OPTION

if TYPE_CHECKING:
    from seatrial.conformance.api import Limits
    from seatrial.suites.bidirectional.scenarios.crowd import BidiCrowdSeen
    from seatrial.suites.bidirectional.scenarios.losses import LossesSeen

REFUSED = frozenset({429, 503})
TRY_AGAIN = 1013


@clause("bidi.isolation")
def test_isolation(bidi_crowd: BidiCrowdSeen) -> None:
    """What one caller says is nobody else's to hear."""
    seen = bidi_crowd
    if seen.payloads < 2:
        untested(
            Untested.MISSING_INPUT, "no two messages are known whose answers differ and repeat",
            f"{BIDI_OPTION} (several times)",
        )  # fmt: skip
    if seen.swapped is not None:
        broken(Reason.SESSIONS_MIXED, expected="each session its own answer", observed="a session got that of another",
               proof=seen.swapped.seen.handshake)  # fmt: skip
    expect(seen.surplus, f"{seen.surplus} answers came in sessions that had not asked for them").to_be(
        0, reason=Reason.SESSIONS_MIXED, expected="each session its own answer and no other"
    )
    counts = {word: sum(one.count for one in seen.tallies if one.outcome == word) for word in ("answered", "nothing")}
    expect(counts["nothing"] or not counts["answered"], f"{counts['nothing']} of {seen.sessions} got nothing").to_be(
        False, reason=Reason.SESSION_UNANSWERED, expected="an answer or a refusal in every session"
    )
    observed(f"{counts['answered']} answers in {seen.sessions} sessions")


@clause("bidi.capacity-refusal")
def test_capacity_refusal(bidi_crowd: BidiCrowdSeen) -> None:
    """A caller who is told comes again; one who waits for a handshake does not know."""
    refused = bidi_crowd.refused
    if refused is None:
        observed(f"{bidi_crowd.stood} sessions stood side by side, none was refused")
    by_close = refused.closed is not None and refused.closed.code == TRY_AGAIN
    expect(refused.handshake.status in REFUSED or by_close,
           f"after {bidi_crowd.stood} sessions: {refused.summary}", proof=refused.handshake).to_be_true(
        reason=Reason.REFUSAL_UNCLEAR, expected="503 before 101, or close 1013"
    )  # fmt: skip
    observed(f"after {bidi_crowd.stood} sessions: {refused.summary}")


@clause("bidi.abrupt-loss")
def test_abrupt_loss(bidi_losses: LossesSeen, limit: Limits) -> None:
    """Callers vanish every day."""
    seen = bidi_losses
    expect(
        seen.pong is not None, f"after {seen.lost} resets: {seen.again.summary}", proof=seen.again.handshake
    ).to_be_true(reason=Reason.LOSSES_BREAK, expected="a session that works")
    if seen.before is None or seen.after is None:
        observed(f"{seen.lost} resets, and a session afterwards")
    files, threads = seen.after.files - seen.before.files, seen.after.threads - seen.before.threads
    expect(files <= limit.files and threads <= limit.threads,
           f"{files:+d} open files and {threads:+d} threads after {seen.lost} resets").to_be_true(
        reason=Reason.LOSSES_LEAK, expected="no more open files and threads than before"
    )  # fmt: skip
    observed(f"{files:+d} open files and {threads:+d} threads after {seen.lost} resets")
