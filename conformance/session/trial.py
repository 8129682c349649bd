"""One trial as the pytest session sees it: opened, begun, asked for verdicts, ended, closed in whatever state.

It joins the launcher, the conductor, the record and the bench. It knows nothing of pytest's items or of the terminal.
"""

from __future__ import annotations

import contextlib
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import msgspec

from seatrial.conformance.assemble import Conduct, assemble, breakdown_of
from seatrial.conformance.conductor import Conductor
from seatrial.conformance.contract import SUITES, Catalogue, Depth, load_catalogue, load_profile, profile_names
from seatrial.conformance.evidence import Record
from seatrial.conformance.judge import Bench
from seatrial.conformance.options import OptionError, TrialOptions
from seatrial.conformance.result import Plan
from seatrial.conformance.scenario import JUDGES, load_suite
from seatrial.conformance.session.subject import prepared, redactor_of, trial_facts
from seatrial.conformance.subject.launcher import Launcher
from seatrial.conformance.subject.offers import with_brought
from seatrial.conformance.subject.plan import wanted_scenarios

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from seatrial.conformance.events import Event
    from seatrial.conformance.evidence import TrialFacts
    from seatrial.conformance.result import TrialResult
    from seatrial.conformance.subject.launcher import Image
    from seatrial.conformance.verdict import Verdict

__all__ = ["Trial", "catalogue_for", "open_trial", "verdicts_as_json"]

ALL = "all"
"""Given to `--trial-profile`, every profile there is."""


@dataclass
class Trial:
    """A trial in progress.

    Attributes:
        options: of the trial.
        catalogue: of the profiles judged.
        record: what was observed; None where clauses are only listed.
        launcher: of the subject; None where old evidence is judged again.
        conductor: once the trial has begun.
        interrupted: why the trial was given up; empty while it was not.
    """

    options: TrialOptions
    catalogue: Catalogue
    record: Record | None = None
    launcher: Launcher | None = None
    conductor: Conductor | None = None
    interrupted: str = ""
    _bench: Bench | None = None
    _origin: float = field(default_factory=time.monotonic)
    _judging: float = 0.0
    _exits: contextlib.ExitStack = field(default_factory=contextlib.ExitStack)

    @property
    def ids(self) -> tuple[str, ...]:
        """Every clause that the profiles judge, in catalogue order."""
        return tuple(clause.id for clause in self.catalogue.judged if clause.id in JUDGES)

    @property
    def left_out_notes(self) -> tuple[str, ...]:
        """What a quick trial says of the clauses that it did not judge; nothing for a full one."""
        depth = self.record.facts.depth if self.record else self.options.depth
        if depth is Depth.FULL:
            return ()
        whole = load_catalogue(tuple(p.name for p in self.catalogue.profiles), SUITES)
        left = len(whole.judged) - len(self.catalogue.judged)
        advice = "so the subject is at best checked: run it with --trial-depth full to certify it"
        return (f"--trial-depth quick left {left} clauses out, {advice}",)

    @property
    def folders(self) -> tuple[Path, ...]:
        """Where the profiles' test modules lie."""
        return tuple(SUITES / profile.name for profile in self.catalogue.profiles)

    @property
    def plan(self) -> Plan:
        """As it stands, or stood when the evidence was taken; empty where nothing is started."""
        if self.conductor is not None:
            return self.conductor.plan
        return (self.record.find("plan", Plan) if self.record else None) or Plan(())

    def prepare(self, ids: Iterable[str]) -> None:
        """Plan what judging some clauses takes. Nothing is started yet."""
        if self.launcher is not None and self.record is not None:
            self.conductor = Conductor(
                self.launcher, self.options, self.catalogue, ids, record=self.record, redactor=redactor_of(self.options)
            )

    def begin(self) -> None:
        """Start driving; returns at once."""
        if self.conductor is not None:
            self.conductor.start()

    def verdict(self, clause: str, on_event: Callable[[Event], None]) -> Verdict:
        """Wait for what the clause is judged on, and judge it.

        Raises:
            SubjectError: the subject cannot be started, through the user's mistake.
            EngineError: the engine failed.
        """
        if self.conductor is not None:
            self.conductor.wait_for(self._observations(clause), on_event)
        return self._judge(clause)

    def finish(self, on_event: Callable[[Event], None]) -> None:
        """Wait until everything is driven and every instance is gone."""
        if self.conductor is not None:
            self.conductor.finish(on_event)

    def give_up(self, why: str) -> None:
        """End early: instances are removed, and what was not observed stays untested."""
        self.interrupted = self.interrupted or why
        if self.conductor is not None:
            self.conductor.cancel()

    def result(self, ids: Iterable[str], *notes: str) -> TrialResult:
        """Judge what was observed and put the result together.

        Args:
            ids: of the clauses to judge, in catalogue order.
            notes: sentences for the top of the report.
        """
        ids = tuple(ids)
        verdicts = tuple(self._judge(clause) for clause in ids)
        began = time.monotonic()
        record, plan = self._evidence, self.plan
        breakdown = breakdown_of(
            record,
            total=round(began - self._origin, 3),
            judging=round(self._judging, 3),
            starts=self.conductor.starts if self.conductor else 0,
            planned=len(plan.launches),
        )
        partial = bool(self.interrupted) or set(ids) != set(self.ids)
        conduct = Conduct(plan, breakdown, selection=partial, strict=self.options.strict, notes=notes)
        return assemble(self.catalogue, record, verdicts, conduct)

    def close(self) -> None:
        """Remove everything that the trial made. Safe to call twice."""
        self._exits.close()

    def _judge(self, clause: str) -> Verdict:
        if self._bench is None:
            self._bench = Bench(self.catalogue, self._evidence)
        began = time.monotonic()
        verdict = self._bench.judge(clause)
        self._judging += time.monotonic() - began
        return verdict

    def _observations(self, clause: str) -> tuple[str, ...]:
        names, alive = wanted_scenarios(self.catalogue, self._evidence.facts, [clause])
        return (*names, "boot", "samples") if alive else names

    @property
    def _evidence(self) -> Record:
        if self.record is None:
            raise RuntimeError("a trial that only lists its clauses judges none")
        return self.record


