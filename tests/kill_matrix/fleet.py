"""The trials of one run, side by side in threads: each test waits for its own.

Two cores that serve a dozen servers at once are slow now and then, and some clauses are about time. So what looks wrong
is tried once more when everything else is done; only what is wrong alone is wrong.
"""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor, wait
from typing import TYPE_CHECKING

from kill_matrix.matrix import CORRECT, broken_in, complaints, judged_beside, needs_soak, reachable
from kill_matrix.warm import WarmLauncher

from seatrial.conformance.evidence import TrialFacts
from seatrial.reference_server.variants import Kind, Variant

if TYPE_CHECKING:
    from kill_matrix.matrix import Harbour, Tried

__all__ = ["Fleet"]

SIDE_BY_SIDE = 6


class Fleet:
    """The trials of one run, all ordered at once.

    Args:
        harbour: where they take place.
        variants: that are to be tried.
    """

    def __init__(self, harbour: Harbour, variants: list[Variant]) -> None:
        self._harbour = harbour
        self._pool = ThreadPoolExecutor(SIDE_BY_SIDE, thread_name_prefix="trial")
        self._soaking = [one for one in variants if needs_soak(one)]
        self._correct = {soak: self._order(CORRECT, soak=soak) for soak in (False, bool(self._soaking))}
        self._trials = {(one.kind, one.name): self._order(one, soak=needs_soak(one)) for one in variants}
        self.again: list[str] = []

    def correct(self, *, soak: bool = False) -> Tried:
        """The trial of the correct server: in full, or with true cadences as far as these are needed."""
        tried = self._correct[soak].result()
        if broken_in(tried):
            tried = self._alone(CORRECT, soak=soak)
            self._correct[soak] = _done(tried)
        return tried

    def complaints_about(self, mutant: Variant) -> list[str]:
        """What is wrong with how a mutant was judged; see `matrix.complaints`."""
        soak = needs_soak(mutant)
        found = complaints(mutant, self._tried(mutant), self.correct(soak=soak))
        return found and complaints(mutant, self._alone(mutant, soak=soak), self.correct(soak=soak))

    def broken_by(self, oddity: Variant) -> list[str]:
        """The clauses that an oddity breaks, or hides although they are judged on the correct server."""
        correct = self.correct()
        found = broken_in(self._tried(oddity), correct)
        return found and broken_in(self._alone(oddity), correct)

    def close(self) -> None:
        """Wait for what still runs, and order nothing more."""
        self._pool.shutdown(cancel_futures=True)

    def _tried(self, variant: Variant) -> Tried:
        return self._trials[variant.kind, variant.name].result()

    def _order(self, variant: Variant | None, *, soak: bool = False) -> Future[Tried]:
        return self._pool.submit(self._harbour.trial, variant, self._driven_for(variant, soak=soak), soak=soak)

    def _alone(self, variant: Variant | None, *, soak: bool = False) -> Tried:
        wait([*self._correct.values(), *self._trials.values()])
        self.again.append(variant.name if variant else "correct")
        return self._order(variant, soak=soak).result()

    def _driven_for(self, variant: Variant | None, *, soak: bool) -> tuple[str, ...]:
        """The clauses whose scenarios are driven: a mutant's own and its further ones; all of them for the others."""
        if variant is not None and variant.kind is Kind.MUTANT:
            return variant.kills, *variant.also
        if not soak:
            return reachable()
        facts = TrialFacts(WarmLauncher.subject(), WarmLauncher.abilities, soak=True)
        return judged_beside([i for one in self._soaking for i in (one.kills, *one.also)], facts)


def _done(tried: Tried) -> Future[Tried]:
    future: Future[Tried] = Future()
    future.set_result(tried)
    return future
