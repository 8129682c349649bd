"""Whether a profile is there at all, asked before a start is spent on the rest of it.

A profile may name the clause that says so. The launches that only its other scenarios need wait for what that clause is
judged on, and are left out where it does not hold: sixty starts would show no more.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from seatrial.conformance.judge import Bench
from seatrial.conformance.scenario import JUDGES, Scenario
from seatrial.conformance.verdict import Word

if TYPE_CHECKING:
    from collections.abc import Iterable

    from seatrial.conformance.contract import Catalogue
    from seatrial.conformance.evidence import Record

__all__ = ["Presences"]


class Presences:
    """The clauses that say whether a profile is there.

    Args:
        catalogue: of the profiles judged.
    """

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue
        self._by_profile = {
            p.name: p.present for p in catalogue.profiles if p.present in catalogue.clauses and p.present in JUDGES
        }

    @property
    def scenarios(self) -> frozenset[str]:
        """Names of the scenarios that say so."""
        return frozenset(name for clause in self._by_profile.values() for name in self.scenarios_of(clause))

    def scenarios_of(self, clause: str) -> tuple[str, ...]:
        """Names of the observations that such a clause is judged on."""
        return tuple(name.replace("_", "-") for name in JUDGES[clause].takes if name not in {"facts", "limit"})

    def asked_before(self, scenarios: Iterable[Scenario]) -> str:
        """The clause to ask before a launch that only these scenarios need; empty where it is needed anyhow."""
        scenarios = tuple(scenarios)
        profiles = {_profile(scenario) for scenario in scenarios}
        if len(profiles) != 1 or any(scenario.name in self.scenarios for scenario in scenarios):
            return ""
        return self._by_profile.get(profiles.pop(), "")

    def absent(self, clause: str, record: Record) -> bool:
        """Whether such a clause does not hold by what was recorded, whatever it depends on."""
        alone = replace(self._catalogue, clauses={clause: self._catalogue.clauses[clause]})
        return Bench(alone, record).judge(clause).word not in {Word.PASS, Word.OBSERVED}


def _profile(scenario: Scenario) -> str:
    """The profile whose suite holds a scenario: the folder of its module."""
    _, _, rest = scenario.run.__module__.partition(".suites.")
    return rest.partition(".")[0]
