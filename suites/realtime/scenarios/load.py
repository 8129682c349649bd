"""Many callers at once: each gets its own answer, too many get a refusal, and those that leave do no harm.

Only what the subject was seen to accept is sent. How many call, and for how long, follows from how fast it answers.
"""

from __future__ import annotations

import re
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from seatrial.conformance.api import Ability, Drive, Exchange, Sample, Unobserved, Untested, scenario
from seatrial.suites.realtime.scenarios.crowd import CROWD
from seatrial.suites.realtime.scenarios.ping import Brief, brief

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["AbortsSeen", "CrossTalkSeen", "OverloadSeen", "Tally"]

TOGETHER, ROUNDS = 64, 10
PAYLOADS, CANDIDATES = 8, 12
ROUND_SECONDS, ALL_SECONDS = 10.0, 12.0
ABORTS, ABORTING, AFTERWARDS = 50, 10, 5
PATIENCE = 20.0
"""Contract seconds for a quick request: it was answered at once when nobody else called."""
CALLERS, QUICK_PATIENCE = 128, 8.0
NUMBER = re.compile(rb"(?<![\w.])\d+(?:\.\d+)?(?![\w.])")
TEXT = re.compile(r"json|csv|text/plain")


@dataclass(frozen=True)
class Tally:
    """How often a payload was answered in one way.

    Attributes:
        payload: its number.
        answer: the number of the payload whose answer came; None where it was no known answer.
        outcome: the status, or the trouble.
        count: how often.
    """

    payload: int
    answer: int | None
    outcome: str
    count: int


@dataclass(frozen=True)
class CrossTalkSeen:
    """Different payloads, each with a known answer of its own, asked by many callers at once.

    Attributes:
        payloads: how many there are.
        together: how many callers asked at once.
        rounds: how many times over.
        tallies: what came of it.
        swapped: the first answer that belongs to another payload; None where none does.
    """

    payloads: int
    together: int
    rounds: int
    tallies: tuple[Tally, ...]
    swapped: Exchange | None = None


@dataclass(frozen=True)
class AbortsSeen:
    """Callers that leave: in the middle of their body, and while they wait for the answer.

    Attributes:
        left: how many left.
        afterwards: valid requests sent when they had gone.
        files_before: open files of the server before; None where they cannot be seen.
        files_after: the same afterwards, once they had settled.
    """

    left: int
    afterwards: tuple[Exchange, ...]
    files_before: int | None = None
    files_after: int | None = None


@dataclass(frozen=True)
class OverloadSeen:
    """More callers at once than most servers can serve, and pings meanwhile.

    Attributes:
        callers: how many.
        patience: seconds after which a caller was given up.
        outcomes: how many callers got which status, or met which trouble.
        slowest: seconds of the slowest answer.
        bad: the first that was neither 2xx, 429, 503 nor 504, and not given up for time; None where none was.
        pings: sent meanwhile.
    """

    callers: int
    patience: float
    outcomes: tuple[tuple[str, int], ...]
    slowest: float
    bad: Exchange | None
    pings: tuple[Brief, ...]


@scenario("cross-talk", sees=CrossTalkSeen, takes=2.0)
def cross_talk(drive: Drive) -> CrossTalkSeen:
    """Learn the answers of several payloads one by one, then ask for all of them at once, again and again."""
    payloads, answers, seconds = learn(drive)
    together = max(4, min(TOGETHER, int(ROUND_SECONDS / max(seconds, 0.001))))
    tallies: Counter[tuple[int, int | None, str]] = Counter()
    swapped = None
    end, rounds = drive.instance.now() + ALL_SECONDS, 0
    with ThreadPoolExecutor(together) as pool:
        while rounds < ROUNDS and drive.instance.now() < end and not drive.stopping.is_set():
            asked = [(n + rounds) % len(payloads) for n in range(together)]
            rounds += 1
            for number, call in zip(
                asked, pool.map(lambda n: drive.invoke(payloads[n], timeout=PATIENCE), asked), strict=True
            ):
                answer = answers.get(digest(call))
                tallies[number, answer, outcome(call)] += 1
                if call.ok and answer not in {None, number}:
                    swapped = swapped or call
    found = tuple(Tally(*key, count) for key, count in sorted(tallies.items(), key=str))
    return CrossTalkSeen(len(payloads), together, rounds, found, swapped)


