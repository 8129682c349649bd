"""The contract as data: loads the catalogue of every profile and checks that it is sound.

A profile is one folder under `seatrial/suites/` with a `clauses.toml`, and in a large one a `clauses/AREA.toml` for
each area beside it. This module reads them and refuses a catalogue with a doubled id, an unknown or circular
dependency, an unknown source or a misspelt key; it judges nothing.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, field, replace
from enum import StrEnum
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import TypeVar

import msgspec

from seatrial.conformance.verdict import Level

__all__ = ["Catalogue", "CatalogueError", "Clause", "Depth", "Profile", "load_catalogue", "profile_names"]

T = TypeVar("T")

SUITES = Path(__file__).resolve().parent.parent / "suites"


class CatalogueError(Exception):
    """The catalogue contradicts itself; the message names the file, the clause and what to mend."""


class Depth(StrEnum):
    """How much of a catalogue is judged."""

    QUICK = "quick"
    """Without the clauses that cost a start for one requirement each."""
    FULL = "full"
    """All of it."""


class Clause(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One requirement of the contract.

    Attributes:
        id: the permanent slug, `ping.answers-200`.
        level: MUST, SHOULD or MAY.
        text: the requirement, one testable sentence.
        source: keys into `sources.toml`, optionally with a `#fragment`.
        provenance: `documented` by the platform, `observed` in its behaviour or code, or `inferred` from both.
        cure: what an engineer does about a violation.
        depends_on: ids of clauses without which this one cannot be judged.
        needs: abilities that the launcher must have.
        inputs: what the user must offer, named as in `seatrial.conformance.options`.
        limit: numbers of the clause, with the unit in the name (`ping_timeout_s`).
        excluded: why no test judges it; empty for a judged clause.
        row: where the research note stands that the clause was written from.
        depth: the least depth of a trial that judges it: `full` where a start is needed for it alone.
        profile: the profile's name, filled in by the loader.
    """

    id: str
    level: Level
    text: str
    source: tuple[str, ...]
    provenance: str
    cure: str = ""
    depends_on: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    inputs: tuple[str, ...] = ()
    limit: dict[str, float] = {}
    excluded: str = ""
    row: str = ""
    depth: Depth = Depth.QUICK
    profile: str = ""


class Profile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A named part of the contract that a container claims.

    Attributes:
        name: as given to `--trial-profile`; also the folder's name.
        title: for people.
        text: what a container claims with it.
        default: whether it is judged when the user names none.
        label: an image label whose value `true` claims the profile; empty where there is none.
        includes: profiles that are judged along with it.
        present: id of the clause that says whether the profile is there at all, which its other clauses wait for;
            empty where that needs no asking.
    """

    name: str
    title: str
    text: str
    default: bool = False
    label: str = ""
    includes: tuple[str, ...] = ()
    present: str = ""


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    profile: Profile
    clause: tuple[Clause, ...] = ()


class _Area(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    clause: tuple[Clause, ...]


class Source(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where a requirement is written down."""

    title: str
    url: str


@dataclass(frozen=True)
class Catalogue:
    """Every clause of the chosen profiles, and where each comes from."""

    profiles: tuple[Profile, ...]
    clauses: dict[str, Clause]
    sources: dict[str, Source] = field(default_factory=dict)

    def at_depth(self, depth: Depth) -> Catalogue:
        """The same, or what a quick trial judges of it."""
        if depth is Depth.FULL:
            return self
        return replace(self, clauses={i: c for i, c in self.clauses.items() if c.depth is Depth.QUICK})

    def presence_of(self, clause: Clause) -> Clause | None:
        """The clause that says whether the profile of another is there; None where that needs no asking."""
        present = next((p.present for p in self.profiles if p.name == clause.profile), "")
        return self.clauses.get(present) if present != clause.id else None

    @property
    def judged(self) -> tuple[Clause, ...]:
        """The clauses that a test judges, in catalogue order."""
        return tuple(c for c in self.clauses.values() if not c.excluded)


def profile_names(suites: Path = SUITES) -> tuple[str, ...]:
    """Names of every profile there is, in alphabetical order."""
    return tuple(sorted(p.parent.name for p in suites.glob("*/clauses.toml")))


@cache
def load_profile(name: str, suites: Path = SUITES) -> tuple[Profile, tuple[Clause, ...]]:
    """Read one profile's catalogue.

    Raises:
        CatalogueError: there is no such profile, or its file is malformed.
    """
    path = suites / name / "clauses.toml"
    if not path.is_file():
        raise CatalogueError(f"there is no profile {name!r}: choose from {', '.join(profile_names(suites))}")
    file = _read(path, _File, name)
    areas = (_read(area, _Area, name) for area in sorted((path.parent / "clauses").glob("*.toml")))
    clauses = (*file.clause, *(clause for area in areas for clause in area.clause))
    if file.profile.present and file.profile.present not in {c.id for c in clauses}:
        raise CatalogueError(f"{path.name} of profile {name!r}: present = {file.profile.present!r} is no clause of it")
    return file.profile, tuple(msgspec.structs.replace(c, profile=name) for c in clauses)


def _read(path: Path, kind: type[T], profile: str) -> T:
    try:
        return msgspec.convert(tomllib.loads(path.read_text("utf-8")), kind)
    except (tomllib.TOMLDecodeError, msgspec.ValidationError) as error:
        raise CatalogueError(f"{path.name} of profile {profile!r}: {error}") from error


@cache
def load_catalogue(names: tuple[str, ...] = (), suites: Path = SUITES) -> Catalogue:
    """Load and check the catalogue of some profiles.

    Args:
        names: profiles to load; none means every default profile.
        suites: the folder of profiles.

    Raises:
        CatalogueError: an unknown profile, or a catalogue that contradicts itself.
    """
    named = names or tuple(n for n in profile_names(suites) if load_profile(n, suites)[0].default)
    chosen = tuple(dict.fromkeys(p for n in named for p in (*load_profile(n, suites)[0].includes, n)))
    profiles, clauses = [], {}
    for name in chosen:
        profile, some = load_profile(name, suites)
        profiles.append(profile)
        for clause in some:
            if clause.id in clauses:
                raise CatalogueError(f"clause {clause.id!r} stands twice in the catalogue")
            clauses[clause.id] = clause
    sources = msgspec.convert(tomllib.loads((suites / "sources.toml").read_text("utf-8"))["sources"], dict[str, Source])
    _check(clauses, sources, _known_ids(suites))
    return Catalogue(tuple(profiles), clauses, sources)


def _known_ids(suites: Path) -> frozenset[str]:
    return frozenset(c.id for n in profile_names(suites) for c in load_profile(n, suites)[1])


def _check(clauses: dict[str, Clause], sources: dict[str, Source], known: frozenset[str]) -> None:
    for clause in clauses.values():
        for other in clause.depends_on:
            if other not in known:
                raise CatalogueError(f"clause {clause.id!r} depends on {other!r}, which does not exist")
        for key in clause.source:
            if key.partition("#")[0] not in sources and key not in sources:
                raise CatalogueError(f"clause {clause.id!r} names the source {key!r}, which sources.toml does not hold")
    try:
        TopologicalSorter({c.id: c.depends_on for c in clauses.values()}).prepare()
    except CycleError as error:
        raise CatalogueError(f"clauses depend on each other in a circle: {' -> '.join(error.args[1])}") from error
