"""Charts of what changes over a run: its rate, its requests in flight, its tokens, and the client's own lateness."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from seatrial.loadgen.render.bins import bands_of, stretches
from seatrial.loadgen.render.canvas import Canvas
from seatrial.loadgen.render.chart import Chart, Key
from seatrial.loadgen.render.scale import latency_scale, time_scale, value_scale
from seatrial.loadgen.render.words import ms, per_second

if TYPE_CHECKING:
    from seatrial.loadgen.observed import Observed
    from seatrial.loadgen.render.bins import Pace
    from seatrial.loadgen.render.rows import Rows
    from seatrial.loadgen.result import Result

__all__ = ["in_flight_chart", "rate_chart", "send_error_chart", "tokens_chart"]

NS = 1e9


def rate_chart(result: Result, pace: Pace) -> Chart | None:
    """Requests asked for, sent and answered well, a second."""
    if not result.series:
        return None
    keys = [Key("answered", "answered well")]
    high = float(max(pace.due.max(), pace.sent.max(), pace.succeeded.max(), pace.failed.max()))
    label = f"Requests a second: sent {per_second(result.rate.sent)}, answered well {per_second(result.rate.answered)}"
    canvas = Canvas(time_scale(result.facts.window_s), value_scale(high, _rate), label, height=180)
    if result.facts.open_loop:
        canvas.steps("asked", pace.edges, pace.due)
        keys.insert(0, Key("asked", "asked"))
    canvas.steps("sent", pace.edges, pace.sent)
    canvas.steps("answered", pace.edges, pace.succeeded)
    keys.insert(-1, Key("sent", "sent"))
    if pace.failed.any():
        canvas.steps("failed", pace.edges, pace.failed)
        keys.append(Key("failed", "failed"))
    for at in range(len(pace.due)):
        told = f"sent {per_second(pace.sent[at])}, answered {per_second(pace.succeeded[at])}"
        told = f"asked {per_second(pace.due[at])}, {told}" if result.facts.open_loop else told
        told += f", failed {per_second(pace.failed[at])}" if pace.failed[at] else ""
        canvas.read(pace.edges[at], pace.edges[at + 1], f"{pace.edges[at]:.4g} s: {told}")
    says = "Whether the load was put on as asked." if result.facts.open_loop else "What a closed loop came to."
    title = "Rate asked and kept" if result.facts.open_loop else "Rate"
    return Chart("rate", title, says, tuple(keys), canvas.svg())


def in_flight_chart(result: Result, pace: Pace) -> Chart | None:
    """Requests that were due and not yet dealt with."""
    if not result.series:
        return None
    high = float(np.nanmax(pace.in_flight))
    scale = value_scale(max(high, 1.0), lambda count: f"{count:,.10g}", intervals=max(1, min(4, int(high))))
    canvas = Canvas(time_scale(result.facts.window_s), scale, f"Requests in flight, {high:.0f} at most", height=120)
    canvas.steps("sent", pace.edges, pace.in_flight)
    for at, count in enumerate(pace.in_flight):
        canvas.read(pace.edges[at], pace.edges[at + 1], f"{pace.edges[at]:.4g} s: {count:.0f} in flight")
    says = "Due and not yet answered at the end of each second; a line that keeps rising is a server that falls behind."
    return Chart("in-flight", "Requests in flight", says, (), canvas.svg())


def send_error_chart(result: Result, rows: Rows | None, pace: Pace) -> Chart | None:
    """How late the client sent: its own fault, not the server's."""
    error = result.fitness.send_error
    if error is None:
        return None
    seconds, title = result.facts.window_s, "Send error"
    label = f"Send error against time: p50 {ms(error.points['p50'].value)}, most {ms(error.high)}"
    if rows is None or not len(rows.sent_at):
        canvas = Canvas(time_scale(seconds), latency_scale(pace.send_error), label, height=140)
        canvas.line("p99", (pace.edges[:-1] + pace.edges[1:]) / 2, pace.send_error)
        keys: tuple[Key, ...] = (Key("p99", "p99 of each second"),)
    else:
        bands = bands_of(rows.sent_at, rows.send_error, seconds)
        canvas = Canvas(time_scale(seconds), latency_scale(np.append(bands.p50, bands.high)), label, height=140)
        canvas.dots("each", bands.middle, bands.high)
        canvas.line("p99", bands.middle, bands.p99)
        canvas.line("p50", bands.middle, bands.p50)
        keys = (Key("each", "latest"), Key("p99", "p99"), Key("p50", "p50"))
        for at in np.flatnonzero(bands.count):
            told = f"p50 {ms(bands.p50[at])}, p99 {ms(bands.p99[at])}, max {ms(bands.high[at])}"
            canvas.read(bands.begin[at], bands.end[at], f"{bands.begin[at]:.4g} s: {told}")
    says = "Sent minus intended: how late the client itself was. It is part of every response time."
    return Chart("send-error", title, says, keys, canvas.svg())


def tokens_chart(result: Result, run: Observed | None) -> Chart | None:
    """Output tokens a second."""
    if result.output_tokens is None or run is None or not len(run.tokens.stamp):
        return None
    seconds = result.facts.window_s
    at = (run.tokens.stamp - run.counted_from) / NS
    counted = (at >= 0) & (at <= seconds)
    parts = stretches(int(counted.sum()))
    counts, edges = np.histogram(at[counted], bins=parts, range=(0, seconds), weights=run.tokens.count[counted])
    rates = counts * parts / seconds
    label = f"Output tokens a second: {per_second(result.output_tokens.per_second)} on average"
    canvas = Canvas(time_scale(seconds), value_scale(float(rates.max()), _rate), label, height=140)
    canvas.steps("answered", edges, rates)
    for begin, end, rate in zip(edges[:-1], edges[1:], rates, strict=True):
        canvas.read(begin, end, f"{begin:.4g} s: {per_second(rate)}")
    return Chart("tokens", "Output tokens", "By their arrival, of all answers together.", (), canvas.svg())


def _rate(value: float) -> str:
    """A round rate, beside an axis."""
    return f"{value:,.10g}/s"
