"""`seatrial certify IMG`: a trial with short names. It translates them and calls pytest, and nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seatrial.conformance.plugin import OPTIONS, Option
from seatrial.conformance.session.process import run_trial

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterable

__all__ = ["add_arguments", "add_trial_options", "run", "translated"]

PREFIX = "trial-"
SHORT = {f"--{option.name.removeprefix(PREFIX)}": f"--{option.name}" for option in OPTIONS}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Every option of a trial, without its prefix; for `--help` only, because pytest reads the command line."""
    parser.add_argument("image", nargs="?", metavar="IMG", help="an image of the local Docker engine; stands first")
    add_trial_options(parser, OPTIONS)
    parser.epilog = "Every other option (-k, -m, -x, -v, --lf, --collect-only, --junitxml …) is pytest's own."


def add_trial_options(parser: argparse.ArgumentParser, options: Iterable[Option]) -> None:
    """Offer some options of a trial, without the prefix; each is kept under its full name."""
    for option in options:
        parser.add_argument(f"--{option.name.removeprefix(PREFIX)}", dest=option.name, **option.settings)


def run(parser: argparse.ArgumentParser, words: list[str]) -> int:
    """Run the trial; returns its exit code."""
    if {"-h", "--help"} & {*words}:
        parser.print_help()
        return 0
    if not words:
        parser.error("name an image, or a subject with --process, --endpoint, --archive or --evidence")
    first = [f"--trial-image={words[0]}"] if not words[0].startswith("-") else []
    return run_trial([*first, *translated(words[len(first) :])])


def translated(words: Iterable[str]) -> list[str]:
    """Short names as pytest's options; every other word stays as it is."""
    split = (word.partition("=") for word in words)
    return [f"{SHORT.get(name, name)}{equals}{value}" for name, equals, value in split]
