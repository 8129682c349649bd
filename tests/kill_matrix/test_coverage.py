"""Nothing enforced goes unproven, and what the mutants declare exists."""

from __future__ import annotations

import importlib
import pkgutil
from typing import TYPE_CHECKING

import pytest
from kill_matrix.matrix import SHOWN_BY_SOAK, reason_of

from seatrial import suites
from seatrial.conformance.contract import load_catalogue, profile_names
from seatrial.conformance.scenario import JUDGES, load_suite
from seatrial.conformance.verdict import Level
from seatrial.reference_server.variants import Kind, Variant, every

if TYPE_CHECKING:
    from seatrial.conformance.contract import Clause

FEWEST_ODDITIES = 12


def reasons() -> set[str]:
    """Every reason that a clause may give."""
    found = (module.name for module in pkgutil.walk_packages(suites.__path__, f"{suites.__name__}."))
    modules = (importlib.import_module(name) for name in found if ".reasons" in name)
    return {reason for module in modules for reason in getattr(module, "Reason", ())}


def enforced() -> list[Clause]:
    return [clause for clause in load_catalogue(profile_names()).judged if clause.level is not Level.MAY]


@pytest.mark.parametrize("clause", enforced(), ids=lambda clause: clause.id)
def test_an_enforced_clause_has_a_mutant_that_it_must_catch(clause: Clause) -> None:
    assert [mutant.name for mutant in every(Kind.MUTANT) if mutant.kills == clause.id]


@pytest.mark.parametrize("profile", profile_names())
def test_every_clause_of_the_profile_is_judged_or_excluded(profile: str) -> None:
    catalogue = load_catalogue((profile,))
    load_suite(one.name for one in catalogue.profiles)
    assert [clause.id for clause in catalogue.judged if clause.id not in JUDGES] == []


@pytest.mark.parametrize("mutant", every(Kind.MUTANT), ids=lambda mutant: mutant.name)
def test_a_mutant_names_clauses_and_a_reason_that_exist(mutant: Variant) -> None:
    assert {mutant.kills, *mutant.also} <= set(load_catalogue(profile_names()).clauses)
    assert reason_of(mutant) in reasons()
    assert mutant.summary


def test_the_reasons_that_only_a_soak_gives_exist() -> None:
    assert reasons() >= SHOWN_BY_SOAK


def test_there_are_enough_oddities_to_guard_against_false_alarms() -> None:
    assert len(every(Kind.ODDITY)) >= FEWEST_ODDITIES