def learn(drive: Drive) -> tuple[list[Sample], dict[str, int], float]:
    """Payloads whose answers repeat and differ from one another, their answers' digests, and the slowest call.

    Raises:
        Unobserved: there are not two of them.
    """
    payloads: list[Sample] = []
    answers: dict[str, int] = {}
    slowest = 0.0
    end = drive.instance.now() + ROUND_SECONDS
    for candidate in candidates(drive.repeatable):
        if len(payloads) == PAYLOADS or drive.instance.now() > end:
            break
        first, again = (drive.invoke(candidate, timeout=PATIENCE) for _ in range(2))
        mark = digest(first)
        if first.ok and again.ok and mark == digest(again) and mark not in answers:
            answers[mark] = len(payloads)
            payloads.append(candidate)
            slowest = max(slowest, first.done, again.done)
    if len(payloads) < 2:
        raise Unobserved(
            Untested.MISSING_INPUT,
            "no two requests are known whose answers differ and repeat",
            "--trial-sample FILE (several times)",
        )
    return payloads, answers, slowest


def candidates(samples: tuple[Sample, ...]) -> Iterator[Sample]:
    """The samples, then each of them with one of its numbers changed."""
    yield from samples
    for sample in samples:
        if TEXT.search(sample.content_type):
            for found in list(NUMBER.finditer(sample.body))[:CANDIDATES]:
                body = sample.body[: found.start()] + bumped(found[0]) + sample.body[found.end() :]
                yield replace(sample, body=body)


def bumped(number: bytes) -> bytes:
    """A number in text, a little larger, spelt in the same way."""
    return b"%d" % (int(number) + 1) if b"." not in number else b"%.2f" % (float(number) + 0.75)


@scenario("aborts", sees=AbortsSeen, launch=CROWD, takes=1.0)
def aborts(drive: Drive) -> AbortsSeen:
    """Leave fifty times at 30 % of the body and fifty times after it, then call as usual."""
    request = drive.request(drive.sample)
    part = max(1, len(request.body) * 3 // 10)
    leaving = [
        replace(request, abort_after=after, abort_how=how)
        for after in (part, len(request.body))
        for how in ("close", "reset")
        for _ in range(ABORTS // 2)
    ]
    before = open_files(drive)
    with ThreadPoolExecutor(ABORTING) as pool:
        list(pool.map(lambda one: drive.client.send(one, timeout=drive.seconds(5.0)), leaving))
    afterwards: list[Exchange] = []
    while len(afterwards) < AFTERWARDS and (not afterwards or afterwards[-1].ok):
        afterwards.append(drive.invoke(drive.sample, timeout=PATIENCE))
    if before is not None:
        drive.until(lambda: (open_files(drive) or 0) <= before, 10.0)
    return AbortsSeen(len(leaving), tuple(afterwards), before, open_files(drive))


def open_files(drive: Drive) -> int | None:
    """Open files of all processes of the server; None where they cannot be seen."""
    if Ability.PROCESSES not in drive.facts.abilities:
        return None
    return sum(process.open_files for process in drive.instance.processes())


@scenario("overload", sees=OverloadSeen, launch=CROWD, takes=1.5)
def overload(drive: Drive) -> OverloadSeen:
    """Call a hundred times at once, and give up those that wait for long."""
    return press(drive, drive.sample, QUICK_PATIENCE)


def press(drive: Drive, sample: Sample, patience: float) -> OverloadSeen:
    """Call with every caller at once and ping until the last is done; a caller is given up after `patience` seconds."""
    request = drive.request(sample)
    pings: list[Brief] = []
    with ThreadPoolExecutor(CALLERS) as pool:
        calls = [pool.submit(drive.client.send, request, timeout=patience) for _ in range(CALLERS)]
        while True:
            pings.append(brief(drive.ping()))
            if all(call.done() for call in calls):
                break
            drive.stopping.wait(drive.seconds(0.5))
    seen = [call.result() for call in calls]
    return OverloadSeen(
        CALLERS,
        patience,
        tuple(sorted(Counter(outcome(call) for call in seen).items())),
        round(max((call.done for call in seen if call.answer), default=0.0), 3),
        next((call for call in seen if not fair(call)), None),
        tuple(pings),
    )


def fair(call: Exchange) -> bool:
    """Whether a caller of many got what it may get; one that was given up is counted apart."""
    return call.ok or call.status in {429, 503, 504} or outcome(call) == "timeout"


def outcome(call: Exchange) -> str:
    """The trouble or the status in one word; whoever was not even accepted in time counts as waiting."""
    if call.trouble is not None:
        return "timeout" if call.trouble.endswith("timeout") else str(call.trouble)
    return str(call.status)


def digest(call: Exchange) -> str:
    """Of the body of an answer; empty where there is none."""
    return call.answer.body.sha256 if call.answer else ""
