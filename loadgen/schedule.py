"""When each request is due: the whole array of intended times, made before the run from a seed.

No sleep between requests and no timer of its own for each: a rate is kept by being written down first. Every worker
takes every k-th time of the same array, so that any number of workers sends exactly the same process of arrivals.
Times are nanoseconds from the begin of the run.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from seatrial.loadgen.mistakes import UsageError
from seatrial.loadgen.plan import Arrivals, Load, Ramp
from seatrial.loadgen.record import Times
from seatrial.loadgen.trace import read_trace

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["NS", "Schedule", "make_schedule"]

NS = 1_000_000_000
MOST = 200_000_000
"""Requests of one run: 12 GB of records are reserved for them, and filled only as they happen."""


@dataclass(frozen=True)
class Schedule:
    """The intended times of an open loop.

    Attributes:
        times: ns from the begin, in order; shape (requests,).
        warmup: ns at the head that do not count.
        end: ns at which the schedule is over: the duration where one was asked for, else the last request.
        payloads: the payload id of each request where a trace names them, else None; the same shape.
    """

    times: Times
    warmup: int
    end: int
    payloads: npt.NDArray[np.uint32] | None = None


def make_schedule(load: Load) -> Schedule:
    """Draw the intended times of an open loop.

    Args:
        load: with a rate, a ramp or a trace. Its warm-up comes on top, at the first rate.

    Raises:
        UsageError: a trace that cannot be read, or more requests than one run can hold.
    """
    if load.trace is not None:
        return _traced(load, load.trace)
    random = np.random.default_rng(load.seed)
    first = load.ramp.first if load.ramp else load.rate or 1.0
    warm = _arrivals(random, load, _even(first, load.warmup_s * first))
    even = _ramped(load, load.ramp) if load.ramp else _even(first, _count(load, first))
    times = _arrivals(random, load, even)
    warmup = round(load.warmup_s * NS)
    length = round(load.duration_s * NS) if load.duration_s is not None else 0
    if length:
        times = times[times < length]
    joined = np.concatenate([warm[warm < warmup], times + warmup])
    return Schedule(joined, warmup, max(warmup + length, int(joined[-1]) if len(joined) else 0))


def _count(load: Load, rate: float) -> float:
    if load.requests is not None:
        return load.requests
    # A random process may need a few more draws than its mean to fill the duration.
    mean = (load.duration_s or 0.0) * rate
    return mean if load.arrivals is Arrivals.CONSTANT else mean + 10 * mean**0.5 + 10


def _even(rate: float, count: float) -> npt.NDArray[np.float64]:
    """Return seconds at which a constant rate is due: the first at once."""
    if count > MOST:
        raise UsageError(f"{count:.0f} requests are more than one run can record: ask for at most {MOST}, by -n or -d.")
    return np.arange(int(np.ceil(count - 1e-9))) / rate


def _ramped(load: Load, ramp: Ramp) -> npt.NDArray[np.float64]:
    """Return the times of a rate that moves in equal steps of a second: request k is due where the area reaches k."""
    seconds = load.duration_s or 2 * (load.requests or 0) / (ramp.first + ramp.last)
    steps = max(1, int(np.ceil(seconds)))
    rates = np.linspace(ramp.first, ramp.last, steps)
    reached = np.concatenate([[0.0], np.cumsum(rates * seconds / steps)])
    count = load.requests if load.requests is not None else int(reached[-1])
    return np.interp(np.arange(count), reached, np.linspace(0.0, seconds, steps + 1))


def _arrivals(random: np.random.Generator, load: Load, even: npt.NDArray[np.float64]) -> Times:
    """Turn even times into the asked rhythm with the same rate at every moment."""
    count = len(even)
    if not count:
        return np.zeros(0, np.int64)
    # The rhythm is drawn in units of requests and read back through the even times, so a ramp keeps its shape.
    due: npt.NDArray[np.float64]
    if load.arrivals is Arrivals.POISSON:
        due = np.cumsum(random.exponential(1.0, count))
    elif load.arrivals is Arrivals.GAMMA:
        shape = load.burstiness or 1.0
        due = np.cumsum(random.gamma(shape, 1.0 / shape, count))
    elif load.arrivals is Arrivals.BURST:
        size = max(1, round(load.burstiness or 10))
        due = (np.arange(count) // size * size).astype(np.float64)
    else:
        return np.round(even * NS).astype(np.int64)
    step = float(even[-1] - even[-2]) if count > 1 else 1.0 / (load.rate or 1.0)
    beyond = even[-1] + (due - (count - 1)) * step
    within = np.interp(due, np.arange(count), even)
    return np.round(np.where(due <= count - 1, within, beyond) * NS).astype(np.int64)


def _traced(load: Load, trace: Path) -> Schedule:
    times, payloads = read_trace(trace)
    if load.requests is not None:
        times, payloads = times[: load.requests], payloads[: load.requests] if payloads is not None else None
    if load.duration_s is not None:
        within = times < load.duration_s * NS
        times, payloads = times[within], payloads[within] if payloads is not None else None
    return Schedule(times, round(load.warmup_s * NS), int(times[-1]) if len(times) else 0, payloads)
