"""Latency against rate, drawn with characters, and the steps as a table."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from seatrial.loadgen.capacity.trial import Standing
from seatrial.loadgen.measure.words import per_cent, time

if TYPE_CHECKING:
    from seatrial.loadgen.capacity.search import Capacity

__all__ = ["draw", "sparkline", "table"]

BARS = "▁▂▃▄▅▆▇█"
MARK = {
    Standing.KEPT: "●",
    Standing.UNDECIDED: "◐",
    Standing.FAILED: "○",
    Standing.UNFIT: "x",
    Standing.INTERRUPTED: "x",
}


def sparkline(values: list[float], width: int = 20) -> str:
    """Draw a series in one line, the greatest value at full height; longer ones by their means."""
    if not values:
        return ""
    step = max(len(values) / width, 1.0)
    parts = [
        values[int(at * step) : max(int((at + 1) * step), int(at * step) + 1)] for at in range(min(width, len(values)))
    ]
    means = [sum(part) / len(part) for part in parts]
    top = max(means)
    return "".join(BARS[min(int(mean / top * len(BARS)), len(BARS) - 1)] if top > 0 else BARS[0] for mean in means)


def table(capacity: Capacity) -> list[str]:
    """Return the steps in the order of their rates, a line each, the headings first."""
    lines = [f"{'rate/s':>9} {'p50':>9} {'p99':>9} {'goodput':>9}  {'in flight':<20}  standing"]
    for trial in capacity.curve:
        p50, p99 = (time(value * 1e6) if value is not None else "-" for value in (trial.p50, trial.p99))
        flight = sparkline([float(each) for each in trial.in_flight])
        lines.append(
            f"{trial.rate:>9.4g} {p50:>9} {p99:>9} {per_cent(trial.goodput):>9}  {flight:<20}  "
            f"{trial.standing}: {trial.reason}"
        )
    return lines


def draw(capacity: Capacity, width: int = 60, height: int = 12) -> list[str]:
    """Draw p99 against the rate, both axes logarithmic.

    Returns:
        Lines without colour: `●` kept, `◐` undecided, `○` failed, `x` no measurement. Empty with fewer than two points.
    """
    points = [(trial, trial.p99) for trial in capacity.curve if trial.p99]
    if len(points) < 2:
        return []
    rates, times = [trial.rate for trial, _ in points], [p99 for _, p99 in points]
    canvas = [[" "] * width for _ in range(height)]
    for trial, p99 in points:
        column = _place(trial.rate, min(rates), max(rates), width)
        canvas[height - 1 - _place(p99, min(times), max(times), height)][column] = MARK[trial.standing]
    labels = {0: time(max(times) * 1e6), height - 1: time(min(times) * 1e6)}
    lines = [f"{labels.get(at, ''):>9} │{''.join(row).rstrip()}" for at, row in enumerate(canvas)]
    left, right = f"{min(rates):.4g}", f"{max(rates):.4g} requests/s"
    return [
        f"{'p99':>9}",
        *lines,
        f"{'':>9} └{'─' * width}",
        f"{'':>11}{left}{right:>{max(width - len(left), len(right) + 1)}}",
    ]


def _place(value: float, low: float, high: float, cells: int) -> int:
    if high <= low:
        return 0
    return round(math.log(value / low) / math.log(high / low) * (cells - 1))
