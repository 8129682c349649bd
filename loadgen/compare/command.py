"""`loadgen compare BEFORE.json AFTER.json`: exit code 0 no worse, 1 slower, 2 usage."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from seatrial.loadgen.compare.comparison import compare
from seatrial.loadgen.compare.text import told
from seatrial.loadgen.mistakes import UsageError
from seatrial.loadgen.render.json_report import read_result

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["main"]

USAGE = 2


class _Parser(argparse.ArgumentParser):
    """Raises what it would print."""

    def error(self, message: str) -> NoReturn:
        raise UsageError(f"{message}; loadgen compare --help lists every option.")


def main(argv: Sequence[str]) -> int:
    """Compare two results of `--json` and return the exit code.

    Args:
        argv: the words after `compare`.
    """
    try:
        options = _parser().parse_args(argv)
        before, after = read_result(options.before), read_result(options.after)
        found = compare(before, after, threshold=options.threshold, force=options.force)
    except UsageError as error:
        sys.stderr.write(f"loadgen compare: {error}\n")
        return USAGE
    sys.stdout.write(json.dumps(found.to_json(), indent=2) + "\n" if options.as_json else told(found))
    return found.exit_code


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="loadgen compare",
        allow_abbrev=False,
        description="Says whether the second run is faster, slower, or no difference can be shown.",
        epilog="exit codes: 0 no worse, 1 slower, 2 usage",
    )
    parser.add_argument("before", type=Path, metavar="BEFORE.json", help="what loadgen --json wrote of the earlier run")
    parser.add_argument("after", type=Path, metavar="AFTER.json", help="of the later one")
    parser.add_argument(
        "--threshold", type=_share, default=0.05, metavar="5%", help="the smallest change that matters (default: 5%%)"
    )
    parser.add_argument("--force", action="store_true", help="compare runs whose load differs")
    parser.add_argument("--json", dest="as_json", action="store_true", help="print JSON instead of the table")
    return parser


def _share(text: str) -> float:
    """Read `5%` or `0.05`."""
    number, per_cent = (text[:-1], 100.0) if text.endswith("%") else (text, 1.0)
    try:
        share = float(number) / per_cent
    except ValueError:
        share = -1.0
    if not 0 <= share < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is no share; write 5% or 0.05")
    return share
