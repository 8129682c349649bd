"""Where a value stands on an axis, and which values are written beside it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np

from seatrial.loadgen.render.words import duration

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy.typing as npt

    from seatrial.loadgen.render.rows import Floats

__all__ = ["Linear", "Log", "Nines", "Scale", "Tick", "latency_scale", "time_scale", "value_scale"]

Tick = tuple[float, str]
"""A place on the axis, 0…1, and what is written there."""
SECONDS = (0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14_400, 43_200, 86_400)
LAST = 0.75
"""A word this near the end of an axis needs as much room before it."""
TALL = 12.0
"""From this ratio of greatest to least on, times are drawn on a logarithmic axis."""
ROOM = 0.85
"""Of the least value: a logarithmic axis begins below it, so that a line does not lie on the axis."""


class Scale(Protocol):
    """An axis."""

    @property
    def ticks(self) -> tuple[Tick, ...]:
        """What is written beside it."""

    def place(self, values: npt.ArrayLike) -> Floats:
        """Return where values stand, 0 at the begin of the axis and 1 at its end; outside values at its ends."""


@dataclass(frozen=True)
class Linear:
    """From a low to a high value in equal steps."""

    low: float
    high: float
    ticks: tuple[Tick, ...]

    def place(self, values: npt.ArrayLike) -> Floats:
        """Return places, 0…1."""
        return _clipped((np.asarray(values, np.float64) - self.low) / (self.high - self.low or 1.0))


@dataclass(frozen=True)
class Log:
    """From a low to a high value in equal ratios."""

    low: float
    high: float
    ticks: tuple[Tick, ...]

    def place(self, values: npt.ArrayLike) -> Floats:
        """Return places, 0…1."""
        ratios = np.maximum(np.asarray(values, np.float64), self.low) / self.low
        return _clipped(np.log(ratios) / math.log(self.high / self.low))


@dataclass(frozen=True)
class Nines:
    """Shares of samples, the closer to 1 the wider: 90 %, 99 % and 99.9 % stand one step apart."""

    nines: float
    ticks: tuple[Tick, ...]

    @classmethod
    def of(cls, count: int) -> Nines:
        """Return the axis on which so many samples can be told apart."""
        nines = max(math.log10(max(count, 1)), 1.0)
        shares = [0.5, *(1 - 10.0**-n for n in range(1, int(nines) + 1))]
        ticks = [(-math.log10(1 - s) / nines, f"{100 * s:.6g} %") for s in shares]
        # The last word ends where the axis does: on a phone it would lie on the one before.
        if ticks[-1][0] > LAST and ticks[-1][0] - ticks[-2][0] < 1 - LAST:
            del ticks[-1]
        return cls(nines, tuple(ticks))

    def share(self, place: float) -> float:
        """Return the share that stands at a place, 0…1."""
        return float(1.0 - 10.0 ** (-place * self.nines))

    def place(self, values: npt.ArrayLike) -> Floats:
        """Return places, 0…1."""
        rest = np.maximum(1.0 - np.asarray(values, np.float64), 10.0**-self.nines)
        return _clipped(-np.log10(rest) / self.nines)


def _clipped(places: Floats) -> Floats:
    return np.minimum(np.maximum(places, 0.0), 1.0)


def latency_scale(values: npt.ArrayLike) -> Scale:
    """Return an axis for times in ms: logarithmic where they differ by more than an order of magnitude."""
    found = np.asarray(values, np.float64)
    found = found[np.isfinite(found) & (found > 0)]
    if not len(found):
        return value_scale(1.0, _time)
    low, high = float(found.min()), float(found.max())
    if high / low < TALL:
        return value_scale(high, _time)
    bottom, top = _round(low * ROOM, up=False), _round(high, up=True)
    steps = (1,) if top / bottom > 1e4 else (1, 10**0.5) if top / bottom > 1e3 else (1, 2, 5)
    powers = range(math.floor(math.log10(bottom)), math.ceil(math.log10(top)) + 1)
    marks = [float(f"{step * 10.0**power:.1g}") for power in powers for step in steps]
    scale = Log(bottom, top, ())
    kept = [mark for mark in marks if bottom * 0.999 <= mark <= top * 1.001]
    return Log(bottom, top, tuple((float(scale.place(mark)), _time(mark)) for mark in kept))


def _time(value: float) -> str:
    """A round time in ms: `50 µs`, `10 ms`, `2 s`."""
    if value < 0.9995:
        return f"{value * 1000:.4g} µs"
    return f"{value:.4g} ms" if value < 999.5 else f"{value / 1000:.4g} s"


def value_scale(high: float, told: Callable[[float], str], *, intervals: int = 4) -> Linear:
    """Return an axis from zero, its end above the highest value."""
    step = _round(max(high, 1e-9) / intervals, up=True)
    count = max(math.ceil(high / step - 1e-9), 1)
    top = step * count
    return Linear(0.0, top, tuple((i / count, told(step * i) if i else "0") for i in range(count + 1)))


def time_scale(seconds: float, *, most: int = 6) -> Scale:
    """Return an axis of seconds from zero to the end of the run."""
    end = max(seconds, 1e-3)
    step = next((each for each in SECONDS if end / each <= most), end / most)
    marks = [step * i for i in range(int(end / step + 1e-9) + 1)]
    return Linear(0.0, end, tuple((mark / end, _clock(mark)) for mark in marks))


def _clock(seconds: float) -> str:
    if seconds >= 120 and seconds % 60 == 0:
        return f"{seconds / 60:.0f} min" if seconds < 7200 or seconds % 3600 else f"{seconds / 3600:.0f} h"
    return f"{seconds:g} s" if seconds < 120 else duration(seconds)


def _round(value: float, *, up: bool) -> float:
    """The next of 1, 2, 5, 10 … above or below."""
    power = 10.0 ** math.floor(math.log10(value))
    steps = (1, 2, 5, 10)
    if up:
        return next(s * power for s in steps if s * power >= value * (1 - 1e-9))
    return next(s * power for s in reversed(steps) if s * power <= value * (1 + 1e-9))
