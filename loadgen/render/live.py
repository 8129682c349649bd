"""Shows a test while it runs, on standard error: results alone go to standard output.

On a terminal a view that moves; elsewhere one plain line about every ten seconds; with `--quiet` nothing. The view is
drawn when it is given a snapshot and at no other time: no thread, no timer beside the measurement. It never hides the
cursor, so nothing that ends the process can leave it hidden.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Protocol, Self, TextIO

from rich.console import Console, Group
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from seatrial.loadgen.render.progress import line, sparkline, time_told, trouble
from seatrial.loadgen.render.words import cut, duration, ms, one_line, per_second, share

if TYPE_CHECKING:
    from types import TracebackType

    from rich.console import RenderableType

    from seatrial.loadgen.snapshot import Snapshot

__all__ = ["LineView", "LiveView", "NoView", "View", "open_view"]

EVERY_S = 10.0
"""Seconds of the run between two plain lines."""
NARROW, WIDE = 40, 100


class View(Protocol):
    """Whatever shows a running test; used as a context, so that it leaves the terminal as it was."""

    def __enter__(self) -> Self:
        """Begin to show."""

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Show nothing any more; safe after Ctrl-C and to call twice."""

    def update(self, snapshot: Snapshot) -> None:
        """Show how the run stands."""


class NoView:
    """Shows nothing: `--quiet`."""

    def __enter__(self) -> Self:
        """Begin."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End."""

    def update(self, snapshot: Snapshot) -> None:
        """Keep it to oneself."""


class LineView(NoView):
    """Prints a plain line about every ten seconds of the run, and one at once when the client begins to lose pace.

    Args:
        out: where to.
    """

    def __init__(self, out: TextIO) -> None:
        self._out, self._next, self._troubled = out, EVERY_S, False

    def update(self, snapshot: Snapshot) -> None:
        """Print a line where one is due."""
        troubled = bool(trouble(snapshot))
        if snapshot.elapsed_s < self._next and (self._troubled or not troubled):
            return
        self._troubled = troubled
        self._next = EVERY_S * (snapshot.elapsed_s // EVERY_S + 1)
        print(line(snapshot), file=self._out, flush=True)


class LiveView(NoView):
    """Draws the view that moves, each time it gets a snapshot; it is gone when the run is over.

    Args:
        out: a terminal.
        title: what is being tested, for the head of the view.
        console: used instead of one on `out`.
    """

    def __init__(self, out: TextIO, title: str = "", console: Console | None = None) -> None:
        self._title = title
        self._live = Live(
            console=console
            or _SteadyConsole(file=out, force_terminal=True, highlight=False, emoji=False, markup=False),
            auto_refresh=False,
            transient=True,
            redirect_stdout=False,
            redirect_stderr=False,
        )

    def __enter__(self) -> Self:
        """Begin to draw."""
        self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Remove the view."""
        self._live.stop()

    def update(self, snapshot: Snapshot) -> None:
        """Draw."""
        width = self._live.console.width
        self._live.update(_view(snapshot, self._title, width), refresh=True)


class _SteadyConsole(Console):
    """A console that leaves the cursor as it is."""

    def show_cursor(self, show: bool = True) -> bool:  # noqa: ARG002  rich's own signature
        """Do nothing."""
        return False


def open_view(out: TextIO, *, title: str = "", live: bool = True, quiet: bool = False) -> View:
    """Return the view that fits an output.

    Args:
        out: standard error.
        title: what is being tested.
        live: whether a view that moves is wanted; it needs a terminal that can move its cursor.
        quiet: whether nothing is wanted.
    """
    if quiet:
        return NoView()
    if live and out.isatty() and os.environ.get("TERM") not in {"dumb", "unknown"}:
        return LiveView(out, title)
    return LineView(out)


def _view(now: Snapshot, title: str, width: int) -> RenderableType:
    facts = Table.grid(padding=(0, 1))
    facts.add_column(style="dim", min_width=9, no_wrap=True)
    facts.add_column(overflow="ellipsis", no_wrap=True)
    rate = [f"sent {per_second(now.kept)}", f"answered {per_second(now.answers)}"]
    if now.asked is not None:
        rate.insert(0, f"asked {per_second(now.asked)}")
    facts.add_row("rate", "   ".join(rate))
    facts.add_row("response" if now.open_loop else "service", _latency(now, width))
    counts = f"{now.due:,} due   {now.answered:,} answered   {now.in_flight:,} in flight"
    failed = Text(f"   {now.failed:,} failed", "bold red" if now.failed else "dim")
    facts.add_row("requests", Text(counts) + failed)
    if now.faults:
        facts.add_row("errors", Text(", ".join(f"{count:,} {name}" for name, count in now.faults), "red"))
    facts.add_row("client", _client(now))
    parts: list[RenderableType] = [
        Text(one_line(f"loadgen  {title}", max(width - 1, 10)), "bold"),
        _bar(now, width),
        facts,
    ]
    if said := trouble(now):
        parts.append(Text(said[:1].upper() + said[1:], "bold yellow"))
    return Group(*parts)


def _bar(now: Snapshot, width: int) -> RenderableType:
    told = time_told(now)
    done, left = now.progress, now.left_s
    if left:
        told += f", {duration(left)} left"
    room = min(max(width - len(told) - 3, 10), NARROW)
    row = Table.grid(padding=(0, 1))
    bar = ProgressBar(total=1.0, completed=done or 0.0, width=room, pulse=done is None, animation_time=now.elapsed_s)
    row.add_row(bar, Text(cut(told, max(width - 13, 10))))
    return row


def _latency(now: Snapshot, width: int) -> Text:
    told = f"p50 {ms(now.p50)}   p99 {ms(now.p99)}"
    room = min(width, WIDE) - len(told) - 14
    bars = sparkline((beat.p99 for beat in now.history), room) if room > 0 else ""
    return Text(told) + Text(f"   {bars}", "cyan")


def _client(now: Snapshot) -> str:
    parts = []
    if now.send_error is not None:
        parts.append(f"send error p99 {ms(now.send_error)}")
    if now.cpu is not None:
        parts.append(f"CPU {share(now.cpu)}")
    if now.behind:
        parts.append(f"{now.behind:,} due and not sent")
    return "   ".join(parts) or "keeps up"
