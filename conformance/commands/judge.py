"""`seatrial judge DIR`: judges the evidence of an earlier trial again, with the suites of today. Nothing is started."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from seatrial.conformance.commands.certify import add_trial_options, translated
from seatrial.conformance.plugin import OPTIONS
from seatrial.conformance.session.process import run_trial

if TYPE_CHECKING:
    import argparse

__all__ = ["add_arguments", "run"]

USEFUL = frozenset({"trial-report", "trial-strict", "trial-known-failures"})


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The folder, and the options of a trial that need no subject; for `--help` only, as for `certify`."""
    parser.add_argument("folder", metavar="DIR", help="a report, or the evidence folder in it; stands first")
    add_trial_options(parser, (option for option in OPTIONS if option.name in USEFUL))
    parser.epilog = "Every other option (-k, -m, -x, -v …) is pytest's own."


def run(parser: argparse.ArgumentParser, words: list[str]) -> int:
    """Judge; returns the exit code of the trial."""
    if {"-h", "--help"} & {*words}:
        parser.print_help()
        return 0
    if not words or words[0].startswith("-"):
        parser.error("name the folder of a report first")
    folder = Path(words[0])
    inner = folder / "evidence"
    return run_trial([f"--trial-evidence={inner if inner.is_dir() else folder}", *translated(words[1:])])
