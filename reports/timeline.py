"""The boot and the stop of a launch as timelines: where each segment and each moment stands, in percent.

Numbers only: colours and words are the template's. Times are seconds since the launch (boot) or the signal (stop).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from seatrial.reports.words import many, seconds

if TYPE_CHECKING:
    from seatrial.conformance.boot import Boot, PingRun
    from seatrial.conformance.result import LaunchReport, Stop
    from seatrial.conformance.subject.logs import LogLine

__all__ = ["Chart", "Moment", "Segment", "boot_chart", "stop_chart"]

MOMENTS = 120
"""Moments that a timeline shows; the log below it has the others."""


@dataclass(frozen=True)
class Segment:
    """A stretch of the bar, in percent of its width. `kind` is `silent`, `loading`, `ready` or `odd`."""

    left: float
    width: float
    kind: str
    label: str


@dataclass(frozen=True)
class Moment:
    """Something that happened. `kind` is that of a segment, or `log`, `signal`, `end`; `mark` is its place, percent."""

    at: float
    mark: float
    kind: str
    text: str


@dataclass(frozen=True)
class Chart:
    """A timeline.

    Attributes:
        span: seconds from its left to its right end.
        segments: stretches of the bar, left to right.
        moments: everything that happened, in order.
        left_out: moments that are not shown.
    """

    span: float
    segments: tuple[Segment, ...]
    moments: tuple[Moment, ...]
    left_out: int = 0


def boot_chart(launch: LaunchReport) -> Chart | None:
    """From the first millisecond to the end of the wait for `/ping`, log lines beside; None where nothing was seen."""
    boot = launch.boot
    if boot is None or not boot.runs:
        return None
    span = max(boot.waited, boot.runs[-1].last, 0.001)
    starts = [0.0, *(run.first for run in boot.runs[1:])]
    ends = [*starts[1:], span]
    segments = tuple(
        Segment(_share(a, span), _share(b - a, span), kind_of(run), run.outcome)
        for run, a, b in zip(boot.runs, starts, ends, strict=True)
    )
    moments = [Moment(run.first, _share(run.first, span), kind_of(run), _told(run)) for run in boot.runs]
    moments.append(Moment(span, 100.0, "end", _end(boot)))
    lines = [line for line in (launch.log.lines if launch.log else ()) if line.at <= span]
    shown = lines if len(lines) <= MOMENTS else [*lines[: MOMENTS // 2], *lines[-MOMENTS // 2 :]]
    moments += [_log(line, span) for line in shown]
    return Chart(span, segments, tuple(sorted(moments, key=_order)), len(lines) - len(shown))


def stop_chart(stop: Stop | None) -> Chart | None:
    """From the signal to the exit; None where no graceful stop was observed."""
    if stop is None or not stop.events:
        return None
    span = max(*(at for at, _ in stop.events), 0.001)
    last = len(stop.events) - 1
    kinds = {0: "signal", last: "end"}
    moments = tuple(
        Moment(at, _share(at, span), kinds.get(i, "step"), text) for i, (at, text) in enumerate(stop.events)
    )
    return Chart(span, (Segment(0.0, 100.0, "stopping", seconds(span)),), moments)


def kind_of(run: PingRun) -> str:
    """How a run of pings is coloured: no answer, ready, loading, or an answer that the platform does not expect."""
    if run.status is None:
        return "silent"
    if run.status == 200:
        return "ready"
    return "loading" if run.status >= 500 else "odd"


def _share(part: float, whole: float) -> float:
    return round(100 * max(0.0, min(part / whole, 1.0)), 2)


def _told(run: PingRun) -> str:
    times = "" if run.count == 1 else f", {many(run.count, 'time')}"
    slow = f", slowest {seconds(run.slowest)}" if run.status is not None and run.slowest > 1 else ""
    return f"/ping: {run.outcome}{times}{slow}"


def _end(boot: Boot) -> str:
    return f"ready: 200 after {seconds(boot.ready_at)}" if boot.ready_at is not None else f"given up: {boot.end}"


def _log(line: LogLine, span: float) -> Moment:
    return Moment(line.at, _share(line.at, span), "log", line.text)


def _order(moment: Moment) -> tuple[float, bool]:
    return moment.at, moment.kind == "end"
