"""Which launches a trial needs, what is driven on each, and what is left out. Nothing is started here.

Equal launch specs share one instance. The main launch comes first: it decides whether the others are worth starting.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from seatrial.conformance.judge import out_of_reach
from seatrial.conformance.result import Plan, PlannedLaunch
from seatrial.conformance.scenario import JUDGES, MAIN, SCENARIOS, SPARE, Scenario
from seatrial.conformance.subject.launcher import Ability, Files, LaunchSpec

if TYPE_CHECKING:
    from collections.abc import Iterable

    from seatrial.conformance.contract import Catalogue
    from seatrial.conformance.evidence import TrialFacts

__all__ = ["Voyage", "VoyagePlan", "plan_voyages", "wanted_scenarios"]

HARNESS_NAMES = frozenset({"limit", "facts", "boot", "samples"})


@dataclass(frozen=True)
class Voyage:
    """One launch and the scenarios driven on it: first the timed ones, last the one that ends it."""

    spec: LaunchSpec
    scenarios: tuple[Scenario, ...]

    @property
    def starting(self) -> bool:
        """Whether it is driven at once, without waiting for the first 200."""
        return any(s.starting for s in self.scenarios)


@dataclass(frozen=True)
class VoyagePlan:
    """The voyages, the scenarios that need none, and those left out with the reason."""

    voyages: tuple[Voyage, ...]
    static: tuple[Scenario, ...]
    left_out: tuple[tuple[Scenario, str], ...]

    def printed(self) -> Plan:
        """The plan as reports show it."""
        launches = tuple(
            PlannedLaunch(
                v.spec.name,
                ", ".join(s.name for s in v.scenarios) or "starts, answers /ping",
                tuple(s.name for s in v.scenarios),
                max((s.waits for s in v.scenarios if s.alongside), default=0.0)
                + sum(s.waits for s in v.scenarios if not s.alongside),
                sum(s.takes for s in v.scenarios if not s.alongside),
            )
            for v in self.voyages
        )
        return Plan(
            launches, tuple(s.name for s in self.static), tuple((s.name, why) for s, why in self.left_out)
        )  # fmt: skip


def wanted_scenarios(catalogue: Catalogue, facts: TrialFacts, ids: Iterable[str]) -> tuple[tuple[str, ...], bool]:
    """Names of the scenarios that judging takes, dependencies included, and whether any needs an instance."""
    wanted: dict[str, None] = {}
    seen: set[str] = set()
    alive = False
    queue = list(ids)
    while queue:
        clause = catalogue.clauses.get(queue.pop(0))
        if clause is None or clause.id in seen or clause.excluded:
            continue
        seen.add(clause.id)
        queue.extend(clause.depends_on)
        if presence := catalogue.presence_of(clause):
            queue.append(presence.id)
        if out_of_reach(clause, facts):
            continue
        for name in JUDGES[clause.id].takes:
            alive = alive or name in {"boot", "samples"}
            if name not in HARNESS_NAMES:
                wanted[name.replace("_", "-")] = None
    order = {name: i for i, name in enumerate(SCENARIOS)}
    return tuple(sorted(wanted, key=order.__getitem__)), alive


def plan_voyages(
    names: Iterable[str], facts: TrialFacts, *, main: bool, first: frozenset[str] = frozenset()
) -> VoyagePlan:
    """Group scenarios into voyages.

    Args:
        names: of the scenarios wanted.
        facts: what the launcher can do and what the user offered.
        main: whether the main launch is needed even where no scenario drives it.
        first: names of the scenarios whose launches come right after the main one.
    """
    static: list[Scenario] = []
    left: list[tuple[Scenario, str]] = []
    groups: dict[LaunchSpec, list[Scenario]] = {}
    for scenario in (SCENARIOS[n] for n in names):
        why = _why_not(scenario, facts)
        if why:
            left.append((scenario, why))
        elif scenario.launch is None:
            static.append(scenario)
        else:
            groups.setdefault(scenario.launch, []).append(scenario)
    if (groups or main) and MAIN not in groups and facts.subject.kind != "archive":
        groups[MAIN] = []
    _berth(groups)
    voyages = [Voyage(spec, _ordered(some)) for spec, some in groups.items()]
    voyages.sort(key=lambda v: (v.spec != MAIN, not any(s.name in first for s in v.scenarios)))
    return VoyagePlan(tuple(voyages), tuple(static), tuple(left))


def _berth(groups: dict[LaunchSpec, list[Scenario]]) -> None:
    """Give each scenario that ends any instance one that no other ends; start one more where there is none."""
    for scenario in groups.pop(SPARE, []):
        free = (spec for spec, some in groups.items() if not any(s.ends or s.starting for s in some))
        groups.setdefault(next(free, LaunchSpec(scenario.name)), []).append(scenario)


def _ordered(scenarios: list[Scenario]) -> tuple[Scenario, ...]:
    return tuple(sorted(scenarios, key=lambda s: (s.ends, not s.alongside, not s.timed)))


def _why_not(scenario: Scenario, facts: TrialFacts) -> str:
    if scenario.launch is not None and facts.subject.kind == "archive":
        return "an archive is not started"
    if scenario.soak and not facts.soak:
        return "only with --trial-soak"
    for name in scenario.inputs:
        if name not in facts.inputs:
            return f"no {name} was offered"
    if scenario.pointless and (why := scenario.pointless(facts)):
        return why
    spec = scenario.launch
    lacking = {
        Ability.FRESH_INSTANCE: spec not in {None, MAIN} or scenario.ends,
        Ability.ENV: bool(spec and spec.env),
        Ability.HOSTNAME: bool(spec and spec.hostname),
        Ability.ISOLATION: bool(spec and spec.isolated),
        Ability.TRIAL_FILES: bool(spec and (spec.trial_files or spec.model_files)),
        # Where nothing can be mounted, what the subject may write to is as it was.
        Ability.MOUNTS: bool(spec and spec.files not in {Files.READ_ONLY, Files.WRITABLE}),
    }
    for ability, needed in lacking.items():
        if needed and ability not in facts.abilities:
            return f"{facts.subject.kind} has no {ability}"
    return ""
