"""Prints a trial line by line, without a single escape code: into files, under `-q`, and in CI.

pytest captures standard output while an item runs, and that is when events arrive; so a screen writes to a duplicate of
the real output, opened before capturing begins. Colours and the moving view are `seatrial.reports.live`.
"""

from __future__ import annotations

import io
import os
import sys
from typing import TYPE_CHECKING, TextIO

from seatrial.conformance.verdict import Word
from seatrial.reports.progress import Progress, told
from seatrial.reports.terminal import plain, verdict_line

if TYPE_CHECKING:
    from collections.abc import Iterable

    from seatrial.conformance.events import Event
    from seatrial.conformance.verdict import Verdict
    from seatrial.reports.terminal import Line

__all__ = ["Screen", "real_stdout"]

LOUD = frozenset({Word.FAIL, Word.WARN, Word.HARNESS_ERROR})


def real_stdout() -> TextIO:
    """A duplicate of standard output that capturing does not reach; standard output itself where it has no number."""
    try:
        number = os.dup(sys.stdout.fileno())
    except (OSError, AttributeError, ValueError, io.UnsupportedOperation):
        return sys.stdout
    return os.fdopen(number, "w", buffering=1, encoding=sys.stdout.encoding or "utf-8", errors="replace")


class Screen:
    """Prints line by line.

    Args:
        out: where to.
        quiet: whether only broken clauses are told before the summary.
        verdicts: whether verdicts are told here; with `-v` pytest tells them.
    """

    def __init__(self, out: TextIO, *, quiet: bool = False, verdicts: bool = True) -> None:
        self._out, self._quiet, self._verdicts = out, quiet, verdicts

    def show(self, lines: Iterable[Line]) -> None:
        """Print lines, long ones unbroken, so that a command can be copied."""
        for line in lines:
            self._out.write("".join(span.text for span in line).rstrip() + "\n")
        self._out.flush()

    def begin(self, progress: Progress) -> None:
        """The plan stands; driving begins."""

    def event(self, event: Event) -> None:
        """Tell an event."""
        line = "" if self._quiet else told(event)
        if line:
            self.show([plain(line, "dim")])

    def verdict(self, verdict: Verdict) -> None:
        """Tell a verdict; one that is hidden behind a broken clause is only counted, in the summary."""
        if self._verdicts and not verdict.because and (not self._quiet or verdict.word in LOUD):
            self.show([verdict_line(verdict)])

    def end(self) -> None:
        """Nothing moves any more; only the summary follows."""

    def close(self) -> None:
        """Let go of the output. Safe to call twice."""
        self.end()
        if self._out is not sys.stdout and not self._out.closed:
            self._out.close()
