"""`seatrial clean`: removes what interrupted trials left behind; never what belongs to one that still runs."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from seatrial.conformance.subject.launcher import EngineError
from seatrial.conformance.subject.sweep import sweep

if TYPE_CHECKING:
    import argparse

__all__ = ["add_arguments", "run"]


def add_arguments(_parser: argparse.ArgumentParser) -> None:
    """It takes none."""


def run(parser: argparse.ArgumentParser, words: list[str]) -> int:
    """Sweep, and say how much went."""
    parser.parse_args(words)
    from seatrial.conformance.subject.engine import Engine  # noqa: PLC0415  takes the Docker client along

    try:
        engine = Engine.connect()
    except EngineError as error:
        sys.stderr.write(f"seatrial: {error}; only local leftovers are removed\n")
        removed = sweep()
    else:
        removed = sweep(engine.client)
        engine.close()
    sys.stdout.write(f"removed {removed} leftovers\n" if removed else "nothing was left behind\n")
    return 0
