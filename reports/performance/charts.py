"""The charts of a benchmark: where each line, point and label stands.

Numbers only: colours and words are the template's. The vertical axis begins at zero. Loads of the sweep stand side by
side at equal distances, as people choose them in powers; rates of the search and seconds of a run stand to scale.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from seatrial.reports.performance.columns import amount, memory, ms

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from seatrial.conformance.bench.result import Figures, Performance, UsageSample

__all__ = ["HEIGHT", "WIDTH", "Chart", "Line", "Mark", "charts_of"]

WIDTH, HEIGHT = 640, 220
LEFT, RIGHT, TOP, BOTTOM = 74, 12, 10, 26
TICKS = 4
MIB = 2**20
ROUND = (1.0, 2.0, 2.5, 5.0, 10.0)


@dataclass(frozen=True)
class Mark:
    """A labelled place: of an axis, or a point with the words that it shows when it is pointed at."""

    x: float
    y: float
    label: str
    kind: str = ""


@dataclass(frozen=True)
class Line:
    """A line through points, named in the legend; `kind` picks its colour."""

    name: str
    kind: str
    path: str
    points: tuple[Mark, ...]


@dataclass(frozen=True)
class Chart:
    """One chart, in units of a box of WIDTH by HEIGHT."""

    title: str
    lines: tuple[Line, ...]
    across: tuple[Mark, ...]
    upward: tuple[Mark, ...]


def charts_of(performance: Performance) -> tuple[Chart, ...]:
    """Every chart that has something to show."""
    drawn = (_throughput(performance), _latency(performance), _capacity(performance), _memory(performance),
             _processors(performance))  # fmt: skip
    return tuple(chart for chart in drawn if chart is not None)


Points = list[tuple[float, float]]


def _throughput(performance: Performance) -> Chart | None:
    """Tokens where they are counted: beside them, requests would lie on the axis."""
    if tokens := _of(performance, lambda f: f.tokens_per_second):
        title, series = "Tokens a second against requests at a time", [("tokens", "ink", tokens)]
    else:
        title = "Requests a second against requests at a time"
        series = [
            ("answered well", "ink", _of(performance, lambda f: f.requests_per_second)),
            ("within the objectives", "good", _of(performance, lambda f: f.goodput_per_second)),
        ]
    return _swept(performance, title, series, amount)


def _latency(performance: Performance) -> Chart | None:
    series = [("p99", "ink", _of(performance, lambda f: f.p99_ms)),
              ("p50", "accent", _of(performance, lambda f: f.p50_ms)),
              ("TTFT p99", "late", _of(performance, lambda f: f.ttft_p99_ms)),
              ("TTFT p50", "good", _of(performance, lambda f: f.ttft_p50_ms))]  # fmt: skip
    return _swept(performance, "Latency against requests at a time", series, ms)


def _of(performance: Performance, pick: Callable[[Figures], float | None]) -> Points:
    values = ((at, pick(step.figures)) for at, step in enumerate(performance.steps) if step.figures)
    return [(float(at), value) for at, value in values if value is not None]


def _swept(
    performance: Performance, title: str, series: list[tuple[str, str, Points]], told: Callable[[float], str]
) -> Chart | None:
    names = [str(step.concurrency) for step in performance.steps]
    last = len(names) - 1
    labels = [((at + 0.5) / (last + 1), name) for at, name in enumerate(names)]
    placed = [(name, kind, [((at + 0.5) / (last + 1), value) for at, value in points]) for name, kind, points in series]
    return _chart(title, placed, labels, told)


def _capacity(performance: Performance) -> Chart | None:
    search = performance.search
    if search is None or len(search.trials) < 2:
        return None
    longest = {trial.rate: trial for trial in sorted(search.trials, key=lambda trial: trial.seconds)}
    most = max(longest)
    points = [(rate / most, trial.p99) for rate, trial in sorted(longest.items()) if trial.p99 is not None]
    chart = _chart("p99 against the rate, requests a second: each rate that the search tried",
                   [("p99", "accent", points)], [(part, amount(most * part)) for part in (0.25, 0.5, 0.75, 1.0)],
                   ms)  # fmt: skip
    if chart is None:
        return None
    (line,) = chart.lines
    tried = [trial for _, trial in sorted(longest.items()) if trial.p99 is not None]
    marks = tuple(
        Mark(mark.x, mark.y, f"{trial.rate:.4g} a second: {trial.standing}, {trial.reason}", _kind(trial.standing))
        for mark, trial in zip(line.points, tried, strict=True)
    )
    return Chart(chart.title, (Line(line.name, line.kind, line.path, marks),), chart.across, chart.upward)


def _kind(standing: str) -> str:
    return {"kept": "good", "failed": "bad"}.get(standing, "late")


def _memory(performance: Performance) -> Chart | None:
    return _over_time(
        performance, "Memory of the subject, run after run", lambda sample: sample.memory_bytes / MIB,
        lambda value: memory(int(value * MIB)),
    )  # fmt: skip


def _processors(performance: Performance) -> Chart | None:
    return _over_time(
        performance, "Processors that the subject kept busy, run after run", lambda sample: sample.cpus, amount
    )  # fmt: skip


def _over_time(
    performance: Performance, title: str, pick: Callable[[UsageSample], float], told: Callable[[float], str]
) -> Chart | None:
    points: Points = []
    labels: list[tuple[float, str]] = []
    begun = 0.0
    steps = (*performance.steps, *([performance.at_capacity] if performance.at_capacity else []))
    for step in steps:
        own = [(sample.at, pick(sample)) for sample in step.usage.samples] if step.usage else []
        if own:
            labels.append((begun, step.name))
            points += [(begun + at, value) for at, value in own]
            begun += own[-1][0]
    if len(points) < 2:
        return None
    placed = [(at / begun, value) for at, value in points]
    return _chart(title, [("", "accent", placed)], [(at / begun, name) for at, name in labels], told)


def _chart(
    title: str,
    series: list[tuple[str, str, Points]],
    labels: Sequence[tuple[float, str]],
    told: Callable[[float], str],
) -> Chart | None:
    """Place what was measured; `x` of the points and labels goes from 0 to 1."""
    full = [(name, kind, points) for name, kind, points in series if points]
    top = max((value for _, _, points in full for _, value in points), default=0.0)
    if top <= 0:
        return None
    step = _round(top / TICKS)
    count = math.ceil(top / step - 1e-9)

    def place(x: float, value: float) -> tuple[float, float]:
        along = LEFT + x * (WIDTH - LEFT - RIGHT)
        return round(along, 1), round(HEIGHT - BOTTOM - value / (count * step) * (HEIGHT - TOP - BOTTOM), 1)

    lines = tuple(_line(name, kind, [(*place(x, value), told(value)) for x, value in points])
                  for name, kind, points in full)  # fmt: skip
    upward = tuple(Mark(LEFT, place(0, at * step)[1], told(at * step) if at else "0") for at in range(count + 1))
    return Chart(title, lines, tuple(Mark(place(x, 0)[0], HEIGHT - 6, text) for x, text in labels), upward)


def _line(name: str, kind: str, points: list[tuple[float, float, str]]) -> Line:
    path = " ".join(f"{'L' if at else 'M'}{x} {y}" for at, (x, y, _) in enumerate(points))
    return Line(name, kind, path, tuple(Mark(x, y, f"{name} {text}".strip()) for x, y, text in points))


def _round(number: float) -> float:
    """The next round number at or above one."""
    power = 10.0 ** math.floor(math.log10(number))
    return next(power * nice for nice in ROUND if power * nice >= number * (1 - 1e-9))
