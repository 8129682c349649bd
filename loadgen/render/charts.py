"""Which charts a run has, and the two about its latency: against time, and by percentile."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from seatrial.loadgen.render.bins import bands_of, pace_of
from seatrial.loadgen.render.canvas import Canvas
from seatrial.loadgen.render.chart import Chart, Key
from seatrial.loadgen.render.charts_over_time import in_flight_chart, rate_chart, send_error_chart, tokens_chart
from seatrial.loadgen.render.scale import Nines, latency_scale, time_scale
from seatrial.loadgen.render.words import POINTS, ms

if TYPE_CHECKING:
    from markupsafe import Markup

    from seatrial.loadgen.observed import Observed
    from seatrial.loadgen.render.bins import Bands, Pace
    from seatrial.loadgen.render.rows import Floats, Rows
    from seatrial.loadgen.result import Distribution, Result

__all__ = ["load_charts"]

FEW = 20_000
"""Requests up to which each is drawn as a dot of its own."""
SPARSE = 500
"""Requests up to which their dots are large."""
LINE = 6
"""Stretches of time from which on their percentiles make a line."""
COLUMNS = 60
"""Places of a percentile chart at which the pointer is told the values."""

Line = tuple[str, str, "Distribution"]
"""A colour, its name, and what is drawn in it."""


def load_charts(result: Result, rows: Rows | None, run: Observed | None) -> list[Chart]:
    """Return the charts of a run, most important first.

    Args:
        result: the finished run.
        rows: its counted rows; None where only the result is at hand: then charts show whole seconds.
        run: what was observed, for the tokens of streams.
    """
    pace = pace_of(result.series, result.facts.window_s)
    drawn = [
        _latency(result, rows, pace),
        _distribution(result),
        _streams(result),
        tokens_chart(result, run),
        rate_chart(result, pace),
        in_flight_chart(result, pace),
        send_error_chart(result, rows, pace),
    ]
    return [chart for chart in drawn if chart is not None]


def _latency(result: Result, rows: Rows | None, pace: Pace) -> Chart | None:
    if result.service is None:
        return None
    name, since = ("response", "the intended time") if result.facts.open_loop else ("service", "the send")
    title = f"{name.capitalize()} time against time"
    says = f"From {since} to the last byte, by the time at which each request was due."
    if rows is None or not len(rows.at):
        keys, svg = _seconds(title, result.facts.window_s, pace)
    else:
        keys, svg = _rows(title, result.facts.window_s, rows, rows.response if result.facts.open_loop else rows.service)
    return Chart("latency", title, says, keys, svg)


def _seconds(title: str, seconds: float, pace: Pace) -> tuple[tuple[Key, ...], Markup]:
    canvas = Canvas(time_scale(seconds), latency_scale(np.concatenate([pace.p50, pace.p99])), title, height=280)
    middles = (pace.edges[:-1] + pace.edges[1:]) / 2
    canvas.line("p99", middles, pace.p99)
    canvas.line("p50", middles, pace.p50)
    return (Key("p99", "p99 of each second"), Key("p50", "p50")), canvas.svg()


def _rows(title: str, seconds: float, rows: Rows, values: Floats) -> tuple[tuple[Key, ...], Markup]:
    bands = bands_of(rows.at, values, seconds)
    worst = int(np.nanargmax(bands.high))
    label = f"{title}: slowest {ms(float(bands.high[worst]))}, {bands.middle[worst]:.0f} seconds into the run"
    canvas = Canvas(time_scale(seconds), latency_scale(values), label, height=280)
    keys = [Key("each", "one request" if len(values) <= FEW else "slowest")]
    if len(values) <= FEW:
        canvas.dots("each few" if len(values) <= SPARSE else "each", rows.at, values)
    else:
        canvas.band("spread", bands.middle, bands.p50, bands.p99)
        canvas.dots("each", bands.middle, bands.high)
    if len(bands.count) >= LINE:
        canvas.line("p99", bands.middle, bands.p99)
        canvas.line("p50", bands.middle, bands.p50)
        keys += [Key("p99", "p99"), Key("p50", "p50")]
    if len(rows.failed_at):
        canvas.rug("failed", rows.failed_at)
        keys.append(Key("failed", "failed"))
    _tell_bands(canvas, bands, np.histogram(rows.failed_at, bins=np.append(bands.begin, bands.end[-1]))[0])
    return tuple(keys), canvas.svg()


def _tell_bands(canvas: Canvas, bands: Bands, failed: Floats) -> None:
    for at in range(len(bands.count)):
        if not (bands.count[at] or failed[at]):
            continue
        told = f"{bands.begin[at]:.4g} s: {bands.count[at]:.0f} good"
        if failed[at]:
            told += f", {failed[at]:.0f} failed"
        if bands.count[at]:
            told += f", p50 {ms(bands.p50[at])}, p99 {ms(bands.p99[at])}, max {ms(bands.high[at])}"
        canvas.read(bands.begin[at], bands.end[at], told)


def _distribution(result: Result) -> Chart | None:
    lines = _drawable(
        ("service", "service time, from the send", result.service),
        ("response", "response time, from the intended time", result.response),
    )
    if not lines:
        return None
    says = (
        "The share of requests that were as fast or faster; the last nines are stretched. "
        "Upright strokes are 95\u00a0% confidence intervals."
    )
    keys = tuple(Key(kind, name) for kind, name, _ in lines)
    return Chart("distribution", "Latency by percentile", says, keys, _percentiles("Latency by percentile", lines))


def _streams(result: Result) -> Chart | None:
    if result.streams is None:
        return None
    lines = _drawable(
        ("service", "between tokens", result.streams.itl),
        ("response", "to the first token", result.streams.ttft),
        ("whole", "to the last token", result.streams.end_to_end),
    )
    if not lines:
        return None
    since = "the intended time" if result.facts.open_loop else "the send"
    keys = tuple(Key(kind, name) for kind, name, _ in lines)
    says = f"First and last token count from {since}; gaps between tokens are of all streams together."
    return Chart("streams", "Streams by percentile", says, keys, _percentiles("Streams by percentile", lines))


def _drawable(*lines: tuple[str, str, Distribution | None]) -> list[Line]:
    return [(kind, name, found) for kind, name, found in lines if found is not None and found.cdf]


def _percentiles(title: str, lines: list[Line]) -> Markup:
    ends = [end for _, _, found in lines for end in (found.low, found.high, *_bounds(found))]
    told = "; ".join(f"{name}: p50 {_point(found, 'p50')}, p99 {_point(found, 'p99')}" for _, name, found in lines)
    x = Nines.of(max(found.count for _, _, found in lines))
    canvas = Canvas(x, latency_scale(ends), f"{title}. {told}", height=260)
    for number, (kind, _, found) in enumerate(lines):
        curve = np.array(((found.cdf[0][0], 0.0), *found.cdf))
        canvas.line(kind, curve[:, 1], curve[:, 0])
        for name in POINTS:
            interval = found.points[name].interval if name in found.points else None
            if interval is not None and interval.low is not None and interval.high is not None:
                canvas.whisker(f"{kind} sure", _share(name), interval.low, interval.high, 4 * number - 2)
    for column in range(COLUMNS):
        begin, share, end = (x.share((column + part) / COLUMNS) for part in (0.0, 0.5, 1.0))
        near = (f"{name.partition(',')[0]} {ms(_at(found, share))}" for _, name, found in lines)
        canvas.read(begin, end, f"{100 * share:.5g} %: {', '.join(near)}")
    return canvas.svg()


def _bounds(found: Distribution) -> list[float]:
    intervals = [point.interval for point in found.points.values()]
    return [end for each in intervals for end in (each.low, each.high) if end is not None]


def _at(found: Distribution, share: float) -> float:
    curve = np.array(found.cdf)
    return float(np.interp(share, curve[:, 1], curve[:, 0]))


def _point(found: Distribution, name: str) -> str:
    return ms(found.points[name].value) if name in found.points else "-"


def _share(name: str) -> float:
    return float(name.removeprefix("p")) / 100
