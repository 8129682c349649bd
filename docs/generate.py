"""Writes the pages of the reference that are read off the project itself, so that they cannot grow stale.

MkDocs runs it as a hook and gets the pages in memory; nothing generated is committed. `python docs/generate.py DIR`
writes them to a folder, to be read without MkDocs. It renders the catalogue and judges nothing.
"""
# ruff: noqa: INP001  a hook that MkDocs loads by its path, not a package

from __future__ import annotations

import argparse
from collections import Counter, defaultdict
from pathlib import Path
from typing import TYPE_CHECKING

from mkdocs.structure.files import File

from seatrial.conformance.commands.main import VERBS
from seatrial.conformance.contract import Catalogue, Clause, Depth, load_catalogue, profile_names
from seatrial.conformance.options import OPTION_OF_INPUT
from seatrial.conformance.plugin import OPTIONS, SUBJECT_WORDS
from seatrial.conformance.scenario import JUDGES, load_suite
from seatrial.conformance.subject.offers import BAD_MODEL, SAMPLES_LABEL
from seatrial.loadgen.options import build_parser
from seatrial.reference_server.variants import Kind, every

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from mkdocs.config.defaults import MkDocsConfig
    from mkdocs.structure.files import Files

CLAUSES = "reference/clauses.md"
HEAD = """\
# Clauses

Every requirement of the contract, as the catalogue (`suites/*/clauses.toml` and `suites/*/clauses/*.toml`) states it.
The id is permanent: it names the clause in reports, in `seatrial explain ID` and in lists of known failures.
*Documented* rests on the platform's own pages, *observed* on its behaviour or code, *inferred* on both. A struck-out
level belongs to a clause that no test judges, for the reason given. How levels turn into verdicts stands in
[Verdicts and grades](../explanation/verdicts.md).
"""

