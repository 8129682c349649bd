"""Messages in every form that the platform sends: text, binary, in fragments, large, to other paths."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace

from seatrial.conformance.api import Drive, Frame, Opcode, Sample, Unobserved, Untested, WebSocketSeen, scenario
from seatrial.suites.bidirectional.scenarios.asking import (
    BIDI_OPTION,
    PATH,
    Known,
    Reply,
    ask,
    gather,
    is_text,
    known,
    open_session,
    tried,
)

__all__ = ["BigSeen", "FragmentsSeen", "MessagesSeen", "TargetsSeen"]

MARK = "é"
"""Two bytes in UTF-8: a frame ends between them."""
PONG = 5.0
SIZES = (512 * 1024, 1024 * 1024)
OTHER_PATH, QUERY = "/seatrial-knows-no-such-path", "?a=1&b=%20x"
ODD_PATIENCE = 10.0
"""Contract seconds for an answer at an odd address: at the usual one there was one."""


@dataclass(frozen=True)
class MessagesSeen:
    """One sample, sent as text and as binary.

    Attributes:
        text: the answer to it as text; None where its bytes are no text.
        binary: the answer to it as binary.
        again: the answer to a second sending in the form that was answered; None where neither was.
    """

    text: Reply | None
    binary: Reply | None
    again: Reply | None = None

    @property
    def answered(self) -> Reply | None:
        """The whole answer in the form that was answered."""
        return next((one for one in (self.text, self.binary) if one is not None and one.answered), None)

    @property
    def repeats(self) -> bool:
        """Whether the same message brought the same answer twice."""
        return self.again is not None and self.answered is not None and self.again.digest == self.answered.digest


@dataclass(frozen=True)
class FragmentsSeen:
    """One text message, whole and in fragments.

    Attributes:
        inside: whether a fragment ended inside a character; else no sample with one is known.
        whole: the answer to the message in one frame.
        again: the same once more.
        fragments: the answer to it in three frames.
        interrupted: the answer to it in two frames with a ping between them.
        pong: seconds until the pong to that ping; None where none came.
    """

    inside: bool
    whole: Reply
    again: Reply
    fragments: Reply
    interrupted: Reply
    pong: float | None


@dataclass(frozen=True)
class TargetsSeen:
    """Sessions at odd addresses.

    Attributes:
        plain: the answer at the usual one.
        query: the same with a query string.
        path: the handshake at a path that is served by chance only.
        answer: what a message brought there; None where it did not become a WebSocket.
    """

    plain: Reply
    query: Reply
    path: WebSocketSeen
    answer: Reply | None


@dataclass(frozen=True)
class BigSeen:
    """Messages of half a megabyte and of one, each (its length, what it brought)."""

    replies: tuple[tuple[int, Reply], ...]


@scenario("bidi-messages", sees=MessagesSeen, takes=1.5)
def bidi_messages(drive: Drive) -> MessagesSeen:
    """Send one sample as text and as binary, and once more."""
    message, replies = _first_answered(drive)
    if message is None:
        return MessagesSeen(*replies)
    forms = (True, False) if is_text(message.sample) else (False,)
    whole = {text: ask(drive, replace(message, text=text)) for text in forms}
    answered = next((one for one in whole.values() if one.answered), None)
    if answered is None:
        return MessagesSeen(whole.get(True), whole[False])
    again = ask(drive, replace(message, text=answered.text), wanted=answered.messages)
    return MessagesSeen(whole.get(True), whole[False], again)


def _first_answered(drive: Drive) -> tuple[Known | None, tuple[Reply | None, Reply | None]]:
    """The first message that is answered in one form; where none is, the answers to the user's first one in both.

    Raises:
        Unobserved: none is, and nobody said that it would be.
    """
    seen: list[tuple[Reply, Known]] = []
    for reply, message in tried(drive):
        if reply.answered:
            return message, (None, None)
        seen.append((reply, message))
    if not drive.options.bidi_samples:
        raise Unobserved(Untested.MISSING_INPUT, "no message is known that this server answers", BIDI_OPTION)
    by_form = {reply.text: reply for reply, message in seen if message.sample is seen[0][1].sample}
    return None, (by_form.get(True), by_form.get(False))


@scenario("bidi-fragments", sees=FragmentsSeen, takes=1.5)
def bidi_fragments(drive: Drive) -> FragmentsSeen:
    """Send a text in one frame, in three that part inside a character, and in two with a ping between them."""
    found = known(drive)
    if not is_text(found.sample):
        raise Unobserved(Untested.MISSING_INPUT, "the message that is answered is no text", BIDI_OPTION)
    message = _with_character(drive, found)
    whole = ask(drive, message)
    again = ask(drive, message, wanted=whole.messages)
    data, at = message.sample.body, _inside(message.sample.body)
    opcode = Opcode.TEXT if message.text else Opcode.BINARY
    first, middle, last = data[: at // 2], data[at // 2 : at], data[at:]

    with open_session(drive, greeting=message.greeting) as session:
        session.send(Frame(opcode, first, fin=False))
        session.send(Frame(Opcode.CONTINUATION, middle, fin=False))
        session.send(Frame(Opcode.CONTINUATION, last))
        fragments = gather(drive, session, message, wanted=whole.messages)
    with open_session(drive, greeting=message.greeting) as session:
        session.send(Frame(opcode, first + middle, fin=False))
        pong = session.ping(b"between", drive.seconds(PONG))
        session.send(Frame(Opcode.CONTINUATION, last))
        interrupted = gather(drive, session, message, wanted=whole.messages)
    return FragmentsSeen(not data.isascii(), whole, again, fragments, interrupted, pong)


def _with_character(drive: Drive, found: Known) -> Known:
    """The message with a character of two bytes in it, where one is answered; else the message itself."""
    sample = found.sample
    if not sample.body.isascii():
        return found
    value = _object(sample)
    body = sample.body + MARK.encode()
    if value is not None:
        body = json.dumps({**value, "seatrial": MARK}, ensure_ascii=False).encode()
    marked = replace(found, sample=replace(sample, body=body))
    return marked if ask(drive, marked, wanted=1).answered else found


def _inside(data: bytes) -> int:
    """An offset inside the first character of several bytes; the middle where there is none."""
    return next((at + 1 for at, byte in enumerate(data) if byte >= 0xC0), len(data) // 2)


def _object(sample: Sample) -> dict[str, object] | None:
    try:
        value = json.loads(sample.body)
    except ValueError:
        return None
    return value if isinstance(value, dict) else None


@scenario("bidi-targets", sees=TargetsSeen, takes=0.2)
def bidi_targets(drive: Drive) -> TargetsSeen:
    """Open sessions with a query string, and at a path that nobody named."""
    found = known(drive)
    plain = ask(drive, found, wanted=1)
    query = ask(drive, found, wanted=1, patience=ODD_PATIENCE, target=PATH + QUERY)
    other = ask(drive, replace(found, greeting=0), wanted=1, patience=ODD_PATIENCE, target=OTHER_PATH)
    return TargetsSeen(plain, query, other.seen, other if other.seen.upgraded else None)


@scenario("bidi-big", sees=BigSeen, takes=0.5)
def bidi_big(drive: Drive) -> BigSeen:
    """Send a message that blanks make long; what is no JSON is repeated."""
    found = known(drive)
    body = found.sample.body
    blanks = _object(found.sample) is not None
    replies = []
    for size in SIZES:
        data = body.ljust(size) if blanks else (body * (size // len(body) + 1))[:size]
        big = replace(found, sample=replace(found.sample, body=data))
        replies.append((size, ask(drive, replace(big, text=found.text and is_text(big.sample)), wanted=1)))
    return BigSeen(tuple(replies))
