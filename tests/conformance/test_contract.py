from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from support.tiny import clause_toml

from seatrial.conformance.contract import CatalogueError, load_catalogue, load_profile, profile_names

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Write = Callable[[str], Path]


def test_a_catalogue_keeps_its_clauses_in_order(suites: Write):
    catalogue = load_catalogue((), suites(clause_toml("b.second") + clause_toml("a.first")))
    assert [c.id for c in catalogue.judged] == ["b.second", "a.first"]


def test_a_clause_that_stands_twice_is_refused(suites: Write):
    with pytest.raises(CatalogueError, match=r"'a\.b' stands twice"):
        load_catalogue((), suites(clause_toml("a.b") * 2))


def test_a_dependency_that_does_not_exist_is_refused(suites: Write):
    with pytest.raises(CatalogueError, match=r"depends on 'a\.c', which does not exist"):
        load_catalogue((), suites(clause_toml("a.b", depends_on=["a.c"])))


def test_a_circle_of_dependencies_is_refused(suites: Write):
    text = clause_toml("a.b", depends_on=["a.c"]) + clause_toml("a.c", depends_on=["a.b"])
    with pytest.raises(CatalogueError, match="in a circle"):
        load_catalogue((), suites(text))


def test_an_unknown_source_is_refused(suites: Write):
    with pytest.raises(CatalogueError, match=r"source 'elsewhere#part', which sources\.toml does not hold"):
        load_catalogue((), suites(clause_toml("a.b").replace('["here"]', '["elsewhere#part"]')))


def test_a_misspelt_key_is_refused(suites: Write):
    with pytest.raises(CatalogueError, match="depnds_on"):
        load_catalogue((), suites(clause_toml("a.b", depnds_on=["a.c"])))


def test_an_unknown_profile_is_refused_with_the_known_ones(suites: Write):
    with pytest.raises(CatalogueError, match="there is no profile 'huge': choose from tiny"):
        load_catalogue(("huge",), suites(clause_toml("a.b")))


@pytest.mark.parametrize("name", profile_names())
def test_every_shipped_profile_is_sound(name: str):
    catalogue = load_catalogue((name,))
    assert catalogue.judged
    assert load_profile(name)[0].name == name


@pytest.mark.parametrize("name", profile_names())
def test_every_judged_clause_says_what_to_do(name: str):
    silent = [c.id for c in load_profile(name)[1] if not c.excluded and not c.cure]
    assert silent == []
