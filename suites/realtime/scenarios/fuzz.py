"""Explores bad requests with Hypothesis, and after each one asks whether a valid request is still answered.

Hypothesis invents the bytes, the header values and the JSON; the rule is only that the *next* caller is served. What
the bad request itself was answered is counted, not judged. A bad request that breaks the next one is shrunk while the
server recovers; where it does not, nothing more is sent: what it does then says nothing of what broke it.
"""

from __future__ import annotations

import dataclasses
import json
import sys
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from seatrial.conformance.api import Ability, Drive, Exchange, RawRequest, Sample, Trouble, expect, explore, scenario
from seatrial.suites.realtime.reasons import Reason
from seatrial.suites.realtime.scenarios.invoke import plain

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

__all__ = ["FuzzSeen", "still_answers"]

EXAMPLES, SHRINKS = 40, 60
ROUNDS = 20
BAD_TIMEOUT, IMPATIENT, ENOUGH_HANGS = 5.0, 0.5, 3
"""Contract seconds for a bad request, and for one that comes after three that hung."""
ENOUGH = 20.0
"""Seconds after which a slow model is asked no more than the rounds that the clause needs."""
RECOVERY = 10.0
LONGEST = 1024
SURROGATES = range(0xD800, 0xE000)
"""No characters, though they have numbers."""


@dataclass(frozen=True)
class FuzzSeen:
    """What became of valid requests after invented bad ones.

    Attributes:
        rounds: bad requests that were each followed by a valid one.
        seed: that Hypothesis was given.
        refused: bad requests that were answered 4xx.
        failed: bad requests that were answered 5xx.
        accepted: bad requests that were answered 2xx or 3xx: the model takes them.
        unanswered: bad requests without a complete answer.
        first_5xx: the first bad request that was answered 5xx; None where none was.
        bad: the bad request after which a valid one failed, the smallest found; None where none did.
        after: that valid request.
        pids_changed: whether other processes served at the end; None where they cannot be seen.
    """

    rounds: int
    seed: int
    refused: int
    failed: int
    accepted: int
    unanswered: int
    first_5xx: Exchange | None
    bad: Exchange | None
    after: Exchange | None
    pids_changed: bool | None


def still_answers(after: Exchange, because_of: Exchange | None = None) -> None:
    """The rule: the valid request after a bad one is answered 2xx."""
    proof = (because_of, after) if because_of else (after,)
    expect(after.ok, f"a valid request after a bad one: {after.summary}", proof=proof).to_be_true(
        reason=Reason.BAD_INPUT_BREAKS_THE_NEXT, expected="2xx for a valid request, whatever came before it"
    )


class Rounds:
    """Sends bad requests, each followed by a valid one, until the budget is spent or the server stays broken."""

    def __init__(self, drive: Drive, sample: Sample) -> None:
        self.drive, self.sample = drive, sample
        self.bad: list[Exchange] = []
        self.failures: list[tuple[Exchange, Exchange]] = []
        self._after: Exchange | None = None
        self._stuck = False
        self._until = time.monotonic() + ENOUGH

    @property
    def over(self) -> bool:
        """Whether nothing more is to be sent."""
        enough = bool(self.failures) or len(self.bad) >= ROUNDS
        spent = len(self.bad) >= EXAMPLES + SHRINKS or (enough and time.monotonic() > self._until)
        return self._stuck or spent or self.drive.stopping.is_set()

    def run(self, request: RawRequest) -> Exchange:
        """One round, and the valid request that ended it; when over, the last failed one or else the last."""
        if self._after is None or not self.over:
            self._after = self._round(request)
        elif self.failures:
            return self.failures[-1][1]
        return self._after

    def _round(self, request: RawRequest) -> Exchange:
        hung = sum(bad.trouble is Trouble.TIMEOUT for bad in self.bad)
        timeout = self.drive.seconds(IMPATIENT if hung >= ENOUGH_HANGS else BAD_TIMEOUT)
        bad = self.drive.client.send(request, timeout=timeout)
        after = self.drive.invoke(self.sample)
        self.bad.append(bad)
        if not after.ok:
            self.failures.append((bad, after))
            self._stuck = not self.drive.invoke(self.sample, timeout=RECOVERY).ok
        return after


@scenario("fuzz", sees=FuzzSeen, takes=1.0)
def fuzz(drive: Drive) -> FuzzSeen:
    """Explore bad requests within a fixed budget."""
    sample = drive.sample
    plain(drive, sample)
    rounds = Rounds(drive, sample)
    before = _pids(drive)
    explored = explore(_requests(sample), rounds.run, still_answers, examples=EXAMPLES, seed=drive.seed)
    status = [exchange.status if exchange.trouble is None else None for exchange in rounds.bad]
    fails = [e for e in rounds.bad if e.trouble is None and (e.status or 0) >= 500]
    return FuzzSeen(
        rounds=len(rounds.bad),
        seed=explored.seed,
        refused=sum(400 <= s < 500 for s in status if s),
        failed=len(fails),
        accepted=sum(s < 400 for s in status if s),
        unanswered=status.count(None),
        first_5xx=fails[0] if fails else None,
        bad=rounds.failures[-1][0] if rounds.failures else None,
        after=rounds.failures[-1][1] if rounds.failures else None,
        pids_changed=None if before is None else _pids(drive) != before,
    )


def _requests(sample: Sample) -> SearchStrategy[RawRequest]:
    """Bad requests: any bytes, damaged samples, any JSON, any header values."""
    from hypothesis import strategies as st  # noqa: PLC0415  it costs a third of a second, and only driving needs it

    def characters(first: int, last: int, without: str = "") -> SearchStrategy[str]:
        # Categories, which surrogates are left out by where nothing is said, take a second and 130 MB to look up.
        return st.characters(min_codepoint=first, max_codepoint=last, exclude_characters=without, exclude_categories=())

    body = sample.body[:LONGEST]
    every = characters(0, SURROGATES.start - 1) | characters(SURROGATES.stop, sys.maxunicode)
    scalars = st.none() | st.booleans() | st.integers() | st.floats() | st.text(every, max_size=20)
    shapes = st.recursive(
        scalars,
        lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(every, max_size=10), inner, max_size=4),
        max_leaves=12,
    )
    places = st.integers(0, len(body))
    bodies = st.one_of(
        st.binary(max_size=LONGEST),
        st.builds(lambda a, b, new: body[: min(a, b)] + new + body[max(a, b) :], places, places, st.binary(max_size=8)),
        shapes.map(lambda value: json.dumps(value).encode()),
    )
    # One byte a character; CR, LF and NUL would end the header, and no HTTP client can send them.
    values = st.text(characters(0x20, 0xFF, without="\x7f"), max_size=64)
    names = st.sampled_from(
        ("Content-Type", "Accept", "X-Amzn-SageMaker-Custom-Attributes", "X-Amzn-SageMaker-Inference-Id")
    )
    plain = sample.request()
    odd_bodies = bodies.map(lambda odd: dataclasses.replace(plain, body=odd))
    odd_headers = st.dictionaries(names, values.map(str.strip), min_size=1).map(
        lambda odd: dataclasses.replace(plain, headers=_merged(plain.headers, odd))
    )
    return odd_bodies | odd_headers


def _merged(headers: tuple[tuple[str, str], ...], odd: dict[str, str]) -> tuple[tuple[str, str], ...]:
    return (*((name, value) for name, value in headers if name not in odd), *odd.items())


def _pids(drive: Drive) -> frozenset[int] | None:
    if Ability.PROCESSES not in drive.facts.abilities:
        return None
    return frozenset(process.pid for process in drive.instance.processes())
