"""The kill matrix: one broken server a mutant, driven by the real scenarios, judged by the real clauses.

`trial` starts the reference server with a variant and drives the scenarios that some clauses take; `complaints` says
what is wrong with a mutant that was not caught as it should be. Contract times are scaled, and the factor stands in the
evidence. Nothing here is mocked: only the start is warm.

A variant is tried with the clauses of one profile, on a server rigged for it (`rigs`): a mutant with those of the
clause that it breaks, an oddity with those of the profile that its module is named for, or of a real-time endpoint.
"""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from kill_matrix.rigs import REALTIME, RIGS, SCALE, Rig
from kill_matrix.warm import Order, Ports, WarmLauncher

from seatrial.conformance.boot import Boot
from seatrial.conformance.conductor import Conductor
from seatrial.conformance.contract import Catalogue, load_catalogue, profile_names
from seatrial.conformance.evidence import Record, TrialFacts
from seatrial.conformance.judge import Bench, out_of_reach
from seatrial.conformance.options import TrialOptions
from seatrial.conformance.scenario import JUDGES, SCENARIOS, load_suite
from seatrial.conformance.subject.launcher import Offer
from seatrial.conformance.subject.plan import HARNESS_NAMES
from seatrial.conformance.verdict import Level, Untested, Verdict, Word
from seatrial.conformance.wire.redact import Redactor
from seatrial.reference_server.forkclient import ForkServer
from seatrial.reference_server.variants import Kind, Layer, Variant, every

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path
    from typing import Self

__all__ = [
    "CORRECT", "SCALE", "Harbour", "Tried", "broken_in", "complaints", "judged_beside", "needs_soak",
    "process_variants", "profile_of", "reachable", "reason_of", "suite", "suite_of",
]  # fmt: skip

WINDOW = 100.0
"""Contract seconds that a start may take: the reference server needs a few hundredths, a language model beside five
other trials a few seconds."""
FOR_CUSTOMERS = ("fastapi", "jmespath")
"""What a customer's code brings along, half a second of CPU each time where a server did not find it imported."""
CORRECT: Variant | None = None
SHOWN_BY_SOAK = frozenset({"idle-closed-later", "overload-hangs", "stream-endless"})
"""Reasons that only true cadences can give, of clauses that have a quick form too."""
BROKEN = {Level.MUST: Word.FAIL, Level.SHOULD: Word.WARN}


@dataclass(frozen=True)
class Tried:
    """One server, tried.

    Attributes:
        name: of the variant; `correct` for none.
        record: all that was observed.
        verdicts: by clause.
        seconds: that it took.
    """

    name: str
    record: Record
    verdicts: dict[str, Verdict]
    seconds: float


