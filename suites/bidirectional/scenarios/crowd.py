"""Many sessions side by side: whose answers come where, the health check meanwhile, and one session too many."""

from __future__ import annotations

import contextlib
from collections import Counter
from dataclasses import dataclass, replace

from seatrial.conformance.api import Drive, Exchange, RawRequest, Sample, WebSocket, WebSocketSeen, scenario
from seatrial.suites.bidirectional.scenarios.asking import (
    PATIENCE,
    Known,
    Reply,
    ask,
    brief,
    gather,
    known,
    open_session,
)
from seatrial.suites.realtime.scenarios.crowd import CROWD
from seatrial.suites.realtime.scenarios.load import NUMBER, bumped

__all__ = ["BidiCrowdSeen", "BidiTally"]

SESSIONS, ROUNDS, PAYLOADS = 32, 2, 8
PING_EVERY = 10
"""Answers that are taken in between two pings."""
MOST = 256
NOTHING, NORMAL = "nothing", 1000
ENOUGH = 3
"""Sessions without an answer after which no more are waited for: each takes its whole time-out."""


@dataclass(frozen=True)
class BidiTally:
    """How often a message was answered in one way: with the answer of which message, None for no known one."""

    payload: int
    answer: int | None
    outcome: str
    count: int


@dataclass(frozen=True)
class BidiCrowdSeen:
    """Sessions that stood side by side.

    Attributes:
        payloads: how many messages with known answers of their own there were.
        sessions: how many sessions were asked at once.
        tallies: what came of it.
        swapped: the first session that heard the answer of another one; None where none did.
        surplus: whole answers that the sessions heard beyond those that they had asked for.
        pings: GET /ping while the sessions stood.
        post: POST /ping meanwhile.
        stood: how many sessions stood before one was refused, or in all.
        refused: how that one was refused; None where none was.
    """

    payloads: int
    sessions: int
    tallies: tuple[BidiTally, ...]
    swapped: Reply | None
    surplus: int
    pings: tuple[Exchange, ...]
    post: Exchange
    stood: int
    refused: WebSocketSeen | None


@scenario("bidi-crowd", sees=BidiCrowdSeen, launch=CROWD, takes=2.5)
def bidi_crowd(drive: Drive) -> BidiCrowdSeen:
    """Ask in 32 sessions at once, ping meanwhile, and then open sessions until one is refused."""
    found = known(drive)
    payloads, answers, wanted = _learn(drive, found)
    with contextlib.ExitStack() as stack:
        sessions, refused = _open(drive, stack, SESSIONS, found.greeting)
        tallies: Counter[tuple[int, int | None, str]] = Counter()
        swapped, pings = None, []
        for turn in range(ROUNDS):
            asked = [
                (session, (number + turn) % len(payloads)) for number, session in enumerate(sessions) if session.stands
            ]
            for session, number in asked:
                session.say(payloads[number].body, text=found.text)
            for place, (session, number) in enumerate(asked):
                if place % PING_EVERY == 1:
                    pings.append(drive.ping())
                message = replace(found, sample=payloads[number])
                reply = gather(drive, session, message, wanted=wanted[number])
                answer = answers.get(reply.digest)
                tallies[number, answer, _outcome(reply)] += 1
                if answer not in {None, number}:
                    swapped = swapped or reply
                if sum(count for key, count in tallies.items() if key[2] == NOTHING) == ENOUGH:
                    break
        asked_for = found.greeting + sum(wanted) / len(wanted) * ROUNDS
        surplus = sum(max(0.0, session.messages - asked_for) // max(wanted) for session in sessions)
        post = drive.client.send(RawRequest("POST", "/ping"), timeout=drive.seconds(2.0))
        if refused is None:
            more, refused = _open(drive, stack, MOST - len(sessions), 0)
            sessions += more
        found_tallies = tuple(BidiTally(*key, count) for key, count in sorted(tallies.items(), key=str))
        return BidiCrowdSeen(
            len(payloads), min(len(sessions), SESSIONS), found_tallies, swapped, int(surplus), tuple(pings), post,
            len(sessions), refused,
        )  # fmt: skip


def _open(
    drive: Drive, stack: contextlib.ExitStack, count: int, greeting: int
) -> tuple[list[WebSocket], WebSocketSeen | None]:
    """Open sessions until there are so many or one is refused; those that stand, and the refused one."""
    sessions: list[WebSocket] = []
    while len(sessions) < count and not drive.stopping.is_set():
        session = stack.enter_context(open_session(drive, greeting=greeting))
        if not session.stands or not _stays(drive, session):
            return sessions, brief(session.seen())
        sessions.append(session)
    return sessions, None


def _stays(drive: Drive, session: WebSocket) -> bool:
    """Whether it still stands when a ping has gone to and fro: a refusal may come as a close."""
    session.ping(b"there?", drive.seconds(PATIENCE))
    return session.stands


def _learn(drive: Drive, found: Known) -> tuple[list[Sample], dict[str, int], list[int]]:
    """Messages whose answers repeat and differ from one another, their answers' digests, and how long those are.

    Where there are not two such messages, the one that is known alone.
    """
    payloads: list[Sample] = []
    answers: dict[str, int] = {}
    wanted: list[int] = []
    others = [sample for sample in drive.options.bidi_samples if sample.name != found.sample.name]
    for candidate in (found.sample, *_bumped(found.sample), *others):
        first = ask(drive, replace(found, sample=candidate))
        if not (first.answered and first.whole) or len(payloads) == PAYLOADS:
            continue
        again = ask(drive, replace(found, sample=candidate), wanted=first.messages)
        if again.digest == first.digest and first.digest not in answers:
            answers[first.digest] = len(payloads)
            payloads.append(candidate)
            wanted.append(first.messages)
        if len(payloads) > 1:
            break
    return payloads or [found.sample], answers, wanted or [1]


def _bumped(sample: Sample) -> list[Sample]:
    """The sample with each of its numbers changed."""
    body, found = sample.body, list(NUMBER.finditer(sample.body))[:PAYLOADS]
    return [replace(sample, body=body[: one.start()] + bumped(one[0]) + body[one.end() :]) for one in found]


def _outcome(reply: Reply) -> str:
    if reply.answered:
        return "answered"
    if reply.seen.closed is not None and reply.seen.closed.code == NORMAL:
        return "over"
    return "refused" if reply.failed else NOTHING
