from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from support.tiny import clause_toml

from seatrial.conformance.contract import CatalogueError, Depth, load_catalogue, load_profile, profile_names

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


def test_a_large_profile_keeps_its_clauses_by_area(suites: Write):
    folder = suites(clause_toml("a.first"))
    (folder / "tiny" / "clauses").mkdir()
    (folder / "tiny" / "clauses" / "z.toml").write_text(clause_toml("z.third"))
    (folder / "tiny" / "clauses" / "b.toml").write_text(clause_toml("b.second", depth="full"))
    catalogue = load_catalogue((), folder)
    assert [(c.id, c.profile, c.depth) for c in catalogue.judged] == [
        ("a.first", "tiny", Depth.QUICK),
        ("b.second", "tiny", Depth.FULL),
        ("z.third", "tiny", Depth.QUICK),
    ]


def test_a_clause_that_stands_in_two_areas_is_refused(suites: Write):
    folder = suites(clause_toml("a.b"))
    (folder / "tiny" / "clauses").mkdir()
    (folder / "tiny" / "clauses" / "again.toml").write_text(clause_toml("a.b"))
    with pytest.raises(CatalogueError, match=r"'a\.b' stands twice"):
        load_catalogue((), folder)


def test_a_misspelt_depth_is_refused_with_its_file(suites: Write):
    folder = suites("")
    (folder / "tiny" / "clauses").mkdir()
    (folder / "tiny" / "clauses" / "area.toml").write_text(clause_toml("a.b", depth="deep"))
    with pytest.raises(CatalogueError, match=r"area\.toml of profile 'tiny': Invalid enum value 'deep'"):
        load_catalogue((), folder)


def test_a_profile_that_waits_for_an_unknown_clause_is_refused(suites: Write):
    folder = suites(clause_toml("a.b"))
    file = folder / "tiny" / "clauses.toml"
    file.write_text(file.read_text().replace("default = true", 'default = true\npresent = "a.there"'))
    with pytest.raises(CatalogueError, match=r"present = 'a\.there' is no clause of it"):
        load_catalogue((), folder)