class Harbour:
    """What all trials of one run share: the warm server, the ports, the folders.

    Args:
        scratch: a folder of this run.
    """

    def __init__(self, scratch: Path) -> None:
        self._forks = ForkServer(warm=FOR_CUSTOMERS)
        self._ports = Ports()
        self._scratch = scratch
        self._lock = threading.Lock()
        self._count = 0
        self._offer = _offer(scratch)

    def __enter__(self) -> Self:
        self._forks.__enter__()
        return self

    def __exit__(self, *_: object) -> None:
        self._forks.close()

    def trial(
        self,
        variant: Variant | None,
        ids: Iterable[str],
        *,
        scale: float | None = None,
        soak: bool = False,
        evidence: Path | None = None,
    ) -> Tried:
        """Try the reference server with a variant.

        Args:
            variant: a mutant, an oddity, or None for the correct server.
            ids: of the clauses whose scenarios are driven; every clause that these scenarios allow is judged.
            scale: of contract times; the rig's own where it is None.
            soak: whether the true cadences are driven, scaled all the same.
            evidence: where to write what was observed; None keeps it in memory.
        """
        wanted = tuple(ids)
        rig, catalogue = rig_of(wanted), suite_of(wanted)
        if scale is None:
            scale = rig.soak_scale if soak else SCALE
        window = max(WINDOW, WINDOW * SCALE / scale)
        offer = replace(self._offer, adapters=rig.adapters)
        launcher = WarmLauncher(
            self._forks, _order(variant, rig, scale), offer=offer, scratch=self._folder(), ports=self._ports
        )
        options = TrialOptions(
            samples=rig.samples(scale, soak), stream_samples=rig.streams, bidi_samples=rig.messages, offer=offer,
            startup_timeout=window, soak=soak, scale=scale,
        )  # fmt: skip
        profiles = tuple(p.name for p in catalogue.profiles)
        facts = TrialFacts(
            launcher.prepare(), launcher.abilities, options.inputs, profiles, claimed=profiles, scale=scale, soak=soak,
            window=window,
        )  # fmt: skip
        record = Record(facts, evidence)
        began = time.monotonic()
        conductor = Conductor(launcher, options, catalogue, wanted, record=record, redactor=Redactor())
        try:
            conductor.start()
            conductor.finish(lambda _: None)
        finally:
            conductor.cancel()
            launcher.close()
        if conductor.fatal is not None:
            raise conductor.fatal
        bench = Bench(catalogue, record)
        verdicts = {i: bench.judge(i) for i in judged_beside(wanted, facts)}
        return Tried(variant.name if variant else "correct", record, verdicts, time.monotonic() - began)

    def _folder(self) -> Path:
        with self._lock:
            self._count += 1
            folder = self._scratch / f"trial-{self._count}"
        folder.mkdir()
        return folder


def suite(profile: str = REALTIME) -> Catalogue:
    """The clauses that are judged together with those of a profile, scenarios and judges loaded; none without a judge.

    The clauses that a profile builds on are left out: they are proven by mutants of their own.
    """
    names = RIGS[profile].profiles
    catalogue = load_catalogue(names)
    load_suite(p.name for p in catalogue.profiles)
    kept = {i: c for i, c in catalogue.clauses.items() if c.profile in names and (c.excluded or i in JUDGES)}
    return replace(catalogue, profiles=tuple(p for p in catalogue.profiles if p.name in names), clauses=kept)


def suite_of(ids: Iterable[str]) -> Catalogue:
    """The clauses that are judged together with some."""
    return suite(rig_of(ids).profiles[0])


def rig_of(ids: Iterable[str]) -> Rig:
    """The rig on which some clauses are tried: that of their own profile, where it has one beside the usual."""
    known = load_catalogue(profile_names()).clauses
    named = {known[i].profile for i in ids if i in known} & RIGS.keys()
    return RIGS[next(iter(named - {REALTIME}), REALTIME)]


def profile_of(variant: Variant) -> str:
    """The profile with whose clauses a variant is tried."""
    if variant.kind is Kind.MUTANT:
        return suite_of([variant.kills]).profiles[0].name
    module = variant.change.__module__.rpartition(".")[2]
    return next((profile for profile in RIGS if module.startswith(profile)), REALTIME)


def process_variants(kind: Kind) -> tuple[Variant, ...]:
    """The variants that a forked process can be served with."""
    return tuple(variant for variant in every(kind) if variant.layer is not Layer.IMAGE)


def needs_soak(mutant: Variant) -> bool:
    """Whether only the true cadences can show the fault."""
    clause = suite_of([mutant.kills]).clauses.get(mutant.kills)
    return reason_of(mutant) in SHOWN_BY_SOAK or (clause is not None and "soak" in clause.inputs)


def reachable(profile: str = REALTIME) -> tuple[str, ...]:
    """Every clause of a profile that can be judged on a forked process."""
    facts = TrialFacts(WarmLauncher.subject(), WarmLauncher.abilities)
    return tuple(c.id for c in suite(profile).judged if not out_of_reach(c, facts))


def judged_beside(ids: Iterable[str], facts: TrialFacts) -> tuple[str, ...]:
    """Every clause that can be judged where the scenarios of some clauses are driven, dependencies included."""
    ids = tuple(ids)
    catalogue = suite_of(ids)

    def takes(*some: str) -> set[str]:
        found = _with_dependencies(catalogue, some)
        return {
            name for i in found if not out_of_reach(catalogue.clauses[i], facts) for name in _scenarios_of(i, facts)
        }

    driven = takes(*ids)
    return tuple(c.id for c in catalogue.judged if not out_of_reach(c, facts) and takes(c.id) <= driven)


