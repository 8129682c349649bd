"""`seatrial mutants`: the deliberately broken servers that prove the suite, and which clause must catch each.

The reference server is asked in a process of its own: the harness imports nothing of it. What is shown is what each
mutant declares; that the suite really catches it is shown by the kill matrix of the project's tests.
"""

from __future__ import annotations

import subprocess
import sys
from functools import cache
from typing import TYPE_CHECKING

import msgspec

from seatrial.conformance.contract import load_catalogue, profile_names
from seatrial.conformance.options import OptionError

if TYPE_CHECKING:
    import argparse

__all__ = ["Variant", "add_arguments", "known_variants", "run"]


class Variant(msgspec.Struct, frozen=True):
    """A mutant or an oddity as the reference server describes it."""

    name: str
    kind: str
    layer: str
    summary: str
    kills: str = ""
    reason: str = ""
    also: tuple[str, ...] = ()


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What is listed."""
    parser.add_argument("--matrix", action="store_true", help="one line a clause, with the mutants that it must catch")


def run(parser: argparse.ArgumentParser, words: list[str]) -> int:
    """Print the mutants; with `--matrix`, 1 where a judged MUST or SHOULD has none."""
    given = parser.parse_args(words)
    variants = known_variants()
    if not variants:
        raise OptionError("the reference server cannot be asked for its mutants: pip install 'seatrial[server]'")
    if given.matrix:
        return _matrix(variants)
    for variant in sorted(variants, key=lambda v: (v.kind, v.name)):
        caught = f"{variant.kills} [{variant.reason}]" if variant.kills else "passes everything"
        sys.stdout.write(f"{variant.kind:8} {variant.name:36} {caught}\n{'':8} {variant.summary}\n")
    return 0


def _matrix(variants: tuple[Variant, ...]) -> int:
    unproven = 0
    for clause in load_catalogue(profile_names()).judged:
        killers = [v.name for v in variants if v.kills == clause.id]
        unproven += not killers and clause.level != "MAY"
        sys.stdout.write(f"{clause.level:6} {clause.id:40} {', '.join(killers) or '-'}\n")
    sys.stdout.write(f"{unproven} enforced clauses have no mutant\n")
    return int(unproven > 0)


@cache
def known_variants() -> tuple[Variant, ...]:
    """Every mutant and oddity of the installed reference server; none where it cannot be run."""
    command = [sys.executable, "-m", "seatrial.reference_server", "list-mutants", "--json"]
    asked = subprocess.run(command, capture_output=True, check=False)
    if asked.returncode:
        return ()
    return tuple(msgspec.json.decode(line, type=Variant) for line in asked.stdout.splitlines())
