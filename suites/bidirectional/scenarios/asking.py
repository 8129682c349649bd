"""Messages that the server on trial answers: the user's own, or well-known shapes, and how an answer is told from none.

Nothing in the protocol says where an answer ends. So the first message that comes shows that there is one, and a whole
answer is what comes until the server has been silent for a moment; once its length is known it is waited for.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from seatrial.conformance.api import (
    Drive,
    Heard,
    Sample,
    Unobserved,
    Untested,
    WebSocket,
    WebSocketSeen,
    upgrade_request,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = [
    "BIDI_OPTION",
    "PATH",
    "Known",
    "Reply",
    "ask",
    "brief",
    "gather",
    "is_text",
    "known",
    "mark",
    "open_session",
    "tried",
]

PATH = "/invocations-bidirectional-stream"
BIDI_OPTION = "--trial-bidi-sample FILE"
HANDSHAKE, PATIENCE, LONGEST = 5.0, 30.0, 20.0
"""Contract seconds for a handshake, for the first message of an answer, and for the rest of it."""
BUILT_IN_PATIENCE, ALL_BUILT_IN = 3.0, 10.0
"""Contract seconds for a first message that nobody promised: for one shape, and for all of them together."""
QUIET = 0.5
"""Seconds without a message after which an answer counts as complete; how long a server pauses is not scaled."""
GREETING = 0.15
"""Seconds in which a server that greets its callers has done so."""
KEPT = 6
PROMPT = "Count from 3:"
SHAPES = {
    "json-inputs": {"inputs": PROMPT, "parameters": {"max_new_tokens": 8}},
    "json-prompt": {"prompt": PROMPT, "max_tokens": 8, "temperature": 0, "stream": True},
    "json-messages": {"messages": [{"role": "user", "content": PROMPT}], "max_tokens": 8, "stream": True},
    "json-instances-8": {"instances": [[0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8]]},
}
BUILT_IN = (
    *(Sample(name, "application/json", json.dumps(shape).encode()) for name, shape in SHAPES.items()),
    Sample("plain-text", "text/plain", PROMPT.encode()),
)
FRACTION = re.compile(rb"\d+\.\d+(?:[eE][-+]?\d+)?")
FAILURES = frozenset({"error", "errors", "detail", "ModelStreamError"})


@dataclass(frozen=True)
class Reply:
    """What one message brought.

    Attributes:
        sample: the name of what was sent.
        text: whether it was sent as text; else as binary.
        messages: how many messages came.
        digest: of all of them in order, see `mark`.
        in_fragments: how many of them came in more than one frame.
        not_utf8: how many were text and no UTF-8.
        first: seconds from the message to the first that came; None where none did.
        took: seconds to the last one.
        whole: whether the server fell silent, or closed, before the time was over.
        seen: the session, the first few things heard.
    """

    sample: str
    text: bool
    seen: WebSocketSeen
    messages: int = 0
    digest: str = ""
    in_fragments: int = 0
    not_utf8: int = 0
    first: float | None = None
    took: float = 0.0
    whole: bool = True

    @property
    def answered(self) -> bool:
        """Whether a message came that does not tell of a failure."""
        return self.messages > 0 and not self.failed

    @property
    def failed(self) -> bool:
        """Whether the server told of a failure: in a message, or by a close that is no ordinary end."""
        closed = self.seen.closed
        told = any(tells_of_failure(one) for one in self.seen.heard)
        return told or (closed is not None and closed.code not in {1000, 1001})

    @property
    def summary(self) -> str:
        """In a few words."""
        if self.first is None:
            return (
                f"nothing in {self.took:.1f} s, then {self.seen.summary}" if self.seen.upgraded else self.seen.summary
            )
        return f"{self.messages} messages in {self.took:.2f} s, {self.seen.summary}"


@dataclass(frozen=True)
class Known:
    """A sample that was answered, and how it has to be sent.

    Attributes:
        sample: the sample.
        text: whether it is sent as text; else as binary.
        greeting: how many messages come in a session before anything is said.
    """

    sample: Sample
    text: bool
    greeting: int = 0


def open_session(drive: Drive, target: str = PATH, *, greeting: int = 0) -> WebSocket:
    """Ask for a WebSocket as the platform does, and hear out its greeting."""
    session = drive.client.websocket(upgrade_request(target), timeout=drive.seconds(HANDSHAKE))
    if greeting:
        session.await_messages(greeting, drive.seconds(PATIENCE))
    return session


def ask(drive: Drive, message: Known, *, wanted: int = 0, patience: float = PATIENCE, target: str = PATH) -> Reply:
    """Send a message in a session of its own.

    Args:
        drive: of the instance.
        message: what to send, and how.
        wanted: how many messages are waited for; zero for a whole answer.
        patience: contract seconds for the first message.
        target: where the session is opened.
    """
    with open_session(drive, target, greeting=message.greeting) as session:
        if session.stands:
            session.say(message.sample.body, text=message.text)
        return gather(drive, session, message, wanted=wanted, patience=patience)


def gather(drive: Drive, session: WebSocket, message: Known, *, wanted: int = 0, patience: float = PATIENCE) -> Reply:
    """Take in the answer to the message that has just been sent in a session; see `ask`."""
    begun, before = session.now(), session.messages
    session.await_messages(before + 1, drive.seconds(patience))
    end, whole = session.now() + drive.seconds(LONGEST), True
    while session.stands and session.messages > before and not 0 < wanted <= session.messages - before:
        left = end - session.now()
        if left <= 0 or drive.stopping.is_set():
            whole = False
            break
        had = session.messages
        session.await_messages(had + 1, left if wanted else min(QUIET, left))
        if session.messages == had:
            break
    came = [one for one in session.heard if one.kind in {"text", "binary"}][before:]
    marks = hashlib.sha256(b"".join(mark(one) for one in came))
    return Reply(
        message.sample.name,
        message.text,
        brief(session.seen(), came),
        messages=session.messages - before,
        digest=marks.hexdigest() if came else "",
        in_fragments=sum(one.frames > 1 for one in came),
        not_utf8=sum(one.kind == "text" and not one.utf8 for one in came),
        first=came[0].at - begun if came else None,
        took=(came[-1].at if came else session.now()) - begun,
        whole=whole,
    )


def mark(one: Heard) -> bytes:
    """What two messages have in common that say the same.

    Their fractions count with four digits: a model that answers several callers in one step adds up in another order.
    """
    if one.body.cut:
        return f"{one.kind} {one.body.sha256}\n".encode()
    rounded = FRACTION.sub(lambda found: b"%.3e" % float(found[0]), one.body.head)
    return one.kind.encode() + b" " + rounded + b"\n"


def brief(seen: WebSocketSeen, came: list[Heard] | None = None) -> WebSocketSeen:
    """What is kept of a session: the first few things that it heard, its last message, and its close."""
    heard = seen.heard if came is None else (*came, *(one for one in seen.heard if one.kind == "close"))
    kept = heard if len(heard) <= KEPT else (*heard[: KEPT - 2], *heard[-2:])
    return dataclasses.replace(seen, heard=tuple(kept))


def is_text(sample: Sample) -> bool:
    """Whether a sample can be sent as text."""
    try:
        sample.body.decode()
    except UnicodeDecodeError:
        return False
    return True


def known(drive: Drive) -> Known:
    """The first message that is answered, found by asking.

    Raises:
        Unobserved: there is none.
    """
    for reply, message in tried(drive):
        if reply.answered:
            return message
    raise Unobserved(Untested.MISSING_INPUT, "no message is known that this server answers", BIDI_OPTION)


def tried(drive: Drive) -> Iterator[tuple[Reply, Known]]:
    """Send each of the user's samples, or each built-in shape, as text and then as binary, until its answer begins."""
    given = drive.options.bidi_samples
    patience = PATIENCE if given else BUILT_IN_PATIENCE
    until = drive.instance.now() + drive.seconds(ALL_BUILT_IN)
    order = [(sample, text) for text in (True, False) for sample in BUILT_IN]
    if given:
        order = [(sample, text) for sample in given for text in (True, False)]
    greeting = _greeting(drive)
    for sample, text in order:
        if not given and drive.instance.now() > until:
            return
        if not text or is_text(sample):
            message = Known(sample, text, greeting)
            yield ask(drive, message, wanted=1, patience=patience), message


def _greeting(drive: Drive) -> int:
    """How many messages come in a session in which nothing is said."""
    with open_session(drive) as session:
        session.listen(lambda: False, GREETING)
        return session.messages


def tells_of_failure(one: Heard) -> bool:
    """Whether a message is an error told in JSON."""
    if one.kind not in {"text", "binary"} or one.body.json is not True or one.body.cut:
        return False
    value = json.loads(one.body.head)
    return isinstance(value, dict) and (bool(FAILURES & value.keys()) or value.get("type") == "error")