def _with_dependencies(catalogue: Catalogue, ids: Iterable[str]) -> set[str]:
    found: set[str] = set()
    queue = list(ids)
    while queue:
        clause = catalogue.clauses.get(queue.pop())
        if clause is not None and clause.id not in found and not clause.excluded:
            found.add(clause.id)
            queue.extend(clause.depends_on)
    return found


def _scenarios_of(clause_id: str, facts: TrialFacts) -> tuple[str, ...]:
    """The scenarios that a clause is judged on, those left out where there is no soak."""
    names = (name.replace("_", "-") for name in JUDGES[clause_id].takes if name not in HARNESS_NAMES)
    return tuple(name for name in names if facts.soak or not SCENARIOS[name].soak)


def complaints(mutant: Variant, tried: Tried, correct: Tried) -> list[str]:
    """What is wrong with how a mutant was judged, one sentence each; none where it was caught as it should be."""
    clause = suite_of([mutant.kills]).clauses[mutant.kills]
    verdict, wanted = tried.verdicts[mutant.kills], BROKEN[clause.level]
    found = []
    if verdict.word is not wanted or verdict.reason != reason_of(mutant):
        found.append(f"{mutant.kills} is {_said(verdict)}, expected {wanted} [{reason_of(mutant)}]")
    roots = {mutant.kills, *mutant.also}
    boot = tried.record.find("boot", Boot)
    stillborn = boot is not None and not boot.ready
    for clause_id, other in tried.verdicts.items():
        before = correct.verdicts[clause_id]
        hidden = other.untested is Untested.PREREQUISITE and (other.because in roots or stillborn)
        free = clause_id in roots and other.word is not Word.HARNESS_ERROR
        if not (free or hidden or other.word is before.word):
            found.append(f"{clause_id} is {_said(other)}, but {_said(before)} on the correct server")
    return found


def broken_in(tried: Tried, correct: Tried | None = None) -> list[str]:
    """What a server that keeps the contract was blamed for, or could not be judged by, one sentence each.

    Args:
        tried: its trial.
        correct: the trial of the correct server; a clause that is judged there must be judged here too.
    """
    return [f"{i} is {_said(verdict)}" for i, verdict in tried.verdicts.items() if not _harmless(verdict, correct)]


def _harmless(verdict: Verdict, correct: Tried | None) -> bool:
    if verdict.word is Word.UNTESTED and correct is None:
        return verdict.untested is not Untested.PREREQUISITE
    if verdict.word is Word.UNTESTED and correct is not None:
        return correct.verdicts[verdict.clause].word is Word.UNTESTED
    return verdict.word in {Word.PASS, Word.OBSERVED, Word.NOT_APPLICABLE}


def reason_of(mutant: Variant) -> str:
    """The reason that must be given, as verdicts spell it."""
    return mutant.reason.lower().replace("_", "-")


def _said(verdict: Verdict) -> str:
    because = f" because of {verdict.because}" if verdict.because else ""
    return f"{verdict.word}{f' [{verdict.reason}]' if verdict.reason else ''}{because}: {verdict.observed[-2000:]}"


def _order(variant: Variant | None, rig: Rig, scale: float) -> Order:
    order = Order(arguments=rig.arguments, scale=scale)
    if variant is None:
        return order
    return replace(order, **{str(variant.kind): variant.name})


def _offer(scratch: Path) -> Offer:
    """A model directory that the echo never reads, and one that no server can load."""
    model, bad = scratch / "model", scratch / "bad-model"
    (model / "nested").mkdir(parents=True)
    (model / "nested" / "weights.bin").write_bytes(bytes(range(256)))
    (model / "config.json").write_text('{"layers": 2}')
    bad.mkdir()
    (bad / "model.pkl").write_bytes(b"this is no model")
    return Offer(model_dir=str(model), bad_model_dir=str(bad))
