"""`python -m bench.load`: measures, writes JSON and a Markdown section, and fails where a floor is missed.

Exit codes: 0 every floor holds, 1 one does not, 2 the bench cannot run here.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from bench.load.aiperf import aiperf
from bench.load.hold import hold
from bench.load.memory import memory
from bench.load.price import price
from bench.load.rate import rate
from bench.load.signed import signed
from bench.load.stall import stall
from bench.load.start import start
from bench.load.streams import streams
from bench.load.table import as_json, as_markdown, broken
from truth.serve import NoCompiler, compiled

if TYPE_CHECKING:
    from bench.load.figure import Figure

MEASURES = {
    "price": ("CPU a request", price),
    "rate": ("The rate", rate),
    "hold": ("The highest rate", hold),
    "streams": ("Streams", streams),
    "stall": ("Coordinated omission", stall),
    "signed": ("Signed requests", signed),
    "start": ("Start", start),
    "memory": ("A million requests", memory),
}
ASKED_FOR = {"aiperf": ("AIPerf", aiperf)}
"""Only by `--only`: what needs an environment of its own."""


def main() -> int:
    """Measure what was asked for."""
    parser = argparse.ArgumentParser(prog="python -m bench.load", allow_abbrev=False)
    parser.add_argument("--rounds", type=int, default=3, help="of every measure, interleaved (default: 3)")
    parser.add_argument(
        "--only",
        choices=[*MEASURES, *ASKED_FOR],
        action="append",
        help="one measure; repeatable; aiperf is installed and measured only so",
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures for programs")
    parser.add_argument("--markdown", type=Path, metavar="FILE", help="write the section for the documentation")
    options = parser.parse_args()
    try:
        compiled()
    except NoCompiler as error:
        sys.stderr.write(f"bench: {error}\n")
        return 2
    groups: list[tuple[str, list[Figure]]] = []
    for name in options.only or MEASURES:
        title, measure = {**MEASURES, **ASKED_FOR}[name]
        began = time.monotonic()
        groups.append((title, measure(options.rounds)))
        sys.stderr.write(f"{title}: {time.monotonic() - began:.0f} s\n")
    section = as_markdown(groups, options.rounds)
    sys.stdout.write(section)
    if options.json:
        options.json.write_text(as_json(groups, options.rounds), "utf-8")
    if options.markdown:
        options.markdown.write_text(section, "utf-8")
    for sentence in broken(groups):
        sys.stderr.write(f"{sentence}\n")
    return 1 if broken(groups) else 0


if __name__ == "__main__":
    sys.exit(main())
