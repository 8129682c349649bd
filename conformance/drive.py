"""What a scenario gets to drive a subject with: the instance, a client, valid samples, time and chance.

A `Drive` never judges. It counts the deliberate waits, so that the report can list them with their sum.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from seatrial.conformance.expect import Unobserved
from seatrial.conformance.verdict import Untested
from seatrial.conformance.wire.rawhttp import Client, RawRequest

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable

    from seatrial.conformance.boot import Boot
    from seatrial.conformance.evidence import TrialFacts
    from seatrial.conformance.options import TrialOptions
    from seatrial.conformance.samples import Sample, SamplesSeen
    from seatrial.conformance.subject.launcher import Instance
    from seatrial.conformance.wire.exchange import Exchange

__all__ = ["Drive"]

PING_TIMEOUT = 2.0
INVOKE_TIMEOUT = 60.0


class Drive:
    """One scenario's view of one instance.

    Attributes:
        instance: the running subject.
        client: an HTTP client bound to its address, stamping times from its launch.
        facts: of the trial.
        options: as given by the user.
        boot: how this launch started; None for a scenario that begins before the start is over.
        samples: every candidate as it was answered on the main launch.
        seed: for everything random in this scenario.
        stopping: set when the trial is being given up: long scenarios look at it.
        over: set when the scenarios that are driven one after another on this launch are done: one that runs alongside,
            for as long as they do, ends then.
    """

    def __init__(
        self,
        instance: Instance,
        client: Client,
        *,
        facts: TrialFacts,
        options: TrialOptions,
        boot: Boot | None,
        samples: SamplesSeen | None,
        known: tuple[Sample, ...],
        stopping: threading.Event,
        over: threading.Event,
    ) -> None:
        self.instance, self.client, self.facts, self.options = instance, client, facts, options
        self.boot, self.samples, self._known, self.stopping, self.over = boot, samples, known, stopping, over
        self.seed = facts.seed
        self.waits: list[tuple[float, float]] = []

    def seconds(self, contract: float) -> float:
        """Contract seconds as real ones: the same, but for the project's own kill matrix."""
        return contract * self.facts.scale

    def wait(self, contract: float) -> None:
        """Sit out some contract seconds deliberately; they are listed in the report. Ends early if the trial does."""
        begun = time.monotonic()
        self.stopping.wait(self.seconds(contract))
        self.waits.append((begun, time.monotonic()))

    def until(self, condition: Callable[[], bool], contract: float, *, every: float = 0.02) -> bool:
        """Wait until a condition holds, for some contract seconds at most; whether it did."""
        end = time.monotonic() + self.seconds(contract)
        while not condition():
            if time.monotonic() >= end or self.stopping.is_set():
                return False
            time.sleep(every)
        return True

    def ping(self, *, timeout: float = PING_TIMEOUT) -> Exchange:
        """GET /ping as the platform does, on a fresh connection; gives up after two contract seconds."""
        return self.client.send(RawRequest("GET", "/ping"), timeout=self.seconds(timeout))

    def request(self, sample: Sample, *, headers: tuple[tuple[str, str], ...] = ()) -> RawRequest:
        """POST /invocations with a sample, as the platform does."""
        return sample.request(*headers)

    def invoke(
        self, sample: Sample, *, headers: tuple[tuple[str, str], ...] = (), timeout: float = INVOKE_TIMEOUT
    ) -> Exchange:
        """Invoke with a sample on a fresh connection; gives up after sixty contract seconds."""
        return self.client.send(self.request(sample, headers=headers), timeout=self.seconds(timeout))

    @property
    def valid(self) -> tuple[Sample, ...]:
        """The samples that the subject accepted, quick ones only; may be empty."""
        names = {s.name for s in self.samples.accepted if not s.slow} if self.samples else set()
        return tuple(s for s in self._known if s.name in names)

    @property
    def repeatable(self) -> tuple[Sample, ...]:
        """Those of them that give the same bytes each time; may be empty."""
        names = {s.name for s in self.samples.accepted if s.repeats and not s.slow} if self.samples else set()
        return tuple(s for s in self._known if s.name in names)

    @property
    def sample(self) -> Sample:
        """One valid quick sample.

        Raises:
            Unobserved: there is none.
        """
        for sample in (*self.repeatable, *self.valid):
            return sample
        raise Unobserved(Untested.MISSING_INPUT, "no valid request is known for this model", "--trial-sample FILE")

    @property
    def slow_sample(self) -> Sample:
        """The sample that the user gave as slow.

        Raises:
            Unobserved: there is none.
        """
        for sample in self._known:
            if sample.slow:
                return sample
        raise Unobserved(Untested.MISSING_INPUT, "no slow request is known for this model", "--trial-slow-sample FILE")
