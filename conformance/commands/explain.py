"""`seatrial explain CLAUSE`: what a clause asks for, where that is written, and how a violation is mended."""

from __future__ import annotations

import difflib
import fnmatch
import sys
import textwrap
from typing import TYPE_CHECKING

from seatrial.conformance.commands.mutants import known_variants
from seatrial.conformance.contract import Catalogue, Clause, load_catalogue, profile_names
from seatrial.conformance.options import OPTION_OF_INPUT, OptionError

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterable

    from seatrial.conformance.contract import Source

__all__ = ["add_arguments", "run"]

WIDTH = 100
LABEL = 12


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The clause."""
    parser.add_argument(
        "clause", nargs="?", metavar="CLAUSE", help="its id, or a pattern such as 'ping.*'; all without"
    )


def run(parser: argparse.ArgumentParser, words: list[str]) -> int:
    """Print one clause in full, or a list of those that match a pattern."""
    wanted = parser.parse_args(words).clause or "*"
    clauses = _every_clause()
    if wanted in clauses:
        clause, catalogue = clauses[wanted]
        sys.stdout.write("\n".join(_page(clause, catalogue)) + "\n")
        return 0
    matching = [clause for name, (clause, _) in clauses.items() if fnmatch.fnmatch(name, wanted)]
    if not matching:
        close = difflib.get_close_matches(wanted, clauses, 3, cutoff=0.5)
        hint = f"did you mean {' or '.join(close)}?" if close else "`seatrial explain` lists every clause"
        raise OptionError(f"there is no clause {wanted!r}; {hint}")
    longest = max(len(clause.id) for clause in matching)
    for clause in matching:
        sys.stdout.write(f"{clause.id:{longest}}  {clause.level:6}  {clause.profile:10}  {clause.text}\n")
    return 0


def _every_clause() -> dict[str, tuple[Clause, Catalogue]]:
    found: dict[str, tuple[Clause, Catalogue]] = {}
    for name in profile_names():
        catalogue = load_catalogue((name,))
        for clause in catalogue.clauses.values():
            found.setdefault(clause.id, (clause, catalogue))
    return found


def _page(clause: Clause, catalogue: Catalogue) -> Iterable[str]:
    yield f"{clause.id}  {clause.level}  {clause.profile}"
    yield ""
    yield from _entry("", clause.text)
    yield ""
    yield from _entry("cure", clause.cure)
    yield from _entry("provenance", clause.provenance)
    for key in clause.source:
        yield from _entry("source", _source(key, catalogue.sources))
    yield from _entry("depends on", ", ".join(clause.depends_on))
    yield from _entry("must see", ", ".join(clause.needs))
    yield from _entry("wants", ", ".join(OPTION_OF_INPUT.get(name, name) for name in clause.inputs))
    yield from _entry("limits", ", ".join(f"{name} = {number:g}" for name, number in clause.limit.items()))
    yield from _entry("not judged", clause.excluded)
    yield from _entry("proven by", ", ".join(v.name for v in known_variants() if v.kills == clause.id))


def _source(key: str, sources: dict[str, Source]) -> str:
    name, _, fragment = key.partition("#")
    source = sources.get(key) or sources[name]
    whole = key in sources or not fragment
    return f"{source.title}: {source.url}{'' if whole else f'#{fragment}'}"


def _entry(label: str, text: str) -> list[str]:
    if not text:
        return []
    first = f"{label:{LABEL}}" if label else ""
    return textwrap.wrap(
        text, WIDTH, initial_indent=first, subsequent_indent=" " * len(first),
        break_long_words=False, break_on_hyphens=False,
    )  # fmt: skip
