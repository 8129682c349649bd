"""Payloads one after another, for users that send each when they have the answer to the one before."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from seatrial.loadgen.answers.status import faults_of_statuses
from seatrial.loadgen.fault import Fault

if TYPE_CHECKING:
    from collections.abc import Iterator

    from seatrial.loadgen.answers.checks import Checks
    from seatrial.loadgen.payload.payloads import Payloads

__all__ = ["Request", "RequestsInTurn"]

BLOCK = 10_000


class Request(NamedTuple):
    """What is sent: which payload, its bytes, its headers."""

    payload: int
    body: bytes
    headers: dict[str, str]


class RequestsInTurn:
    """Gives the next request to whoever asks.

    Args:
        payloads: everything that can be sent.
        checks: what answers must be.
        path: where to.
        seed: of the choice where that is random.
        key: sent as a bearer token; None without one.

    Attributes:
        path: where to.
    """

    def __init__(self, payloads: Payloads, checks: Checks, path: str, *, seed: int, key: str | None) -> None:
        self.path = path
        self._payloads, self._checks, self._seed = payloads, checks, seed
        self._common = {"Authorization": f"Bearer {key}"} if key else {}
        self._faults = faults_of_statuses(checks.statuses)
        self._order = self._choices()

    def next(self) -> Request:
        """Return what is to be sent now."""
        payload = next(self._order)
        media = self._payloads.media[payload]
        headers = {**self._common, **({"Content-Type": media} if media else {})}
        return Request(payload, self._payloads.bodies[payload], headers)

    def complaint(self, request: Request, status: int, body: bytes) -> str:
        """Return what is wrong with an answer; empty where nothing is.

        Args:
            request: what it answers.
            status: 0 without an answer.
            body: of the answer.
        """
        if not status:
            return "no answer"
        fault = Fault(self._faults[status])
        if fault is not Fault.NONE:
            return f"{fault.title}: {status}"
        return self._checks.complaint(request.payload, body) if self._checks.read_bodies else ""

    def _choices(self) -> Iterator[int]:
        """Give payloads in the order of a run without end: a longer one begins like a shorter one."""
        begin, length = 0, BLOCK
        while True:
            for choice in self._payloads.assign(length, self._seed)[begin:]:
                yield int(choice)
            begin, length = length, 2 * length