OPTIONS_PAGE = "reference/options.md"
OPTIONS_HEAD = """\
# Options and commands

The first five name the subject, and make a pytest run a trial. Where no other plugin owns the bare word, {words} do the
same. pytest's own options work as ever: `-k`, `-m`, `--lf`, `-x`, `-v`, `--collect-only`, `--junitxml`. `seatrial
certify IMAGE` takes the same options without the prefix `trial-`.
"""
OPTIONS_FOOT = f"""\
## What an image may bring

`LABEL {SAMPLES_LABEL}=/folder/in/the/image` names a folder with valid requests: each file is one, its media type told
by the suffix; a name that begins with `slow` is a request that takes seconds, and the folder `{BAD_MODEL}` a broken
model directory. What the command line offers goes before it.

## Exit codes

| code | |
|---|---|
| 0 | certified, or checked |
| 1 | a MUST is broken (with `--trial-strict` also a SHOULD) |
| 2, 3 | interrupted; an error inside pytest |
| 4 | a mistake in the options or in the subject: one sentence says which |
| 5 | nothing was selected |
| 10 | incomplete: something that had to be judged could not be |
| 11 | a known failure is none any more: shorten the list |
| 12 | the engine or seatrial itself failed |
| 13 | `seatrial bench` only: worse than the baseline, see [Benchmark reports](benchmark-report.md) |
"""
LOAD_OPTIONS = "reference/loadgen-options.md"
LOAD_OPTIONS_HEAD = """\
# Options of loadgen

`loadgen -n 1000 -rps 0.5 -e http://127.0.0.1:8080`. No option can be abbreviated, and there is no `-r`: `-rps` is never
misread. Times are seconds, or `90s`, `5m`, `1h`.
"""
LOAD_EXIT_CODES = """\
## Exit codes

| code | |
|---|---|
| 0 | the objectives are met (`errors<1%` where none was given) |
| 1 | an objective is missed, or nothing could be reached |
| 2 | a mistake in the options: one sentence says which |
| 3 | the run is INVALID: this client was not fit for it, and the report says what to do |
| 130 | interrupted; what was measured until then is written and marked partial |
"""
MATRIX = "reference/kill-matrix.md"
MATRIX_HEAD = """\
# Kill matrix

How the suite proves itself. A **mutant** is the reference server with one deliberate fault: its clause must break *for
the named reason*, and nothing but the clauses beside it may change. An **oddity** is legal but unusual and must pass
everything. `make matrix` runs every row of this page, and a clause that is enforced without a mutant fails `make test`.
"""


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the generated pages to a MkDocs build."""
    for path, text in pages().items():
        files.append(File.generated(config, path, content=text))
    return files


def pages() -> dict[str, str]:
    """Return every generated page: path below `docs/` and Markdown text."""
    catalogue = load_catalogue(profile_names())
    load_suite(profile_names())
    return {
        CLAUSES: "\n".join(clauses_page(catalogue, mutants_by_clause())),
        OPTIONS_PAGE: "\n".join(options_page()),
        LOAD_OPTIONS: "\n".join(load_options_page()),
        MATRIX: "\n".join(matrix_page()),
    }


def options_page() -> Iterator[str]:
    """Yield the page of every option of a trial, every command and every exit code."""
    yield OPTIONS_HEAD.format(words=", ".join(f"`{word}`" for word in SUBJECT_WORDS))
    yield "| option | | default |\n|---|---|---|"
    for option in OPTIONS:
        many = "; repeatable" if option.many else ""
        words = f"--{option.name} {option.value}".strip()
        yield f"| `{words}` | {_cell(option.does)}{many} | {option.default} |"
    yield "\n## Commands\n\n| command | |\n|---|---|"
    yield from (f"| `seatrial {verb}` | {_cell(does)} |" for verb, does in VERBS.items())
    yield f"\n{OPTIONS_FOOT}"


def load_options_page() -> Iterator[str]:
    """Yield the page of every option of the load generator, group by group as its own help has them."""
    yield LOAD_OPTIONS_HEAD
    for group in build_parser()._action_groups:  # noqa: SLF001  (argparse has no other way to its groups)
        actions = [each for each in group._group_actions if each.option_strings and each.help != argparse.SUPPRESS]  # noqa: SLF001
        if not actions:
            continue
        yield f"## {(group.title or '').capitalize()}\n"
        if group.description:
            yield f"{group.description}\n"
        yield "| option | |\n|---|---|"
        for action in actions:
            value = f" {action.metavar or '|'.join(map(str, action.choices or ()))}".rstrip()
            words = f"{', '.join(action.option_strings)}{value}"
            yield f"| `{_cell(words)}` | {_cell((action.help or '').replace('%%', '%'))} |"
        yield ""
    yield LOAD_EXIT_CODES


def matrix_page() -> Iterator[str]:
    """Yield the page of every mutant and every oddity."""
    yield MATRIX_HEAD
    mutants, oddities = list(every(Kind.MUTANT)), list(every(Kind.ODDITY))
    yield f"## {len(mutants)} mutants\n"
    yield "| clause | mutant | its fault | reason | layer | changes also |\n|---|---|---|---|---|---|"
    for one in sorted(mutants, key=lambda m: (m.kills, m.name)):
        also = ", ".join(f"`{c}`" for c in one.also)
        clause = f"[`{one.kills}`](clauses.md#{anchor(one.kills)})"
        yield f"| {clause} | `{one.name}` | {_cell(one.summary)} | `{one.reason}` | {one.layer} | {also} |"
    yield f"\n## {len(oddities)} oddities\n\n| oddity | what is unusual | layer |\n|---|---|---|"
    yield from (f"| `{one.name}` | {_cell(one.summary)} | {one.layer} |" for one in oddities)


def mutants_by_clause() -> dict[str, list[str]]:
    """Return the names of the mutants that prove each clause, by clause id."""
    found: dict[str, list[str]] = defaultdict(list)
    for mutant in every(Kind.MUTANT):
        found[mutant.kills].append(mutant.name)
    return found


def clauses_page(catalogue: Catalogue, mutants: Mapping[str, list[str]]) -> Iterator[str]:
    """Yield the page of all clauses, profile by profile, area by area.

    Args:
        catalogue: the clauses of every profile, with their sources.
        mutants: names of the mutants that prove each clause, by clause id.
    """
    yield HEAD
    for profile in catalogue.profiles:
        mine = [c for c in catalogue.clauses.values() if c.profile == profile.name]
        yield f"## Profile `{profile.name}`: {profile.title}\n"
        yield f"{profile.text} {_count(mine)}\n"
        areas = defaultdict(list)
        for clause in mine:
            areas[clause.id.partition(".")[0]].append(clause)
        for area, clauses in areas.items():
            yield from _table(area, clauses)
        for clause in mine:
            yield from _clause(clause, catalogue, mutants.get(clause.id, []))


def _count(clauses: Iterable[Clause]) -> str:
    levels = Counter("excluded" if c.excluded else str(c.level) for c in clauses)
    return ", ".join(f"{levels[k]} {k}" for k in ("MUST", "SHOULD", "MAY", "excluded") if levels[k]) + "."


def _table(area: str, clauses: Iterable[Clause]) -> Iterator[str]:
    yield f"| {area} | level | requirement |\n|---|---|---|"
    for clause in clauses:
        level = f"~~{clause.level}~~" if clause.excluded else f"{clause.level}"
        yield f"| [`{clause.id}`](#{anchor(clause.id)}) | {level} | {_cell(clause.text)} |"
    yield ""


def _clause(clause: Clause, catalogue: Catalogue, mutants: list[str]) -> Iterator[str]:
    yield f"### `{clause.id}` {{ #{anchor(clause.id)} }}\n"
    yield f"**{clause.level}**, {clause.provenance}. {clause.text}\n"
    if clause.excluded:
        yield f"*Not judged:* {clause.excluded}.\n"
    seen = JUDGES[clause.id].takes if clause.id in JUDGES else ()
    facts = {
        "Cure": clause.cure,
        "Source": _sources(clause, catalogue),
        "Judged after": ", ".join(f"[`{i}`](#{anchor(i)})" for i in clause.depends_on),
        "Judged on": ", ".join(f"`{name.replace('_', '-')}`" for name in seen if name not in {"limit", "facts"}),
        "Needs": ", ".join(clause.needs),
        "Needs from you": ", ".join(f"`{OPTION_OF_INPUT[i]}`" for i in clause.inputs),
        "Numbers": ", ".join(f"`{name}` = {number:,.12g}" for name, number in clause.limit.items()),
        "Depth": "`--trial-depth full` only: it takes a start of its own" if clause.depth is Depth.FULL else "",
        "Proven by": ", ".join(f"mutant `{name}`" for name in mutants),
    }
    yield from (f"- **{name}:** {text}" for name, text in facts.items() if text)
    yield ""


def _sources(clause: Clause, catalogue: Catalogue) -> str:
    found = ((key, catalogue.sources.get(key) or catalogue.sources[key.partition("#")[0]]) for key in clause.source)
    return ", ".join(f"[{source.title}]({source.url}) (`{key}`)" for key, source in found)


def anchor(clause_id: str) -> str:
    """Return the page's anchor of a clause: its id without the dot, which CSS would read as a class."""
    return clause_id.replace(".", "-")


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def main() -> None:
    """Write the generated pages to the folder that the one argument names."""
    parser = argparse.ArgumentParser(description="Write the generated pages of the reference.")
    parser.add_argument("folder", type=Path, help="where to write them")
    folder: Path = parser.parse_args().folder
    for path, text in pages().items():
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, "utf-8")


if __name__ == "__main__":
    main()
