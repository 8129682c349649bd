"""The trials of one run, side by side in threads: each test waits for its own.

Two cores that serve a dozen servers at once are slow now and then, and some clauses are about time. So what looks wrong
is tried once more when everything else is done; only what is wrong alone is wrong.
"""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import replace
from typing import TYPE_CHECKING

from kill_matrix.matrix import (
    CORRECT,
    broken_in,
    complaints,
    judged_beside,
    needs_soak,
    profile_of,
    reachable,
)
from kill_matrix.rigs import REALTIME, RIGS
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
        each = {(profile_of(one), soak) for one in variants for soak in (False, needs_soak(one))}
        self._correct = {(profile, soak): self._order_correct(profile, soak=soak) for profile, soak in sorted(each)}
        self._groups: dict[str, Variant] = {}
        self._alone_again: dict[str, Tried] = {}
        self._trials = self._order_all(variants)
        self.again: list[str] = []

    def correct(self, profile: str = REALTIME, *, soak: bool = False) -> Tried:
        """The trial of the correct server with a profile: in full, or with true cadences as far as they are needed."""
        if (profile, soak) not in self._correct:
            self._correct[profile, soak] = self._order_correct(profile, soak=soak)
        tried = self._correct[profile, soak].result()
        if broken_in(tried):
            self._wait_for_the_others(CORRECT)
            tried = self._order_correct(profile, soak=soak).result()
            self._correct[profile, soak] = _done(tried)
        return tried

    def complaints_about(self, mutant: Variant) -> list[str]:
        """What is wrong with how a mutant was judged; see `matrix.complaints`."""
        soak = needs_soak(mutant)
        correct = self.correct(profile_of(mutant), soak=soak)
        found = complaints(mutant, self._tried(mutant), correct)
        return found and complaints(mutant, self._alone(mutant, soak=soak), correct)

    def broken_by(self, oddity: Variant) -> list[str]:
        """The clauses that an oddity breaks, or hides although they are judged on the correct server."""
        correct = self.correct(profile_of(oddity))
        found = broken_in(self._tried(oddity), correct)
        found = found and broken_in(self._group_alone(oddity), correct)
        return found and broken_in(self._alone(oddity), correct)

    def close(self) -> None:
        """Wait for what still runs, and order nothing more."""
        self._pool.shutdown(cancel_futures=True)

    def _order_all(self, variants: list[Variant]) -> dict[tuple[Kind, str], Future[Tried]]:
        ordered = {}
        for profile, rig in RIGS.items():
            oddities = [one for one in variants if one.kind is Kind.ODDITY and profile_of(one) == profile]
            groups = -(-len(oddities) // rig.together)
            for group in (oddities[at::groups] for at in range(groups)):
                together = replace(group[0], name=",".join(one.name for one in group))
                trial = self._order(together)
                ordered |= {(one.kind, one.name): trial for one in group}
                self._groups |= {one.name: together for one in group}
        for one in variants:
            if (one.kind, one.name) not in ordered:
                ordered[one.kind, one.name] = self._order(one, soak=needs_soak(one))
        return ordered

    def _tried(self, variant: Variant) -> Tried:
        return self._trials[variant.kind, variant.name].result()

    def _order(self, variant: Variant, *, soak: bool = False) -> Future[Tried]:
        """A mutant's own clause and its further ones; every clause of its profile for an oddity."""
        mutant = variant.kind is Kind.MUTANT
        ids = (variant.kills, *variant.also) if mutant else reachable(profile_of(variant))
        return self._pool.submit(self._harbour.trial, variant, ids, soak=soak)

    def _order_correct(self, profile: str, *, soak: bool) -> Future[Tried]:
        ids = reachable(profile)
        if soak:
            facts = TrialFacts(WarmLauncher.subject(), WarmLauncher.abilities, soak=True)
            soaking = [one for one in self._soaking if profile_of(one) == profile]
            ids = judged_beside([i for one in soaking for i in (one.kills, *one.also)], facts)
        return self._pool.submit(self._harbour.trial, CORRECT, ids, soak=soak)

    def _group_alone(self, oddity: Variant) -> Tried:
        """The oddities that were tried on one server, once more together when nothing else is."""
        group = self._groups[oddity.name]
        if group.name not in self._alone_again:
            self._alone_again[group.name] = self._alone(group)
        return self._alone_again[group.name]

    def _alone(self, variant: Variant, *, soak: bool = False) -> Tried:
        self._wait_for_the_others(variant)
        return self._order(variant, soak=soak).result()

    def _wait_for_the_others(self, variant: Variant | None) -> None:
        wait([*self._correct.values(), *self._trials.values()])
        self.again.append(variant.name if variant else "correct")


def _done(tried: Tried) -> Future[Tried]:
    future: Future[Tried] = Future()
    future.set_result(tried)
    return future
