"""Judges what becomes of messages, and the frames in which answers come."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seatrial.conformance.api import Untested, broken, clause, expect, observed, untested
from seatrial.suites.bidirectional.reasons import Reason
from seatrial.suites.bidirectional.scenarios.asking import BIDI_OPTION

if TYPE_CHECKING:
    from seatrial.conformance.api import Limits, WebSocketSeen
    from seatrial.suites.bidirectional.scenarios.asking import Reply
    from seatrial.suites.bidirectional.scenarios.closes import ClosesSeen
    from seatrial.suites.bidirectional.scenarios.messages import BigSeen, FragmentsSeen, MessagesSeen
    from seatrial.suites.bidirectional.scenarios.pings import PingsSeen

WANTED = "an answer, or a close with a code and a reason"


@clause("bidi.text")
def test_text(bidi_messages: MessagesSeen) -> None:
    """What a caller sends as UTF8 comes as text."""
    if bidi_messages.text is None:
        untested(Untested.MISSING_INPUT, "the message that is answered is no text", BIDI_OPTION)
    _handled(bidi_messages.text, Reason.TEXT_UNHANDLED)


@clause("bidi.binary")
def test_binary(bidi_messages: MessagesSeen) -> None:
    """What a caller sends without a DataType comes as binary."""
    if bidi_messages.binary is None:
        untested(Untested.PREREQUISITE, "nothing was sent as binary")
    _handled(bidi_messages.binary, Reason.BINARY_UNHANDLED)


def _handled(reply: Reply, reason: Reason) -> None:
    closed = reply.seen.closed
    explained = closed is not None and closed.code not in {None, 1000} and closed.body.length > 0
    proof = reply.seen.handshake
    expect(reply.answered or explained, f"{reply.sample}: {reply.summary}", proof=proof).to_be_true(
        reason=reason, expected=WANTED
    )
    observed(reply.summary)


@clause("bidi.fragments")
def test_fragments(bidi_fragments: FragmentsSeen) -> None:
    """A caller may send a message in parts of any size."""
    seen = bidi_fragments
    _the_same(seen, seen.fragments, Reason.FRAGMENTS_APART, "one message")
    observed("three frames, one of them ends " + ("inside a character" if seen.inside else "between two characters"))


@clause("bidi.control-between-fragments")
def test_control_between_fragments(bidi_fragments: FragmentsSeen, limit: Limits) -> None:
    """The platform pings whenever it is time to."""
    seen = bidi_fragments
    proof = seen.interrupted.seen.handshake
    pong = "no pong" if seen.pong is None else f"a pong after {seen.pong:.2f} s"
    expect(seen.pong, f"{pong} to a ping between two fragments", proof=proof).to_be_at_most(
        limit.pong_s, reason=Reason.CONTROL_CORRUPTS, expected=f"a pong within {limit.pong_s:g} s"
    )
    _the_same(seen, seen.interrupted, Reason.CONTROL_CORRUPTS, "one message, around a ping")


def _the_same(seen: FragmentsSeen, reply: Reply, reason: Reason, what: str) -> None:
    """Whether a message in fragments brought what it brought in one frame, as far as that is the same each time."""
    if not seen.whole.answered:
        untested(Untested.PREREQUISITE, f"in one frame: {seen.whole.summary}")
    expect(reply.answered, f"in fragments: {reply.summary}", proof=reply.seen.handshake).to_be_true(
        reason=reason, expected=f"the answer to {what}"
    )
    if seen.whole.digest == seen.again.digest:
        told = f"in fragments {reply.messages} messages, in one frame {seen.whole.messages}, of other contents"
        expect(reply.digest, told, proof=reply.seen.handshake).to_be(
            seen.whole.digest, reason=reason, expected=f"the answer to {what}"
        )


@clause("bidi.one-frame-one-part")
def test_one_frame_one_part(bidi_messages: MessagesSeen) -> None:
    """The caller gets each frame as a part of its own, and sees no difference between a part and a fragment."""
    reply = _answer(bidi_messages)
    expect(
        reply.in_fragments,
        f"{reply.in_fragments} of {reply.messages} messages came in several frames",
        proof=reply.seen.handshake,
    ).to_be(0, reason=Reason.FRAGMENTED_OUT, expected="one frame a message")
    observed(f"{reply.messages} messages, a frame each")


@clause("bidi.frames-are-valid")
def test_frames_are_valid(
    bidi_pings: PingsSeen, bidi_messages: MessagesSeen | None = None, bidi_closes: ClosesSeen | None = None
) -> None:
    """A peer that is strict ends the session at the first such frame."""
    sessions: list[WebSocketSeen] = [bidi_pings.session]
    if bidi_messages is not None:
        replies = (bidi_messages.text, bidi_messages.binary, bidi_messages.again)
        sessions += [reply.seen for reply in replies if reply is not None]
    if bidi_closes is not None:
        sessions += [one.session for one in bidi_closes.closes]
    for session in sessions:
        expect(session.faults, "; ".join(session.faults), proof=session.handshake).to_be_empty(
            reason=Reason.FRAME_FORBIDDEN, expected="frames as RFC 6455 allows them"
        )


@clause("bidi.text-is-utf8")
def test_text_is_utf8(bidi_messages: MessagesSeen) -> None:
    """What is no UTF-8 ends the session at any strict peer."""
    reply = _answer(bidi_messages)
    expect(
        reply.not_utf8, f"{reply.not_utf8} of {reply.messages} messages are text frames without UTF-8 in them",
        proof=reply.seen.handshake,
    ).to_be(0, reason=Reason.TEXT_NOT_UTF8, expected="UTF-8 in text frames, other bytes in binary ones")  # fmt: skip


def _answer(seen: MessagesSeen) -> Reply:
    reply = seen.answered
    if reply is None:
        untested(Untested.PREREQUISITE, "no message was answered")
    return reply


@clause("bidi.big-frames")
def test_big_frames(bidi_big: BigSeen) -> None:
    """Audio and images come in such frames."""
    for size, reply in bidi_big.replies:
        if not (reply.messages or reply.seen.closed):
            broken(
                Reason.BIG_FRAME_DROPPED,
                expected="an answer, or a close frame (1009)",
                observed=f"a message of {size:,} bytes: {reply.summary}",
                proof=reply.seen.handshake,
            )
    observed("; ".join(f"{size // 1024} KiB: {reply.summary}" for size, reply in bidi_big.replies))