def open_trial(options: TrialOptions, *, listing: bool = False) -> Trial:
    """Look at the subject, load the suites, and open the record.

    Args:
        options: of the trial.
        listing: whether the clauses are only listed: the subject is not even looked at.

    Raises:
        SubjectError: the user's mistake about the subject.
        EngineError: the engine does not answer.
        OptionError: there is no such profile, or the report folder cannot be written.
        CatalogueError: the catalogue contradicts itself.
        EvidenceError: the evidence cannot be read.
    """
    if options.evidence is not None:
        record = Record.read(options.evidence)
        return Trial(options, catalogue_for(record.facts.profiles, None).at_depth(record.facts.depth), record)
    if listing:
        return Trial(options, catalogue_for(options.profiles, None).at_depth(options.depth))
    with contextlib.ExitStack() as exits:
        launcher, subject = exits.enter_context(prepared(options))
        options = with_brought(options, launcher)
        catalogue = catalogue_for(options.profiles, subject.image).at_depth(options.depth)
        profiles = tuple(p.name for p in catalogue.profiles)
        claimed = tuple(name for name in profiles if name in {*options.profiles, *_labelled(subject.image)})
        facts = trial_facts(options, launcher, subject, profiles=profiles, claimed=claimed)
        record = _record(facts, options)
        return Trial(options, catalogue, record, launcher, _exits=exits.pop_all())


def _record(facts: TrialFacts, options: TrialOptions) -> Record:
    if options.plan_only:
        return Record(facts)  # a plan touches nothing, not even an older report
    try:
        return Record(facts, options.report / "evidence")
    except OSError as error:
        raise OptionError(
            f"--trial-report {options.report}: evidence cannot be written there ({error.strerror}); "
            "name a folder that you may write to"
        ) from error


def catalogue_for(named: tuple[str, ...], image: Image | None) -> Catalogue:
    """The catalogue of the named profiles; of the default ones and those that the image's labels claim where none is.

    The name `all` stands for every profile there is.

    Raises:
        OptionError: there is no such profile.
        CatalogueError: the catalogue contradicts itself.
    """
    known = profile_names(SUITES)
    for name in named:
        if name not in {*known, ALL}:
            choice = f"{', '.join(known)} or {ALL}"
            raise OptionError(f"--trial-profile {name}: there is no such profile; choose from {choice}")
    if ALL in named:
        named = known
    if not named:
        defaults = (name for name in known if load_profile(name, SUITES)[0].default)
        named = tuple(dict.fromkeys((*defaults, *_labelled(image))))
    catalogue = load_catalogue(named, SUITES)
    load_suite(p.name for p in catalogue.profiles)
    return catalogue


def _labelled(image: Image | None) -> tuple[str, ...]:
    """The profiles that an image's labels claim."""
    labels = dict(image.labels) if image else {}
    profiles = (load_profile(name, SUITES)[0] for name in profile_names(SUITES))
    return tuple(p.name for p in profiles if p.label and labels.get(p.label, "").lower() == "true")


def verdicts_as_json(verdicts: tuple[Verdict, ...]) -> bytes:
    """The verdicts as bytes that depend on nothing else: judging the same evidence again gives the same bytes."""
    return msgspec.json.format(msgspec.json.encode(verdicts, order="deterministic"), indent=1) + b"\n"
