"""Tells a benchmark while it goes on and when it is over, and writes its files.

The result goes to standard output, everything else to standard error, so that a pipe gets the result and nothing else.
"""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

from seatrial.conformance.options import OptionError
from seatrial.reports.performance.terminal import performance_lines
from seatrial.reports.performance.write import write_performance
from seatrial.reports.screen import Screen
from seatrial.reports.scrub import scrub_value
from seatrial.reports.words import one_line

if TYPE_CHECKING:
    from pathlib import Path

    from seatrial.conformance.bench.result import Performance

__all__ = ["check", "say", "show", "write"]

WIDTH = 200


def check(folder: Path | None, file: Path | None) -> None:
    """Refuse, before anything is started, places that cannot be written.

    Raises:
        OptionError: a folder cannot be made, or not be written.
    """
    for option, place in (("--report", folder), ("--json", file.parent if file else None)):
        if place is None:
            continue
        try:
            if option == "--report":
                place.mkdir(parents=True, exist_ok=True)
            writable = place.is_dir() and os.access(place, os.W_OK)
            why = "is no folder that can be written"
        except OSError as error:
            writable, why = False, f"cannot be made ({error.strerror})"
        if not writable:
            raise OptionError(f"{option}: {place} {why}; name another place")


def say(line: str) -> None:
    """Tell what goes on."""
    sys.stderr.write(f"{one_line(line, WIDTH)}\n")
    sys.stderr.flush()


def show(performance: Performance) -> None:
    """Print the result, in colour where a person is watching."""
    screen = Screen(sys.stdout)
    if sys.stdout.isatty() and not os.environ.get("NO_COLOR"):
        from seatrial.reports.live import ColourScreen  # noqa: PLC0415  rich is loaded only to be looked at

        screen = ColourScreen(sys.stdout)
    screen.show(performance_lines(scrub_value(performance)))


def write(performance: Performance, folder: Path | None, file: Path | None) -> None:
    """Write what was asked for, and say where it is.

    Raises:
        OptionError: it cannot be written.
    """
    for path in write_performance(scrub_value(performance), folder, file):
        say(f"wrote {path}")
