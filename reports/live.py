"""Prints a trial where a person is watching: in colour, and with a view that moves while the subject is driven.

The view says what is being started and driven, how much was judged and how long it may still take; verdicts scroll by
above it. `NO_COLOR` is honoured. Importing this module costs a fifth of a second, so nothing else imports it early.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, TextIO

from rich.console import Console, Group
from rich.live import Live
from rich.table import Table
from rich.text import Text

from seatrial.reports.screen import Screen
from seatrial.reports.terminal import STYLE
from seatrial.reports.words import LABEL, seconds

if TYPE_CHECKING:
    from collections.abc import Iterable

    from seatrial.conformance.events import Event
    from seatrial.reports.progress import Lane, Progress
    from seatrial.reports.terminal import Line

__all__ = ["ColourScreen", "LiveScreen"]

FRAMES, REFRESH = "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏", 8


class ColourScreen(Screen):
    """Prints line by line, in colour.

    Args:
        out: where to; taken as a terminal, whatever it is.
        verdicts: whether verdicts are told here.
    """

    def __init__(self, out: TextIO, *, verdicts: bool = True) -> None:
        super().__init__(out, verdicts=verdicts)
        self.console = Console(file=out, force_terminal=True, highlight=False, emoji=False, markup=False)

    def show(self, lines: Iterable[Line]) -> None:
        """Print lines, long ones unbroken, so that a command can be copied."""
        for line in lines:
            self.console.print(Text.assemble(*((s.text, s.style) for s in line)), soft_wrap=True)


class LiveScreen(ColourScreen):
    """Prints verdicts, and below them the view that moves."""

    _live: Live | None = None
    _origin = 0.0

    def begin(self, progress: Progress) -> None:
        """Start drawing."""
        self._origin = time.monotonic()
        self._live = Live(
            console=self.console,
            get_renderable=lambda: _view(progress, time.monotonic() - self._origin),
            refresh_per_second=REFRESH,
            transient=True,
            redirect_stdout=False,
            redirect_stderr=False,
        )
        self._live.start()

    def event(self, event: Event) -> None:
        """Leave it to the next refresh; where nothing moves any more, tell it."""
        if self._live is None:
            super().event(event)
        else:
            self._origin = min(self._origin, time.monotonic() - event.at)

    def end(self) -> None:
        """Stop drawing and remove the view."""
        if self._live is not None:
            self._live.stop()
            self._live = None


def _view(progress: Progress, now: float) -> Group:
    table = Table.grid(padding=(0, 2))
    for lane in list(progress.lanes.values()):  # the events that change it come from another thread than the drawing
        table.add_row(*_row(lane, now))
    parts = [(f"  judged {progress.count} of {progress.clauses}", "bold")]
    parts += [(f"  {number} {LABEL[word]}", STYLE[word]) for word, number in sorted(progress.words.items())]
    left = progress.left(now)
    parts.append((f"  {seconds(max(0.0, now))} gone" + (f", about {left:.0f} s left" if left >= 1 else ""), "dim"))
    return Group(Text(""), table, Text.assemble(*parts))


def _row(lane: Lane, now: float) -> tuple[Text, ...]:
    return (
        Text(FRAMES[int(now * REFRESH) % len(FRAMES)], "cyan"),
        Text(lane.launch or "static", "bold"),
        Text(lane.doing),
        Text(seconds(max(0.0, now - lane.since)), "dim"),
    )
