"""Judges the handshake, and whether the profile applies at all."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seatrial.conformance.api import (
    NotApplicable,
    TrialFacts,
    Untested,
    accept_of,
    clause,
    expect,
    observed,
    untested,
)
from seatrial.suites.bidirectional.reasons import Reason
from seatrial.suites.bidirectional.scenarios.asking import PATH

if TYPE_CHECKING:
    from seatrial.conformance.api import Limits
    from seatrial.suites.bidirectional.scenarios.messages import TargetsSeen
    from seatrial.suites.bidirectional.scenarios.upgrade import AcceptSeen, UpgradeSeen

PROFILE = "bidirectional"
LABEL = "com.amazonaws.sagemaker.capabilities.bidirectional-streaming"
CHOSEN = ("Sec-WebSocket-Extensions", "Sec-WebSocket-Protocol")


@clause("bidi.upgrade")
def test_upgrade(bidi_upgrade: UpgradeSeen, facts: TrialFacts) -> None:
    """Without a WebSocket there is no profile to judge, unless it was claimed."""
    handshake = bidi_upgrade.session.handshake
    if not bidi_upgrade.session.upgraded and PROFILE not in facts.claimed:
        raise NotApplicable(
            f"no WebSocket at {PATH} ({handshake.summary}), and neither the user nor a label of the image claims it"
        )
    shown = f"{handshake.summary}, but 101 at {bidi_upgrade.elsewhere}" if bidi_upgrade.elsewhere else ""
    expect(bidi_upgrade.session.upgraded, shown, proof=handshake).to_be_true(
        reason=Reason.STREAM_ROUTE_MISSING, expected=f"101 at {PATH}"
    )
    given = handshake.answer.header("Sec-WebSocket-Accept") if handshake.answer else None
    expect(given, f"Sec-WebSocket-Accept: {given}", proof=handshake).to_be(
        accept_of(handshake.request), reason=Reason.ACCEPT_KEY_WRONG
    )
    observed(f"101 after {handshake.done * 1000:.0f} ms")


@clause("bidi.label")
def test_label(facts: TrialFacts) -> None:
    """The platform asks the label, never the server."""
    labels = dict(facts.subject.image.labels) if facts.subject.image else {}
    value = labels.get(LABEL)
    expect(value, f"{LABEL}={value}" if value is not None else "no such label").to_be(
        "true", reason=Reason.STREAM_LABEL_MISSING, expected=f"{LABEL}=true"
    )


@clause("bidi.accepts-at-once")
def test_accepts_at_once(bidi_accept: AcceptSeen, limit: Limits) -> None:
    """The platform gives a connect up soon; a session's warm-up must not stand in front of the next caller."""
    slowest = "never" if bidi_accept.failed else f"after {max(bidi_accept.milliseconds, default=0.0):.1f} ms"
    late = len(bidi_accept.failed) + sum(one > limit.accept_ms for one in bidi_accept.milliseconds)
    expect(late, f"{late} connects were late, the slowest accepted {slowest}").to_be(
        0,
        reason=Reason.HANDSHAKE_BLOCKS_ACCEPT,
        expected=f"every connect accepted within {limit.accept_ms:g} ms while {bidi_accept.shaking} shake hands",
    )
    observed(f"the slowest of {len(bidi_accept.milliseconds)} connects was accepted {slowest}")


@clause("bidi.bare-handshake")
def test_bare_handshake(bidi_upgrade: UpgradeSeen) -> None:
    """An extension that was not agreed on makes every frame unreadable."""
    handshake = bidi_upgrade.session.handshake
    chosen = [f"{name}: {value}" for name in CHOSEN if handshake.answer and (value := handshake.answer.header(name))]
    expect(chosen, f"the answer says {', '.join(chosen)}", proof=handshake).to_be_empty(
        reason=Reason.EXTENSION_UNOFFERED, expected="no extension and no subprotocol: none was offered"
    )


@clause("bidi.path-override")
def test_path_override(bidi_targets: TargetsSeen) -> None:
    """A caller may name any path; an open session that never answers hides the mistake."""
    handshake, answer = bidi_targets.path.handshake, bidi_targets.answer
    if answer is None:
        expect(400 <= (handshake.status or 0) < 500, proof=handshake).to_be_true(
            reason=Reason.PATH_ERROR, expected="4xx, or a WebSocket that answers"
        )
        observed(f"an unknown path is refused: {handshake.summary}")
    told = answer.messages > 0 or answer.seen.closed is not None
    expect(told, f"101 at {handshake.request.target}, then {answer.summary}", proof=handshake).to_be_true(
        reason=Reason.PATH_DEAD_END, expected="4xx before 101, or an answer to what is sent"
    )
    observed(f"any path is served: {answer.summary}")


@clause("bidi.query-string")
def test_query_string(bidi_targets: TargetsSeen) -> None:
    """The caller's query reaches the container as it is."""
    if not bidi_targets.plain.answered:
        untested(Untested.PREREQUISITE, f"without a query: {bidi_targets.plain.summary}")
    query = bidi_targets.query
    expect(query.answered, f"with a query: {query.summary}", proof=query.seen.handshake).to_be_true(
        reason=Reason.QUERY_REFUSED, expected="the session works as it does without a query"
    )
