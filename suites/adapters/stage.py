"""The adapters on one instance: which there are to try, what each says, and which of them this trial has loaded.

What is found out once holds for every scenario of the instance, and is kept with it.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import uuid4
from weakref import WeakKeyDictionary

from seatrial.conformance.api import Drive, Exchange, Instance, Sample, Unobserved, Untested
from seatrial.suites.adapters.answers import BASE, NOBODY, Asked, Audition, said
from seatrial.suites.adapters.listing import Source, listed_in
from seatrial.suites.adapters.requests import candidates, names_models
from seatrial.suites.adapters.route import AdapterRoute, with_fields

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["ADAPTER_OPTION", "SAMPLE_OPTION", "Choir", "Stage", "stage_of"]

ADAPTER_OPTION, SAMPLE_OPTION = "--trial-adapter NAME=DIR", "--trial-sample FILE"
MOST = 2
"""Adapters that are tried: enough to tell one from another."""


@dataclass(frozen=True)
class Choir:
    """Voices that can be told apart.

    Attributes:
        sample: the request that each answers in its own way.
        base: what the base model says.
        voices: (adapter, what it says).
    """

    sample: Sample
    base: str
    voices: tuple[tuple[Source, str], ...]

    def who(self, exchange: Exchange) -> str:
        """Whose words an answer has: `BASE`, an adapter's label, or `NOBODY`; empty where there was no answer."""
        words = said(exchange)
        known = {voice: source.label for source, voice in self.voices} | {self.base: BASE}
        return known.get(words, NOBODY) if words else ""


class Stage:
    """What this trial knows of the adapters of one instance.

    Args:
        drive: of the scenario that asks first.
    """

    def __init__(self, drive: Drive) -> None:
        self.route = AdapterRoute(drive)
        self.sources = self._sources(drive)
        self._candidates = candidates(drive)
        self._mark = f"seatrial-{uuid4().hex[:8]}"
        self._made = 0
        self._loaded: set[str] = set()
        self._lock = threading.Lock()
        self._auditioned: tuple[Sample, Audition] | None = None

    def _sources(self, drive: Drive) -> tuple[Source, ...]:
        """What may be tried: the user's adapters, else those that the server itself lists."""
        given = tuple(Source(name, path) for name, path in drive.instance.adapters.folders)
        if given:
            return given[:MOST]
        lists = (listed_in(self.route.send("GET", path)) for path in ("/adapters", "/v1/models"))
        return next((found[:MOST] for found in lists if found), ())

    @property
    def loadable(self) -> tuple[Source, ...]:
        """Those whose files the server can be pointed to.

        Raises:
            Unobserved: there are none.
        """
        found = tuple(source for source in self.sources if source.path)
        if not found:
            why = "no adapter was offered, and the server lists none with the path of its files"
            raise Unobserved(Untested.MISSING_INPUT, why, ADAPTER_OPTION)
        return found

    def new_name(self) -> str:
        """A name that no adapter has; one that is loaded by it is unloaded by `clear`."""
        with self._lock:
            self._made += 1
            name = f"{self._mark}-{self._made}"
            self._loaded.add(name)
        return name

    def clear(self, *, but: frozenset[str] = frozenset()) -> None:
        """Unload what this trial has loaded, except for some."""
        with self._lock:
            names, self._loaded = self._loaded - but, self._loaded & but
        for name in names:
            self.route.unload(name)

    def take(self, source: Source) -> str:
        """Have an adapter ready; the name that it answers to.

        Raises:
            Unobserved: it cannot be loaded.
        """
        if not source.path:
            return source.listed
        name = self.new_name()
        loaded = self.route.load(name, source.path)
        if not loaded.ok and source.listed:
            return source.listed
        if not loaded.ok:
            raise Unobserved(Untested.PREREQUISITE, f"the adapter {source.label} cannot be loaded: {loaded.summary}")
        return name

    def audition(self) -> tuple[Sample, Audition]:
        """The request on which the adapters can best be told apart, with the answers to it.

        Raises:
            Unobserved: there is no adapter to try, or none can be loaded.
        """
        if self._auditioned is None:
            if not self.sources:
                why = "no adapter was offered, and the server lists none"
                raise Unobserved(Untested.MISSING_INPUT, why, ADAPTER_OPTION)
            others = frozenset(self._loaded)
            try:
                taken = tuple((source, self.take(source)) for source in self.sources)
                self._auditioned = max(self._auditions(taken), key=lambda pair: pair[1].score)
            finally:
                self.clear(but=others)
        return self._auditioned

    def _auditions(self, taken: tuple[tuple[Source, str], ...]) -> Iterator[tuple[Sample, Audition]]:
        """One request after the other, to the first on which all can be told apart."""
        best = 2 * len(taken) + 1
        for sample in self._candidates:
            base = (self.route.ask(sample), self.route.ask(sample))
            asked = tuple(self._asked(sample, source, name) for source, name in taken) if base[0].ok else ()
            audition = Audition(sample.name, base, asked)
            yield sample, audition
            if audition.score == best:
                return

    def _asked(self, sample: Sample, source: Source, name: str) -> Asked:
        by_header = (self.route.ask(sample, name), self.route.ask(sample, name))
        by_model = self.route.ask(with_fields(sample, {"model": name})) if names_models(sample) else None
        return Asked(name, source.label, by_header, by_model)

    def choir(self) -> Choir:
        """The voices of the base model and of the adapters that can be told from it.

        Raises:
            Unobserved: none can.
        """
        sample, audition = self.audition()
        if not audition.voice:
            why = f"the base model does not give the same answer twice ({audition.sample}: {audition.base[-1].summary})"
            raise Unobserved(Untested.MISSING_INPUT, why, f"{SAMPLE_OPTION} (one that is answered the same each time)")
        voices = {one.source: one.voice for one in audition.heard}
        heard = tuple((source, voices[source.label]) for source in self.sources if source.label in voices)
        if not heard:
            why = "no adapter gives an answer of its own, the same each time, to any request that was tried"
            raise Unobserved(Untested.MISSING_INPUT, why, f"{ADAPTER_OPTION}, {SAMPLE_OPTION}")
        return Choir(sample, audition.voice, heard)


_stages: WeakKeyDictionary[Instance, Stage] = WeakKeyDictionary()
_making = threading.Lock()


def stage_of(drive: Drive) -> Stage:
    """The stage of the instance that a scenario drives."""
    with _making:
        if drive.instance not in _stages:
            _stages[drive.instance] = Stage(drive)
        return _stages[drive.instance]
