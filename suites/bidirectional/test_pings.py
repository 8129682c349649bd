"""Judges pongs, and the health check while sessions stand."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

from seatrial.conformance.api import Untested, clause, expect, noted, observed, untested
from seatrial.suites.bidirectional.reasons import Reason

if TYPE_CHECKING:
    from seatrial.conformance.api import Limits
    from seatrial.suites.bidirectional.scenarios.crowd import BidiCrowdSeen
    from seatrial.suites.bidirectional.scenarios.pings import BusyPingsSeen, PingsSeen

FEWEST = 3
"""Pings that an answer has to meet for a judgement."""


@clause("bidi.pong")
def test_pong(bidi_pings: PingsSeen, limit: Limits) -> None:
    """Five pings without a pong end the session on the platform."""
    proof = bidi_pings.session.handshake
    for ping in bidi_pings.pings:
        if ping.other:
            expect(
                ping.other, f"a pong with another payload than the {ping.length} bytes of the ping", proof=proof
            ).to_be(False, reason=Reason.PONG_PAYLOAD, expected="a pong with the payload of the ping")
        shown = "no pong" if ping.seconds is None else f"a pong after {ping.seconds:.2f} s"
        expect(ping.seconds, f"{shown} to a ping of {ping.length} bytes", proof=proof).to_be_at_most(
            limit.pong_s, reason=Reason.NO_PONG, expected=f"a pong within {limit.pong_s:g} s"
        )


@clause("bidi.pong-while-inferring")
def test_pong_while_inferring(bidi_busy_pings: BusyPingsSeen, limit: Limits) -> None:
    """An answer that takes minutes must not cost the session."""
    seen = bidi_busy_pings
    if seen.session is None or len(seen.pings) < FEWEST:
        noted(
            f"{seen.sample} was answered in {seen.took:.2f} s, too soon for pings in between;"
            " a message whose answer takes 3 to 20 s (--trial-bidi-sample FILE) would show it"
        )
    missed = sum(ping.seconds is None for ping in seen.pings)
    expect(missed, f"{missed} of {len(seen.pings)} pings during an answer of {seen.took:.1f} s had no pong",
           proof=seen.session.handshake).to_be_at_most(
        limit.missed, reason=Reason.NO_PONG_WHILE_BUSY, unit="missed"
    )  # fmt: skip
    observed(f"{len(seen.pings) - missed} of {len(seen.pings)} pings answered during an answer of {seen.took:.1f} s")


@clause("bidi.ping-during-sessions")
def test_ping_during_sessions(bidi_crowd: BidiCrowdSeen, limit: Limits) -> None:
    """The platform asks for the health of a container as often as ever."""
    seen = bidi_crowd
    if not seen.pings:
        untested(Untested.PREREQUISITE, "no two sessions stood")
    for ping in seen.pings:
        shown = f"{ping.summary} while {seen.sessions} sessions stand"
        expect(ping.status, shown, proof=ping).to_be(HTTPStatus.OK, reason=Reason.PING_COUNTED_AS_SESSION)
        expect(ping.done, shown, proof=ping).to_be_at_most(limit.ping_timeout_s, reason=Reason.PING_COUNTED_AS_SESSION)
    slowest = max(ping.done for ping in seen.pings)
    observed(f"with {seen.sessions} sessions: GET 200 in at most {slowest:.3f} s, POST {seen.post.summary}")
