"""Drives POST /invocations plainly: each valid request as it is, the same asked for compressed, two on one connection.

What other topics compare with stands here too: `Plain`, a valid request and the answer it gets when nothing is odd.
Nothing here judges.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from seatrial.conformance.api import (
    Drive,
    Exchange,
    RawRequest,
    Sample,
    Trouble,
    Unobserved,
    Untested,
    scenario,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["Form", "InvokeSeen", "Plain", "plain", "preferring_json", "send_form", "send_forms"]

LATE_BYTES = 0.1
"""Seconds in which bytes behind the end of an answer are noticed."""
LONGEST = 60.0
FORM, TIMES = 20.0, 3.0
"""Contract seconds that another form of a request may take, and the multiple of the plain one's time added to them."""


@dataclass(frozen=True)
class Form:
    """One form of a request, by name, and what became of it."""

    name: str
    exchange: Exchange


@dataclass(frozen=True)
class Plain:
    """A valid request sent plainly: what every other form of it is compared with.

    Attributes:
        sample: name of the sample.
        content_type: of the sample.
        repeats: whether it gives the same bytes each time; else only the status can be compared.
        exchange: what became of it.
    """

    sample: str
    content_type: str
    repeats: bool
    exchange: Exchange

    @property
    def json(self) -> bool:
        """Whether the sample is JSON."""
        return is_json(self.content_type)

    def difference(self, other: Exchange) -> str:
        """How another form of the request was answered differently, in words; empty where it was answered alike."""
        if not other.ok or other.answer is None:
            return other.summary
        mine = self.exchange.answer
        if self.repeats and mine is not None and other.answer.body.sha256 != mine.body.sha256:
            return f"{other.answer.status} with another body: {other.answer.body.text[:80]!r}"
        return ""


@dataclass(frozen=True)
class InvokeSeen:
    """How valid requests were answered.

    Attributes:
        calls: each accepted sample, sent once more; the last is the first that failed.
        compressed: the first of them with `Accept-Encoding: gzip`; None where there is none.
        together: the first of them twice on one connection.
        unasked: bytes that came on that connection behind the end of the last answer.
        elsewhere: a POST to a path that no server has, to recognise a missing route.
    """

    calls: tuple[Plain, ...]
    compressed: Exchange | None
    together: tuple[Exchange, ...]
    unasked: int
    elsewhere: Exchange


def is_json(content_type: str) -> bool:
    """Whether a media type says that the body is one JSON text."""
    name = content_type.partition(";")[0].strip().lower()
    return name == "application/json" or name.endswith("+json")


def preferring_json(drive: Drive) -> Sample:
    """A valid sample: the first in JSON, which can be damaged and padded in known ways, else any."""
    samples = (drive.sample, *drive.repeatable, *drive.valid)
    return next((sample for sample in samples if is_json(sample.content_type)), samples[0])


def plain(drive: Drive, sample: Sample) -> Plain:
    """Send a sample as the platform does, and keep how it was answered.

    Raises:
        Unobserved: it is not answered as it was when it was discovered, so nothing that follows could be judged.
    """
    seen = _call(drive, sample)
    if not seen.exchange.ok:
        why = f"a valid request was not answered any more ({sample.name}: {seen.exchange.summary})"
        raise Unobserved(Untested.PREREQUISITE, why)
    return seen


def send_form(drive: Drive, usual: Plain, request: RawRequest) -> Exchange:
    """Send another form of a request, for as long as it might need that is otherwise answered like `usual`."""
    times = TIMES * usual.exchange.done / drive.facts.scale
    return drive.client.send(request, timeout=drive.seconds(min(FORM + times, LONGEST)))


def send_forms(drive: Drive, usual: Plain, requests: Iterable[tuple[str, RawRequest]]) -> tuple[Form, ...]:
    """Send named forms of a request one after the other; the last is the first that was not answered in time."""
    forms: list[Form] = []
    for name, request in requests:
        forms.append(Form(name, send_form(drive, usual, request)))
        if forms[-1].exchange.trouble is Trouble.TIMEOUT or drive.stopping.is_set():
            break
    return tuple(forms)


@scenario("invoke", sees=InvokeSeen, takes=0.2)
def invoke(drive: Drive) -> InvokeSeen:
    """Send every valid sample; no sample is needed, so that a server without the route is seen too."""
    elsewhere = drive.client.send(
        RawRequest("POST", "/seatrial/no/such/path", (("Content-Type", "application/json"),), b"{}"),
        timeout=drive.seconds(10.0),
    )
    calls: list[Plain] = []
    for sample in drive.valid:
        calls.append(_call(drive, sample))
        if not calls[-1].exchange.ok:
            break
    if not calls or not calls[-1].exchange.ok:
        return InvokeSeen(tuple(calls), None, (), 0, elsewhere)
    compressed = drive.invoke(drive.sample, headers=(("Accept-Encoding", "gzip"),))
    together, unasked = _two_on_one_connection(drive)
    return InvokeSeen(tuple(calls), compressed, together, unasked, elsewhere)


def _call(drive: Drive, sample: Sample) -> Plain:
    repeats = any(sample.name == other.name for other in drive.repeatable)
    return Plain(sample.name, sample.content_type, repeats, drive.invoke(sample))


def _two_on_one_connection(drive: Drive) -> tuple[tuple[Exchange, ...], int]:
    request, timeout = drive.request(drive.sample), drive.seconds(LONGEST)
    with drive.client.connect() as connection:
        first = connection.exchange(request, timeout=timeout)
        if first.closed or not first.ok:
            return (first,), 0
        second = connection.exchange(request, timeout=timeout)
        connection.idle_closed(LATE_BYTES)
        return (first, second), connection.unasked
