"""The page of a search for capacity: latency against rate, and the knee marked."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from seatrial.loadgen.render.canvas import Canvas
from seatrial.loadgen.render.chart import Chart, Key
from seatrial.loadgen.render.html import page
from seatrial.loadgen.render.scale import latency_scale, value_scale
from seatrial.loadgen.render.words import ms, per_second

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["Probe", "capacity_chart", "capacity_html"]


class Probe(NamedTuple):
    """One rate that was tried.

    Attributes:
        rate: requests a second.
        p50, p99: ms; None where nothing was answered.
        kept: whether the objectives were kept.
        word: what is said of it instead of `kept` or `not kept`: `undecided`.
        note: one sentence: what decided.
    """

    rate: float
    p50: float | None
    p99: float | None
    kept: bool
    word: str = ""
    note: str = ""

    @property
    def standing(self) -> str:
        """Whether the objectives were kept, in words."""
        return self.word or ("kept" if self.kept else "not kept")


def capacity_html(
    probes: Sequence[Probe],
    *,
    target: str,
    slos: Sequence[str],
    capacity: float | None,
    interval: tuple[float | None, float | None] = (None, None),
    command: str = "",
    remarks: Sequence[str] = (),
) -> bytes:
    """Return the page.

    Args:
        probes: what was tried, in the order in which it was.
        target: the URL, without credentials.
        slos: the objectives as they were written.
        capacity: the highest rate that kept them, a second; None where none did.
        interval: how sure that is: the highest rate that surely kept them, and the lowest that surely did not.
        command: the command line, secrets masked.
        remarks: one sentence each.
    """
    return page(
        "capacity.html.j2",
        probes=sorted(probes, key=lambda probe: probe.rate),
        tried=len(probes),
        target=target,
        slos=list(slos),
        capacity=capacity,
        interval=interval,
        command=command,
        remarks=list(remarks),
        chart=capacity_chart(probes, capacity),
    )


def capacity_chart(probes: Sequence[Probe], capacity: float | None) -> Chart | None:
    """Return latency against rate, each probe a dot, the knee an upright line; None where nothing was tried."""
    tried = sorted(probes, key=lambda probe: probe.rate)
    if not tried:
        return None
    rates = np.array([probe.rate for probe in tried])
    p50, p99 = (
        np.array([np.nan if v is None else v for v in column]) for column in zip(*[p[1:3] for p in tried], strict=True)
    )
    told = f"{per_second(capacity)} is the highest rate that keeps the objectives" if capacity else "no rate kept them"
    x = value_scale(max(float(rates.max()), capacity or 0.0), lambda rate: f"{rate:,.10g}/s", intervals=5)
    canvas = Canvas(x, latency_scale(np.concatenate([p50, p99])), f"Latency against rate: {told}", height=300)
    canvas.line("p50", rates, p50)
    canvas.line("p99", rates, p99)
    if capacity:
        canvas.upright("knee", capacity, f"capacity {per_second(capacity)}")
    for at, probe in enumerate(tried):
        for value in (probe.p50, probe.p99):
            if value is not None:
                canvas.spot("kept" if probe.kept else "broken", probe.rate, value)
        begin = (rates[at - 1] + probe.rate) / 2 if at else 0.0
        end = (rates[at + 1] + probe.rate) / 2 if at + 1 < len(tried) else x.high
        told = f"{per_second(probe.rate)}: p50 {ms(probe.p50)}, p99 {ms(probe.p99)}, {probe.standing}"
        canvas.read(begin, end, told)
    keys = (Key("p99", "p99"), Key("p50", "p50"), Key("kept", "objectives kept"), Key("broken", "not kept"))
    return Chart("capacity", "Latency against rate", "Response time, from the intended time.", keys, canvas.svg())
